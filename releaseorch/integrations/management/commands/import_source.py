"""Import a folder of real releases, as often as wanted: what is there already isn't changed again."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from releaseorch.core.actor import System
from releaseorch.core.errors import Conflict, DomainError
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.registry import SOURCES, source_of
from releaseorch.integrations.sources.summary import Summary

SHOWN = 50


class Command(BaseCommand):
    help = "Import a folder of real releases. A second import of the same folder changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help=f"the kind of the source: {', '.join(sorted(SOURCES))}")
        parser.add_argument("folder", help="the folder with its files")
        parser.add_argument("--history", action="store_true", help="also what happened before now")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            summary = self.imported(options)
        except Conflict as clash:
            raise CommandError(" ".join(clash.reasons)) from clash
        except DomainError as refused:
            raise CommandError(f"Nothing was imported: {' '.join(refused.reasons)}") from refused
        except DatabaseError as broken:
            said = str(broken).strip().partition("\n")[0]
            raise CommandError(
                f"The database refused ({said}). Run manage.py migrate, and import again: "
                "what was imported before the fault isn't imported twice."
            ) from broken
        seconds = round(time.monotonic() - began, 2)
        if options["json"]:
            self.stdout.write(json.dumps({**summary.as_dict(), "seconds": seconds}, ensure_ascii=False))
        else:
            self.print_summary(summary, seconds)

    def imported(self, options: dict[str, Any]) -> Summary:
        source, folder = source_of(options["kind"]), Path(options["folder"])
        if not folder.is_dir():
            raise CommandError(f"Nothing was imported: there is no folder {folder}.")
        document = source.read(folder, history=options["history"])
        return apply(document, actor=System(f"Import of {source.kind}"), is_dry_run=options["dry_run"])

    def print_summary(self, summary: Summary, seconds: float) -> None:
        did = "Would be" if summary.is_dry_run else "Was"
        self.stdout.write(f"{'':30}{'created':>9}{'updated':>9}{'unchanged':>11}{'refused':>9}")
        for kind, counts in summary.kinds.items():
            self.stdout.write(
                f"{kind:30}{counts.created:9}{counts.updated:9}{counts.unchanged:11}{counts.refused:9}"
            )
        for refused in summary.refused[:SHOWN]:
            where = f"{refused.file}, line {refused.line}" if refused.line else refused.file
            self.stdout.write(f"Refused: {where}: {refused.reason}")
        if len(summary.refused) > SHOWN:
            self.stdout.write(f"… and {len(summary.refused) - SHOWN} more; --json lists all of them.")
        self.stdout.write(
            f"{did} imported from {summary.source} in {seconds} s: {summary.changed} changes, "
            f"{len(summary.refused)} refused."
        )
