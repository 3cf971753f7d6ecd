"""Workbooks: read as a stream within limits, whatever they hold; written the same way every time."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from releaseorch.integrations.tables.found import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_ROWS,
    Kind,
    Raw,
    RawRow,
    RawTable,
    Unreadable,
    inert,
    too_many_rows,
)

MOST_PARTS = 2000
# Of what Excel writes a hundredth is left at best; what shrinks to less was made to burst.
MOST_GROWTH = 300
MOST_COLUMNS = 60
LAST_ROW = 1_048_576  # Excel has no more
READ_ME = "Read me"
_KINDS: dict[str, Kind] = {"n": "number", "b": "truth", "e": "error", "f": "formula", "d": "moment"}
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})([0-9]{1,7}):')
_CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


@contextmanager
def opened(file: IO[bytes]) -> Iterator[list[RawTable]]:
    """The sheets of a workbook but for the first one's advice; raises `Unreadable`."""
    _refuse_bombs(file)
    with _hostile():
        book = load_workbook(file, read_only=True, keep_links=False)
    try:
        with _hostile():
            tables = [_table(sheet) for sheet in book.worksheets if sheet.title != READ_ME]
        yield tables
    finally:
        book.close()


def _refuse_bombs(file: IO[bytes]) -> None:
    """What a part of an archive says of its size is held against it when it is unpacked, so it can be believed."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as broken:
        said = _("This is not an Excel workbook (.xlsx), or it is protected by a password.")
        raise Unreadable(said) from broken
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts) or 1
    if len(parts) > MOST_PARTS or unpacked > MOST_BYTES or unpacked / packed > MOST_GROWTH:
        said = _("Unpacked, this workbook has %(mb)s MB in %(parts)s parts; that is more than is taken.")
        raise Unreadable(said % {"mb": f"{unpacked / 1e6:,.1f}", "parts": f"{len(parts):,}"})
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(_("This workbook is protected by a password. Save it without one."))


@contextmanager
def _hostile() -> Iterator[None]:
    """A parser that is not ours, on a file that anybody may have made: whatever it raises, the file is to blame."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of looks and checks in the workbook that don't concern us
            yield
    except Unreadable:
        raise
    except Exception as broken:
        said = _("This workbook can't be read (%(why)s). Open it in Excel and save it again.")
        raise Unreadable(said % {"why": type(_root(broken)).__name__}) from broken


def _root(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error


def _table(sheet: Any) -> RawTable:
    sheet.reset_dimensions()
    first = next(sheet.iter_rows(max_row=1, max_col=MOST_COLUMNS), ())
    header = [str(cell.value).strip() if cell.value is not None else "" for cell in first]
    while header and not header[-1]:
        header.pop()
    return RawTable(sheet.title, header, _rows(sheet, len(header)))


def _rows(sheet: Any, width: int) -> Iterator[RawRow]:
    with _hostile():
        merged = dict(sorted(_merged(sheet), reverse=True))
    for row, column in sorted(merged.items()):
        cell = f"{column}{row}"
        yield RawRow(
            row, (), _("The cells from %(cell)s on are merged. Undo that and fill in each.") % {"cell": cell}
        )
    number, taken, rows = 1, 0, sheet.iter_rows(min_row=2, max_col=width or 1)
    while True:
        with _hostile():
            number, cells = _next_filled(rows, number, sheet.title)
        if cells is None:
            return
        raw = [_raw(cell) for cell in cells]
        if number in merged or not any(raw):
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise Unreadable(too_many_rows(), sheet.title)
        yield RawRow(number, raw)


def _next_filled(rows: Iterator[Any], number: int, title: str) -> tuple[int, Any]:
    """The number and cells of the next row with something in it, None at the end.

    The library gives a row for each number that is left out, so a small file could have us count for ever.
    """
    gap = None
    for at, cells in enumerate(rows, start=number + 1):
        if at > LAST_ROW:
            raise Unreadable(too_many_rows(), title)
        if cells is gap:  # what is left out is the same empty row each time
            continue
        if any(cell.value is not None for cell in cells):
            return at, cells
        gap = cells
    return number, None


def _merged(sheet: Any) -> Iterator[tuple[int, str]]:
    """First cells of merged ranges; a sheet that is read as a stream doesn't tell them."""
    rest = b""
    with sheet._get_source() as source:
        while chunk := source.read(_CHUNK):
            text = rest + chunk
            for found in _MERGED.finditer(text):
                yield int(found[2]), found[1].decode()
            cut = text.rfind(b"<")
            rest = text[cut:][-500:] if cut >= 0 else b""


def _raw(cell: Any) -> Raw | None:
    value = cell.value
    if value is None or value == "":
        return None
    kind = _KINDS.get(cell.data_type, "text")
    if isinstance(value, datetime | date | time):
        return Raw("moment", value)
    if kind == "formula":
        return Raw(kind, str(getattr(value, "text", value)))
    return Raw(kind, str(value).replace("_x000D_", "") if kind == "text" else value)


def written(
    tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]], advice: Sequence[str]
) -> bytes:
    """A workbook of text cells, the same bytes for the same tables; raises `Unreadable` for a text that is too long."""
    book = Workbook(write_only=True)
    readme = book.create_sheet(READ_ME)
    readme.column_dimensions["A"].width = 110
    for number, line in enumerate(advice):
        readme.append([_cell(readme, line, Font(bold=True) if not number else None)])
    for title, header, rows in tables:
        _write(book.create_sheet(title), title, header, rows)
    made = BytesIO()
    book.save(made)
    return _repeatable(made)


def _write(sheet: Any, title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    sheet.freeze_panes = "A2"
    for number, _name in enumerate(header, start=1):
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width = 24
        column.number_format = "@"  # what is typed below stays as it was typed
    sheet.append([_cell(sheet, name, Font(bold=True)) for name in header])
    for row in rows:
        for name, text in zip(header, row, strict=True):
            if len(text) >= LONGEST_CELL:
                said = _("%(column)s holds more than a cell of Excel can; export to a folder instead.")
                raise Unreadable(said % {"column": name}, title)
        sheet.append([_cell(sheet, text) if text else None for text in row])


def _cell(sheet: Any, text: str, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(sheet, inert(text))
    cell.data_type, cell.number_format = "s", "@"
    if "\n" in text:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if font is not None:
        cell.font = font
    return cell


def _repeatable(made: BytesIO) -> bytes:
    """The moment of writing is in no part of it."""
    again = BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(part.filename, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return again.getvalue()
