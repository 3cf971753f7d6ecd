"""Try a backup (`--verify`), or put it in place of the database."""

import argparse
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from releaseorch.config.backup import judging, restoring
from releaseorch.core import hold


class Command(BaseCommand):
    help = "Replaces the database by a backup and sets the hold; with --verify it only tries the backup."
    requires_system_checks = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="BACKUP")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="put it into a database of its own, judge it, and drop that again",
        )
        parser.add_argument("--yes", action="store_true", help="don't ask")
        parser.add_argument("--judge", action="store_true", help=argparse.SUPPRESS)

    def handle(self, *, folder: Path, verify: bool, yes: bool, judge: bool, **options: Any) -> None:
        folder = folder.resolve()
        if judge:
            self.stdout.write(json.dumps(restoring.judge(folder)))
        elif verify:
            self.tell(
                *restoring.verify(folder),
                f"{folder} can be restored: rows, chain of seals and files are whole.",
            )
        else:
            self.restore(folder, yes)

    def restore(self, folder: Path, yes: bool) -> None:
        made_at = restoring.read(folder).made_at
        if (
            not yes
            and input(f"Replace the database by the backup of {made_at}? Type restore: ").strip() != "restore"
        ):
            raise CommandError("Nothing was done.")
        faults = restoring.restore(folder, self.stdout.write)
        self.tell(faults, judging.warnings(), f"Restored. Start the processes. {hold.sentence()}")

    def tell(self, faults: list[str], warnings: list[str], done: str) -> None:
        for warning in warnings:
            self.stderr.write(self.style.WARNING(warning))
        if faults:
            raise CommandError(" ".join(faults))
        self.stdout.write(self.style.SUCCESS(done))
