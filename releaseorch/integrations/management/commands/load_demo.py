"""Load the demo enterprise, once; later calls only bring addresses up to date."""

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from releaseorch.accounts.models import Person
from releaseorch.environments.models import Environment
from releaseorch.integrations.demo import artifacts, empty, enterprise, story, world
from releaseorch.integrations.demo.fixtures import Fixtures, places


class Command(BaseCommand):
    help = "Load the demo enterprise Northfold Insurance into an empty database; or an administrator and nothing else."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "The demo's people are for the demo only: set RELEASEORCH_DEMO=1 on a database of its own."
            )
        if os.environ.get("RELEASEORCH_DEMO_EMPTY"):
            empty.begin(places())
            return
        fixtures, where = Fixtures(), places()
        site_url = os.environ.get("RELEASEORCH_DEMO_SITE", "http://127.0.0.1:8001")
        if Person.objects.exists():
            self.bring_up_to_date(fixtures, site_url)
            return
        artifacts.clear(where)
        made = enterprise.make_enterprise(fixtures, where, site_url=site_url)
        story.tell(made)
        self.stdout.write(
            f"Northfold Insurance: {len(made.people)} people, {len(made.components)} components."
        )

    def bring_up_to_date(self, fixtures: Fixtures, site_url: str) -> None:
        """Folders and ports may have moved since the last start."""
        for environment in Environment.objects.filter(
            slug__in=[row["slug"] for row in fixtures.enterprise["environments"]]
        ):
            fresh = world.parameters_of(places(), environment.slug, site_url, fixtures.folder)
            if environment.parameters != fresh:
                environment.parameters = fresh
                environment.save(update_fields=["parameters"])
