"""What the rows and the disk say of a run, for the smoke test: read by a process that had no part in it."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from releaseorch.audit import seals
from releaseorch.audit.models import Event
from releaseorch.environments.models import Installation
from releaseorch.environments.states import SourceKind
from releaseorch.integrations.demo.fixtures import places
from releaseorch.runs.models import DeploymentRun

SEALED_WITHIN = 10.0  # seconds; the sealer is a second or two behind


class Command(BaseCommand):
    help = (
        "Print what is installed by a run, where its files lie, and whether the seals are unbroken, as JSON."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", type=int, required=True, help="the number of the run")

    def handle(self, *args: Any, run: int, **options: Any) -> None:
        found = DeploymentRun.objects.select_related("environment").filter(pk=run).first()
        if found is None:
            raise CommandError(f"There is no run #{run}.")
        until = time.monotonic() + SEALED_WITHIN
        while Event.objects.filter(seal=None).exists() and time.monotonic() < until:
            time.sleep(0.1)
        chain = seals.verify()
        self.stdout.write(
            json.dumps(
                {
                    "state": str(found.state),
                    "inventory": [shown(row) for row in installed_by(found)],
                    "seals": {"unbroken": chain.is_unbroken and not chain.unsealed, "count": chain.sealed},
                    "deployed": [file for row in installed_by(found) for file in files_of(row)],
                }
            )
        )


def installed_by(run: DeploymentRun) -> list[Installation]:
    rows = Installation.objects.filter(source_kind=SourceKind.RUN, source_id=run.pk, until=None)
    return list(rows.select_related("component", "environment", "target", "version").order_by("pk"))


def shown(row: Installation) -> dict[str, str]:
    return {
        "component": row.component.name,
        "environment": row.environment.name,
        "version": row.version.text if row.version else "",
    }


def files_of(row: Installation) -> list[dict[str, str]]:
    """The health file behind the symlink, read where the deployment put it."""
    folder = places().site(row.environment.slug, row.target.name if row.target else None, row.component.name)
    file = folder / "current" / "health.json"
    return [{"component": row.component.name, "path": str(file.resolve())}] if file.is_file() else []
