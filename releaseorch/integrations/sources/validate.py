"""Checks of single values and of rows against each other; pure, each refusal is a sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Hashable
from datetime import UTC, datetime

from releaseorch.core.fields import NAME_LENGTH
from releaseorch.core.text import HIDDEN
from releaseorch.integrations.sources.rows import Row

_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class BadRow(ValueError):
    """This row is left out; the message is a sentence that says why."""


def line_of_text(row: Row, column: str, *, max_length: int = NAME_LENGTH) -> str:
    """Return one line of visible text that isn't empty."""
    value = optional_line(row, column, max_length=max_length)
    if not value:
        raise BadRow(f"{column} is empty.")
    return value


def optional_line(row: Row, column: str, *, max_length: int = NAME_LENGTH) -> str:
    """Return one line of visible text, or an empty one."""
    value = row[column].strip()
    for character in value:
        if character in HIDDEN or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise BadRow(f"{column} holds an invisible character (U+{ord(character):04X}).")
    if len(value) > max_length:
        raise BadRow(f"{column} holds {len(value):,} characters; at most {max_length:,} are taken.")
    return value


def one_of(row: Row, column: str, allowed: Collection[str]) -> str:
    """Return a value that must be one of those allowed."""
    value = line_of_text(row, column)
    if value not in allowed:
        raise BadRow(
            f"{column} “{shown(value)}” is not known; it must be one of {', '.join(sorted(allowed))}."
        )
    return value


def instant(row: Row, column: str) -> datetime:
    """Return a time with its zone, in UTC, that can have happened."""
    text = line_of_text(row, column)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow(f"{column} “{shown(text)}” is no date and time.") from None
    if value.tzinfo is None:
        raise BadRow(f"{column} “{shown(text)}” has no time zone.")
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise BadRow(f"{column} “{shown(text)}” is no date and time.") from None
    if not _EARLIEST <= value < _LATEST:
        raise BadRow(f"{column} “{shown(text)}” can't be: it is not between 1990 and 2100.")
    return value


def shown(value: str) -> str:
    """Shorten a wrong value for a sentence."""
    return value if len(value) <= 60 else f"{value[:59]}…"


class Once:
    """Refuses a key that an earlier row of the same file had."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def take(self, row: Row, *key: str) -> None:
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            raise BadRow(f"{' / '.join(map(shown, key))} is already in line {first}.")


class Agreement:
    """Refuses a row that says other things about the same subject than an earlier row."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._said: dict[str, Row] = {}

    def check(self, row: Row, subject: str) -> None:
        first = self._said.setdefault(subject, row)
        for column in self._columns:
            if row[column] != first[column]:
                raise BadRow(f"{column} of {shown(subject)} is another one in line {first.line}.")
