"""What is read from a workbook or a folder, before it means anything: cells, rows, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _

from releaseorch.core.errors import Invalid

MOST_ROWS = 200_000
MOST_BYTES = 100_000_000
LONGEST_CELL = 32_767  # what Excel itself takes
MOST_TOLD = 200

Kind = Literal["text", "number", "moment", "truth", "error", "formula"]

# A cell that begins so is a formula for a spreadsheet, in its East Asian forms too.
_RUNS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_RAN = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
# Texts of other sources may hold what XML can't say.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Raw(NamedTuple):
    """A cell as the file has it; a formula is its text."""

    kind: Kind
    value: Any


class RawRow(NamedTuple):
    """A row with its number in the file; a cell that is empty is None. `fault`: why none of it can be used."""

    number: int
    cells: Sequence[Raw | None]
    fault: str = ""


class RawTable(NamedTuple):
    """One sheet or file: the first row is the header, the rest follows when it is asked for."""

    name: str
    header: Sequence[str]
    rows: Iterator[RawRow]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, where: rows count from 1, the header included; 0 is the sheet as a whole."""

    sheet: str
    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        where = [self.sheet]
        if self.row:
            where.append(_("row %(row)d") % {"row": self.row})
        if self.column:
            where.append(self.column)
        return f"{', '.join(where)}: {self.sentence}"


class TablesRefused(Invalid):
    """Nothing was imported; `problems` says why, place by place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__({"": [str(problem) for problem in self.problems[:MOST_TOLD]]})


class Unreadable(Exception):
    """The file can't be used at all; the text is a sentence, `table` says which sheet or file."""

    def __init__(self, sentence: str, table: str = "") -> None:
        super().__init__(sentence)
        self.table = table


def inert(text: str) -> str:
    """The text as a spreadsheet may have it: what would run is quoted, `restored` takes the quote away again."""
    plain = _NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return f"'{plain}" if _RUNS.match(plain) else plain


def restored(text: str) -> str:
    return text[1:] if _RAN.match(text) else text


def too_long(length: int) -> str:
    said = {"n": f"{length:,}", "limit": f"{LONGEST_CELL:,}"}
    return _("This cell holds %(n)s characters; at most %(limit)s are taken.") % said


def too_many_rows() -> str:
    said = _("There are more than %(limit)s rows. Import it in parts.")
    return said % {"limit": f"{MOST_ROWS:,}"}
