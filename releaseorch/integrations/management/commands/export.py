"""Export the master data of this installation as a workbook or a folder of CSV files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from releaseorch.core.errors import DomainError
from releaseorch.integrations.tables import exporting

KINDS = ("tables",)


class Command(BaseCommand):
    help = "Export master data: one sheet per kind of thing. import_source tables takes it back, here or elsewhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS)
        parser.add_argument("where", help="a file that ends in .xlsx, or a folder for CSV files")

    def handle(self, *args: Any, **options: Any) -> None:
        where = Path(options["where"])
        try:
            if where.suffix.lower() == ".xlsx":
                where.write_bytes(exporting.workbook())
            else:
                exporting.folder(where)
        except DomainError as refused:
            raise CommandError(" ".join(refused.reasons)) from refused
        except OSError as error:
            raise CommandError(f"{where} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Exported to {where}.")
