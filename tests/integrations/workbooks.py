"""Workbooks and folders as people make them: plain cells, whatever a test wants wrong in them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.db import transaction
from openpyxl import Workbook, load_workbook

from releaseorch.core.actor import System
from releaseorch.integrations.tables import exporting
from releaseorch.integrations.tables.found import TablesRefused
from releaseorch.integrations.tables.importing import Looked, import_tables

ACTOR = System("Import of tables")
Rows = Sequence[Sequence[Any]]

# One application that can be deployed: what a stranger writes first.
SMALL: dict[str, Rows] = {
    "Teams": [["Team"], ["Payments"]],
    "Applications": [["Application", "Team"], ["Ledger", "Payments"]],
    "Components": [["Application", "Component"], ["Ledger", "ledger-web"]],
    "Environments": [["Environment", "Rank"], ["Test", 1]],
    "Versions": [["Application", "Component", "Version"], ["Ledger", "ledger-web", "1.10"]],
    "Installed": [
        ["Application", "Component", "Environment", "Version"],
        ["Ledger", "ledger-web", "Test", "1.10"],
    ],
}


class _Undone(Exception):
    pass


def workbook(sheets: Mapping[str, Rows], change: Callable[[Workbook], None] = lambda _book: None) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    change(book)
    made = BytesIO()
    book.save(made)
    return made.getvalue()


def cells(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def bring(sheets: Mapping[str, Rows]) -> Looked:
    return import_tables(workbook(sheets), actor=ACTOR)


def problems(content: bytes) -> list[str]:
    """What is said of a workbook that can't be imported."""
    try:
        import_tables(content, actor=ACTOR)
    except TablesRefused as refused:
        return [str(problem) for problem in refused.problems]
    return []


def exported_elsewhere(make: Callable[[], None]) -> bytes:
    """The workbook of an installation that isn't this one."""
    content = b""
    with suppress(_Undone), transaction.atomic():
        make()
        content = exporting.workbook()
        raise _Undone
    return content
