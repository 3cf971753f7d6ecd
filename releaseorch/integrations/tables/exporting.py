"""Write the master data of this installation; secrets, passwords and connections are no part of it."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext as _

from releaseorch.core.database import one_moment
from releaseorch.core.errors import Invalid
from releaseorch.integrations.tables import csv_folder, xlsx
from releaseorch.integrations.tables.book import SHEETS, tables
from releaseorch.integrations.tables.found import Unreadable
from releaseorch.integrations.tables.sheet import Sheet


def workbook() -> bytes:
    """The same bytes while nothing changes; raises `Invalid` where a text is too long for a cell."""
    try:
        with one_moment():
            return xlsx.written(tables(), advice())
    except Unreadable as wrong:
        raise Invalid({"": f"{wrong.table}: {wrong}"}) from wrong


def folder(path: Path) -> None:
    """A CSV file per sheet."""
    with one_moment():
        csv_folder.write(path, tables())


def advice() -> list[str]:
    """The first sheet: how to make this workbook one's own."""
    return [
        _("Master data of this installation, and the template for the next."),
        _("Change rows, add rows, take out rows that aren't yours, and import the workbook."),
        _("Everything is imported or nothing. What is wrong is said by sheet, row and column."),
        _("A row is known by its first columns. One that is here already is changed, one that isn't is added; "
          "what no row names stays as it is."),
        _("An empty cell means empty. Leave out a column, or a whole sheet, and nothing is said about it."),
        _("All cells are text, so that 1.10 stays 1.10. Formulas and merged cells are refused."),
        _("Several names in one cell are parted by semicolons. Parameters are lines “name: value”."),
        _("Moments read 2026-11-21 18:00, in the zone of the installation unless one is added (+01:00)."),
        _("People come without a password; each sets one by a link that an administrator gives them."),
        "",
        *(f"{sheet.title}: {_columns(sheet)}" for sheet in SHEETS),
    ]  # fmt: skip


def _columns(sheet: Sheet) -> str:
    return ", ".join(f"{column.title}*" if column.needed else column.title for column in sheet.columns)
