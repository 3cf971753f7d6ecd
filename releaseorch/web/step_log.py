"""The log of an attempt as a page can show it: its end, or the lines that hold a text."""

from collections.abc import Iterator
from dataclasses import dataclass

from releaseorch.runs import queries
from releaseorch.runs.models import Attempt

LAST_LINES = 1500
# How often a page asks for more of a log that grows.
EVERY_MS = 600
MOST_FOUND = 500
# A longer line is searched in pieces that overlap by more than anybody can look for, and shown around what was found.
LONGEST_LINE = 64 * 1024
OVERLAP = 1024
AROUND = 500


@dataclass(frozen=True)
class LogPage:
    """`text` in lines; `is_cut` when there is more of it than is shown. `size` in bytes, kept or not.

    `missing` bytes of it aren't kept; `gap` says so, unless the lines do.
    """

    text: str
    size: int
    count: int
    is_cut: bool
    gap: str = ""
    missing: int = 0


@dataclass(frozen=True)
class Line:
    """`number` counts from the beginning; after a gap, as `+1`, from there: nobody knows how many lines were in it.

    Of the gap itself it is empty, and the text says how much is missing.
    """

    number: str
    text: str


def page_of(attempt: Attempt, find: str = "") -> LogPage:
    """The last lines, or the first ones that hold `find` in whatever case, with their numbers."""
    size = queries.log_length(attempt)
    if not find:
        text, is_whole = queries.log_end(attempt, LAST_LINES)
        missing = 0 if is_whole else queries.log_missing(attempt)
        gap = queries.gap_line(missing) if missing else ""
        return LogPage(text, size, text.count("\n") + bool(text), not is_whole, gap, missing)
    missing = queries.log_missing(attempt)
    found: dict[str, str] = {}
    gaps: list[str] = []
    for line in found_in(attempt, find):
        if not line.number:
            gaps.append(line.text)
            found[f"gap {len(gaps)}"] = line.text
        elif line.number not in found:
            found[line.number] = f"{line.number}  {line.text}"
        if len(found) - len(gaps) > MOST_FOUND:
            found.popitem()
            return LogPage("\n".join(found.values()), size, MOST_FOUND, is_cut=True, missing=missing)
    count = len(found) - len(gaps)
    if not count:
        return LogPage("", size, 0, is_cut=False, gap="\n".join(gaps), missing=missing)
    return LogPage("\n".join(found.values()), size, count, is_cut=False, missing=missing)


def found_in(attempt: Attempt, find: str) -> Iterator[Line]:
    """Each line with `find` in it, and each gap; a very long line may come more than once."""
    wanted = find.casefold()
    for after, number, text in lines_of(attempt):
        at = text.casefold().find(wanted) if number else 0
        if at >= 0:
            yield Line(f"{after}{number}" if number else "", _around(text, at, at + len(wanted)))


def lines_of(attempt: Attempt) -> Iterator[tuple[str, int, str]]:
    """`+` after a gap, number and text of each line; one that is longer than 64 KB in pieces. 0 is a gap's number."""
    after, number, rest = "", 1, b""
    for missing, piece in queries.log_pieces(attempt):
        if missing:
            if rest:
                yield after, number, _text(rest)
            yield "", 0, queries.gap_line(missing)
            after, number, rest = "+", 1, b""
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield after, number, _text(line)
            number += 1
        while len(rest) > LONGEST_LINE:
            yield after, number, _text(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE - OVERLAP :]
    if rest:
        yield after, number, _text(rest)


def _text(line: bytes) -> str:
    return queries.shown_line(line).decode("utf-8", "replace")


def _around(line: str, start: int, end: int) -> str:
    if len(line) <= 4 * AROUND:
        return line
    before, after = max(start - AROUND, 0), min(end + AROUND, len(line))
    return ("…" if before else "") + line[before:after] + ("…" if after < len(line) else "")
