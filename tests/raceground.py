"""What racers have loaded before they are forked; they open their own connections."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.faults import contestants, freeze_contestants, limit_contestants  # noqa: E402, F401
