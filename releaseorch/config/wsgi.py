"""The WSGI application: pages in production."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releaseorch.config.settings")
application = get_wsgi_application()

from releaseorch.config import garbage  # noqa: E402  (needs configured settings)
from releaseorch.config.celery import app as celery_app  # noqa: E402  (needs them, too)

garbage.settle_with_pages()

__all__ = ["application", "celery_app"]
