"""Reading a CSV file so that one broken row costs only itself."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.integrations.sources.base import SourceUnreadable
from releaseorch.integrations.sources.document import Refused

MAX_FILE_BYTES = 200_000_000
MAX_FIELD = 10_000
# A quoted field may hold line breaks; one that goes on longer than this is a quote that somebody forgot.
MAX_LINES_OF_A_ROW = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One row by column name, with the line on which it begins."""

    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file that can be read, and those that can't."""

    file: str
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]


class _BrokenRow(ValueError):
    pass


def read_table(folder: Path, file: str, columns: Sequence[str]) -> Table:
    """Read an UTF-8 CSV file with a header; further columns are ignored. Raises SourceUnreadable."""
    lines = text_of(folder / file, file).split("\n")
    header = _header(lines[0], file, columns)
    rows: list[Row] = []
    refused: list[Refused] = []
    for line, text in _records(lines):
        try:
            values = _fields(text, len(header))
        except _BrokenRow as broken:
            refused.append(Refused(file, line, str(broken)))
        else:
            rows.append(Row(line, dict(zip(header, values, strict=True))))
    return Table(file, tuple(rows), tuple(refused))


def text_of(path: Path, file: str, *, max_bytes: int = MAX_FILE_BYTES) -> str:
    """The whole file, its line ends as \\n. Raises SourceUnreadable."""
    try:
        if path.stat().st_size > max_bytes:
            said = _("it is larger than %(mb)d MB.") % {"mb": max_bytes // 1_000_000}
            raise SourceUnreadable(file, said)
        content = path.read_bytes()
    except FileNotFoundError:
        raise SourceUnreadable(file, _("the file is missing.")) from None
    except OSError as error:
        raise SourceUnreadable(file, f"{error.strerror or _('it could not be read')}.") from None
    # Bytes that aren't UTF-8 become lone surrogates, so that only the rows that hold them are refused.
    return content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def _header(line: str, file: str, columns: Sequence[str]) -> list[str]:
    try:
        header = _parse(line)
    except _BrokenRow as broken:
        said = _("its header can't be read. %(reason)s") % {"reason": broken}
        raise SourceUnreadable(file, said) from None
    missing = [column for column in columns if column not in header]
    if missing:
        said = ngettext(
            "the column %(names)s can't be found.", "the columns %(names)s can't be found.", len(missing)
        )
        raise SourceUnreadable(file, said % {"names": ", ".join(missing)})
    doubled = sorted({column for column in header if header.count(column) > 1})
    if doubled:
        raise SourceUnreadable(file, _("the column %(name)s is there twice.") % {"name": doubled[0]})
    return header


def _records(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of each row below the header; empty lines are none.

    A row whose quote is never closed is given back alone, and reading goes on with the line after it.
    """
    index = 1
    while index < len(lines):
        end = _end_of_row(lines, index)
        if lines[index]:
            yield index + 1, "\n".join(lines[index : end + 1])
        index = end + 1


def _end_of_row(lines: Sequence[str], start: int) -> int:
    is_open = False
    for index in range(start, min(len(lines), start + MAX_LINES_OF_A_ROW)):
        is_open ^= lines[index].count('"') % 2 == 1
        if not is_open:
            return index
    return start


def _fields(text: str, expected: int) -> list[str]:
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise _BrokenRow(_("This row is not UTF-8."))
    values = _parse(text)
    if len(values) != expected:
        said = ngettext(
            "This row has %(n)d field, the header has %(expected)d.",
            "This row has %(n)d fields, the header has %(expected)d.",
            len(values),
        )
        raise _BrokenRow(said % {"n": len(values), "expected": expected})
    longest = max(map(len, values))
    if longest > MAX_FIELD:
        said = _("A field of this row holds %(n)s characters; at most %(limit)s are taken.")
        raise _BrokenRow(said % {"n": f"{longest:,}", "limit": f"{MAX_FIELD:,}"})
    return values


def _parse(text: str) -> list[str]:
    if len(text) > csv.field_size_limit():
        said = _("This row holds %(n)s characters; at most %(limit)s per field are taken.")
        raise _BrokenRow(said % {"n": f"{len(text):,}", "limit": f"{MAX_FIELD:,}"})
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise _BrokenRow(_("This row is not valid CSV (%(error)s).") % {"error": error}) from None
