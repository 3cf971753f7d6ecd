"""Make a backup of the database and of what people put down; everything goes on meanwhile."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from releaseorch.config.backup import making


class Command(BaseCommand):
    help = "Makes a backup of the database and of the evidence files, in a folder of its own below FOLDER."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")

    def handle(self, *, folder: Path, **options: Any) -> None:
        made, manifest = making.make(folder.resolve())
        rows = sum(manifest.facts.rows.values())
        self.stdout.write(
            f"{made}: {rows} rows in {len(manifest.facts.rows)} tables, up to seal {manifest.facts.seq}."
        )
        self.stdout.write(
            f"Try it: manage.py restore --verify {made}\n"
            "Not in it, and to be kept apart from it: the secret key and the sealing keys."
        )
