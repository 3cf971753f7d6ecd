"""The log of an attempt as a page can show it: its end, or the lines that hold a text."""

from collections.abc import Iterator
from dataclasses import dataclass

from releaseorch.runs import queries
from releaseorch.runs.models import Attempt

LAST_LINES = 1500
MOST_FOUND = 500
# A longer line is searched in pieces that overlap by more than anybody can look for, and shown around what was found.
LONGEST_LINE = 64 * 1024
OVERLAP = 1024
AROUND = 500


@dataclass(frozen=True)
class LogPage:
    """`lines` as text; `is_cut` when there is more of it than is shown. `size` in bytes."""

    text: str
    size: int
    count: int
    is_cut: bool


def page_of(attempt: Attempt, find: str = "") -> LogPage:
    """The last lines, or the first ones that hold `find` in whatever case, with their numbers."""
    size = queries.log_length(attempt)
    if not find:
        text, is_whole = queries.log_end(attempt, LAST_LINES)
        return LogPage(text, size, text.count("\n") + bool(text), not is_whole)
    found: dict[int, str] = {}
    for number, line in found_in(attempt, find):
        found.setdefault(number, f"{number}  {line}")
        if len(found) > MOST_FOUND:
            break
    lines = list(found.values())[:MOST_FOUND]
    return LogPage("\n".join(lines), size, len(lines), len(found) > MOST_FOUND)


def found_in(attempt: Attempt, find: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line with `find` in it; a very long line may come more than once."""
    wanted = find.casefold()
    for number, line in lines_of(attempt):
        at = line.casefold().find(wanted)
        if at >= 0:
            yield number, _around(line, at, at + len(wanted))


def lines_of(attempt: Attempt) -> Iterator[tuple[int, str]]:
    """Each line with its number; one that is longer than 64 KB in pieces."""
    number, rest = 1, b""
    for part in queries.log_parts(attempt):
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            yield number, _text(line)
            number += 1
        while len(rest) > LONGEST_LINE:
            yield number, _text(rest[:LONGEST_LINE])
            rest = rest[LONGEST_LINE - OVERLAP :]
    if rest:
        yield number, _text(rest)


def _text(line: bytes) -> str:
    return queries.shown_line(line).decode("utf-8", "replace")


def _around(line: str, start: int, end: int) -> str:
    if len(line) <= 4 * AROUND:
        return line
    before, after = max(start - AROUND, 0), min(end + AROUND, len(line))
    return ("…" if before else "") + line[before:after] + ("…" if after < len(line) else "")
