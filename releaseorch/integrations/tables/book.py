"""All sheets in the order in which they are written: what a sheet points to comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.roles import ScopeKind
from releaseorch.integrations.tables.catalog_sheets import APPLICATIONS, COMPONENTS, Dependencies
from releaseorch.integrations.tables.cells import BadCell, text_of
from releaseorch.integrations.tables.csv_folder import file_name
from releaseorch.integrations.tables.feature_sheets import FEATURES, VERSIONS, Releases
from releaseorch.integrations.tables.found import MOST_TOLD, Problem, Raw, RawRow, RawTable, TablesRefused
from releaseorch.integrations.tables.people_sheets import PEOPLE, TEAMS, Roles
from releaseorch.integrations.tables.place_sheets import ENVIRONMENTS, TARGETS, Installed, Placements
from releaseorch.integrations.tables.procedure_sheet import PROCEDURES
from releaseorch.integrations.tables.sheet import Column, Line, Sheet

REACHES: dict[str, Sheet] = {
    ScopeKind.TEAM: TEAMS,
    ScopeKind.APPLICATION: APPLICATIONS,
    ScopeKind.ENVIRONMENT: ENVIRONMENTS,
}
SHEETS: Sequence[Sheet] = (
    TEAMS, PEOPLE, APPLICATIONS, ENVIRONMENTS, PROCEDURES, COMPONENTS, Dependencies(), TARGETS, Placements(),
    Roles(REACHES), FEATURES, VERSIONS, Releases(), Installed(),
)  # fmt: skip
Book = Mapping[str, list[Line]]


class Reading:
    """One reading of a workbook or folder; every problem is collected, up to a bound."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.noted: list[Problem] = []

    def lines(self, tables: Iterable[RawTable]) -> Book:
        """The rows by sheet; raises `TablesRefused` when nothing of ours is there."""
        found: dict[str, list[Line]] = {}
        for table in tables:
            if not table.header:  # Excel adds empty sheets
                continue
            sheet = _sheet_of(table.name)
            if sheet is None:
                self._say(
                    table.name,
                    0,
                    "",
                    _("There is no such sheet. There are: %(sheets)s.") % {"sheets": _titles()},
                )
            elif sheet.title in found:
                said = _("The sheet %(sheet)s is there twice.") % {"sheet": sheet.title}
                self._say(table.name, 0, "", said)
            else:
                found[sheet.title] = list(self._read(sheet, table))
        if not found and not self.problems:
            self._say(_("Tables"), 0, "", _("None is there. There are: %(sheets)s.") % {"sheets": _titles()})
        return found

    def _read(self, sheet: Sheet, table: RawTable) -> Iterator[Line]:
        columns = self._columns(sheet, table)
        if columns is None:
            return
        for row in table.rows:
            if len(self.problems) > MOST_TOLD:
                return
            if row.fault:
                self._say(sheet.title, row.number, "", row.fault)
            else:
                values = self._values(sheet, columns, row)
                if values is not None:
                    yield Line(row.number, values)

    def _columns(self, sheet: Sheet, table: RawTable) -> list[Column | None] | None:
        known = {column.title.lower(): column for column in sheet.columns}
        header = [name.lower() for name in table.header]
        said = []
        unknown = [name for name in table.header if name and name.lower() not in known]
        if unknown:
            words = ngettext(
                "The column %(names)s isn't known.", "The columns %(names)s aren't known.", len(unknown)
            )
            words += " " + _("There are: %(known)s.")
            titles = ", ".join(column.title for column in sheet.columns)
            said.append(words % {"names": ", ".join(unknown), "known": titles})
        missing = [
            column.title for column in sheet.columns if column.needed and column.title.lower() not in header
        ]
        if missing:
            words = ngettext(
                "The column %(names)s is missing.", "The columns %(names)s are missing.", len(missing)
            )
            said.append(words % {"names": ", ".join(missing)})
        doubled = sorted({name for name in table.header if name and header.count(name.lower()) > 1})
        if doubled:
            said.append(_("The column %(name)s is there twice.") % {"name": doubled[0]})
        for sentence in said:
            self._say(sheet.title, 1, "", sentence)
        return None if said else [known.get(name) for name in header]

    def _values(self, sheet: Sheet, columns: Sequence[Column | None], row: RawRow) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        is_fine = True
        cells = [*row.cells, *[None] * (len(columns) - len(row.cells))]
        for column, raw in zip(columns, cells, strict=False):
            if column is None:
                continue
            try:
                values[column.field] = self._value(sheet, column, raw, row.number)
            except BadCell as bad:
                is_fine = False
                self._say(sheet.title, row.number, column.title, str(bad))
        return values if is_fine else None

    def _value(self, sheet: Sheet, column: Column, raw: Raw | None, number: int) -> Any:
        text = text_of(raw) if raw is not None and raw.kind == "text" else None
        if raw is not None and text is not None and text != raw.value.strip(" "):
            self._note_blanks(sheet, column, raw, number)
        if raw is None or text == "":
            if column.needed:
                raise BadCell(_("This is empty, and nothing goes without it."))
            return column.cell.empty
        return column.cell.read(raw)

    def _note_blanks(self, sheet: Sheet, column: Column, raw: Raw, number: int) -> None:
        if raw.value != raw.value.strip() and len(self.noted) < MOST_TOLD:
            said = _("Blanks at the ends were left out.")
            self.noted.append(Problem(sheet.title, number, column.title, said))

    def _say(self, sheet: str, row: int, column: str, sentence: str) -> None:
        self.problems.append(Problem(sheet, row, column, sentence))

    def finish(self) -> None:
        if self.problems:
            raise TablesRefused(self.problems)


def tables() -> Iterator[tuple[str, Sequence[str], Iterator[list[str]]]]:
    """Title, header and rows of each sheet, as this installation has them."""
    for sheet in SHEETS:
        header = [column.title for column in sheet.columns]
        yield sheet.title, header, _texts(sheet)


def _texts(sheet: Sheet) -> Iterator[list[str]]:
    for values in sheet.told():
        yield [column.cell.write(values[column.field]) for column in sheet.columns]


def _sheet_of(name: str) -> Sheet | None:
    wanted = name.strip().lower()
    return next((sheet for sheet in SHEETS if wanted in {sheet.title.lower(), file_name(sheet.title)}), None)


def _titles() -> str:
    return ", ".join(sheet.title for sheet in SHEETS)
