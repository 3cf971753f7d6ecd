"""Make the tables of a new demo, or bring those of an older one up to date."""

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.test.utils import override_settings


class Command(BaseCommand):
    help = "Make the tables of the demo: those of a new database at once, from the models."

    def handle(self, *args: Any, **options: Any) -> None:
        """An empty database gets its tables from the models, as its migrations would make them.

        `makemigrations --check` holds the two together; going through each state of each migration takes seconds.
        """
        is_new = not connection.introspection.table_names()
        if is_new:
            without = {app.label: None for app in apps.get_app_configs()}
            with override_settings(MIGRATION_MODULES=without):
                call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
        call_command("migrate", fake=is_new, interactive=False, verbosity=0)
