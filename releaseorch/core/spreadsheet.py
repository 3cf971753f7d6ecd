"""Tables that people open in a spreadsheet: what they hold is text there, never a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet takes for the beginning of a formula, also behind a tab or a line break.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(text: str) -> str:
    """With an apostrophe before what would be computed: spreadsheets show the rest as it is."""
    return f"'{text}" if text.startswith(STARTS) else text


class _Line:
    """Hands back what the writer writes, so that rows leave one by one."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """CSV as RFC 4180 has it, with a byte order mark, by which Excel knows UTF-8."""
    writer = csv.writer(_Line())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([inert(cell) for cell in row])
