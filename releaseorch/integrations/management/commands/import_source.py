"""Import a folder of real releases, or tables of master data, as often as wanted: what is there isn't changed again."""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from releaseorch.core.actor import System
from releaseorch.core.errors import Conflict, DomainError
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.registry import SOURCES, source_of
from releaseorch.integrations.sources.summary import Summary
from releaseorch.integrations.tables.importing import TablesRefused, import_tables, look

SHOWN = 50
TABLES = "tables"


class Command(BaseCommand):
    help = "Import a folder of real releases, or tables. A second import of the same changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help=f"the kind of the source: {', '.join(sorted([*SOURCES, TABLES]))}")
        parser.add_argument("folder", help="the folder with its files; of tables also a workbook (.xlsx)")
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
        if options["kind"] == TABLES:
            return self.imported_tables(options)
        source, folder = source_of(options["kind"]), Path(options["folder"])
        if not folder.is_dir():
            raise CommandError(f"Nothing was imported: there is no folder {folder}.")
        self.tell(f"Reading {folder} …")
        document = source.read(folder, history=options["history"])
        actor = System(f"Import of {source.kind}")
        return apply(document, actor=actor, is_dry_run=options["dry_run"], tell=self.tell)

    def imported_tables(self, options: dict[str, Any]) -> Summary:
        """Nothing before all of it could be, unlike the others: people mend a table and import it again."""
        where = Path(options["folder"])
        bring = look if options["dry_run"] else import_tables
        try:
            looked = bring(where, actor=System("Import of tables"))
        except TablesRefused as refused:
            self.print_lines(f"Refused: {problem}" for problem in refused.problems)
            said = f"Nothing was imported: {len(refused.problems)} problems."
            raise CommandError(said) from refused
        return looked.summary(is_dry_run=options["dry_run"])

    def tell(self, line: str) -> None:
        """How far it has come, beside the result."""
        self.stderr.write(line, style_func=str)

    def print_summary(self, summary: Summary, seconds: float) -> None:
        did = "Would be" if summary.is_dry_run else "Was"
        self.stdout.write(f"{'':30}{'created':>9}{'updated':>9}{'unchanged':>11}{'refused':>9}")
        for kind, counts in summary.kinds.items():
            self.stdout.write(
                f"{kind:30}{counts.created:9}{counts.updated:9}{counts.unchanged:11}{counts.refused:9}"
            )
        self.print_lines(
            f"Refused: {one.file}, line {one.line}: {one.reason}"
            if one.line
            else f"Refused: {one.file}: {one.reason}"
            for one in summary.refused
        )
        self.print_lines(
            f"Noted: {one.file}, line {one.line}: {one.remark}"
            if one.line
            else f"Noted: {one.file}: {one.remark}"
            for one in summary.noted
        )
        self.stdout.write(
            f"{did} imported from {summary.source} in {seconds} s: {summary.changed} changes, "
            f"{len(summary.refused)} refused."
        )

    def print_lines(self, lines: Iterable[str]) -> None:
        found = list(lines)
        for line in found[:SHOWN]:
            self.stdout.write(line)
        if len(found) > SHOWN:
            self.stdout.write(f"… and {len(found) - SHOWN} more; --json lists all of them.")
