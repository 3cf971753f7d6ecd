"""The log of an attempt as a page can show it: its end, or the lines that hold a text."""

from collections.abc import Iterator
from dataclasses import dataclass

from releaseorch.runs import queries
from releaseorch.runs.models import Attempt

LAST_LINES = 1500
MOST_FOUND = 500


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
        text = queries.log_tail(attempt, LAST_LINES)
        return LogPage(text, size, text.count("\n") + bool(text), size > len(text.encode()) + 1)
    wanted, found = find.casefold(), []
    for number, line in enumerate(lines_of(attempt), start=1):
        if wanted in line.casefold():
            found.append(f"{number}  {line}")
        if len(found) > MOST_FOUND:
            break
    return LogPage("\n".join(found[:MOST_FOUND]), size, len(found[:MOST_FOUND]), len(found) > MOST_FOUND)


def parts_of(attempt: Attempt) -> Iterator[bytes]:
    """The whole log, part by part, however long."""
    offset = 0
    while part := queries.log_bytes(attempt, offset):
        yield part
        offset += len(part)


def lines_of(attempt: Attempt) -> Iterator[str]:
    rest = b""
    for part in parts_of(attempt):
        *whole, rest = (rest + part).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")
