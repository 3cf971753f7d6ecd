"""A folder with a CSV file per sheet: UTF-8, parted by commas, semicolons or tabs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.utils.translation import gettext as _

from releaseorch.integrations.tables.found import (
    LONGEST_CELL,
    MOST_BYTES,
    MOST_ROWS,
    Raw,
    RawRow,
    RawTable,
    Unreadable,
    inert,
    too_many_rows,
)

_BOM = b"\xef\xbb\xbf"


@contextmanager
def opened(folder: Path) -> Iterator[list[RawTable]]:
    """Each .csv file of the folder, by its name; raises `Unreadable`."""
    yield [_table(path) for path in sorted(folder.iterdir()) if path.suffix.lower() == ".csv"]


def file_name(title: str) -> str:
    return f"{title.lower().replace(' ', '-')}.csv"


def write(folder: Path, tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[str]]]]) -> None:
    """With the mark that tells Excel the encoding."""
    folder.mkdir(parents=True, exist_ok=True)
    for title, header, rows in tables:
        with (folder / file_name(title)).open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(header)
            out.writerows([inert(text) for text in row] for row in rows)


def _table(path: Path) -> RawTable:
    text = _text(path)
    delimiter = _delimiter(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as broken:
        raise Unreadable(_broken(broken), path.name) from broken
    return RawTable(path.name, header, _rows(path.name, reader, len(header)))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            said = _("It is larger than %(mb)d MB.") % {"mb": MOST_BYTES // 1_000_000}
            raise Unreadable(said, path.name)
        content = path.read_bytes().removeprefix(_BOM)
        return content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        said = _("Line %(line)d isn't UTF-8. In Excel, save it as “CSV UTF-8”.") % {"line": line}
        raise Unreadable(said, path.name) from wrong
    except OSError as error:
        raise Unreadable(_("It can't be read: %(why)s.") % {"why": error.strerror}, path.name) from error


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _rows(name: str, reader: Iterator[list[str]], width: int) -> Iterator[RawRow]:
    taken, line = 0, reader.line_num + 1  # type: ignore[attr-defined]
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as broken:
            yield RawRow(line, (), _broken(broken))
            return
        if cells is None:
            return
        if any(cells):
            taken += 1
            if taken > MOST_ROWS:
                raise Unreadable(too_many_rows(), name)
            yield _row(line, cells, width)
        line = reader.line_num + 1  # type: ignore[attr-defined]


def _row(line: int, cells: Sequence[str], width: int) -> RawRow:
    if len(cells) > width and any(cells[width:]):
        said = {"n": len(cells), "width": width}
        return RawRow(line, (), _("This row has %(n)d cells, the header has %(width)d.") % said)
    return RawRow(line, [Raw("text", cell) if cell else None for cell in cells])


def _broken(error: csv.Error) -> str:
    if "field limit" in str(error):
        said = _("A cell holds more than %(limit)s characters, or a quote is never closed.")
        return said % {"limit": f"{LONGEST_CELL:,}"}
    return _("From here on this is not valid CSV (%(error)s): a quote is missing or one too many.") % {
        "error": error
    }
