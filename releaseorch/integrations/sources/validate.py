"""Checks of single values and of rows against each other; pure, each refusal is a sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Hashable
from datetime import UTC, datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from releaseorch.core.fields import NAME_LENGTH
from releaseorch.core.text import HIDDEN, folded
from releaseorch.integrations.sources.document import Refused
from releaseorch.integrations.sources.rows import Row, Table

Read = TypeVar("Read")
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class BadRow(ValueError):
    """This row is left out; the message is a sentence that says why."""


def line_of_text(row: Row, column: str, *, max_length: int = NAME_LENGTH) -> str:
    """Return one line of visible text that isn't empty."""
    value = optional_line(row, column, max_length=max_length)
    if not value:
        raise BadRow(_("%(column)s is empty.") % {"column": column})
    return value


def optional_line(row: Row, column: str, *, max_length: int = NAME_LENGTH) -> str:
    """Return one line of visible text, or an empty one."""
    value = row[column].strip()
    if not (value.isascii() and value.isprintable()):  # most are, and a year has millions of characters
        _refuse_invisible(value, column)
    if len(value) > max_length:
        said = _("%(column)s holds %(n)s characters; at most %(limit)s are taken.")
        raise BadRow(said % {"column": column, "n": f"{len(value):,}", "limit": f"{max_length:,}"})
    return value


def _refuse_invisible(value: str, column: str) -> None:
    for character in value:
        if character in HIDDEN or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            said = _("%(column)s holds an invisible character (%(code)s).")
            raise BadRow(said % {"column": column, "code": f"U+{ord(character):04X}"})


def one_of(row: Row, column: str, allowed: Collection[str]) -> str:
    """Return a value that must be one of those allowed."""
    value = line_of_text(row, column)
    if value not in allowed:
        said = _("%(column)s “%(value)s” is not known; it must be one of %(allowed)s.")
        named = {"column": column, "value": shown(value), "allowed": ", ".join(sorted(allowed))}
        raise BadRow(said % named)
    return value


def instant(row: Row, column: str) -> datetime:
    """Return a time with its zone, in UTC, that can have happened."""
    text = line_of_text(row, column)
    named = {"column": column, "value": shown(text)}
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise BadRow(_("%(column)s “%(value)s” is no date and time.") % named) from None
    if value.tzinfo is None:
        raise BadRow(_("%(column)s “%(value)s” has no time zone.") % named)
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise BadRow(_("%(column)s “%(value)s” is no date and time.") % named) from None
    if not _EARLIEST <= value < _LATEST:
        raise BadRow(_("%(column)s “%(value)s” can't be: it is not between 1990 and 2100.") % named)
    return value


def shown(value: str) -> str:
    """Shorten a wrong value for a sentence."""
    return value if len(value) <= 60 else f"{value[:59]}…"


def checked(table: Table, read: Callable[[Row], Read]) -> tuple[list[Read], list[Refused]]:
    """Read each row of a table; those that can't be used are listed, in the order of their lines."""
    found: list[Read] = []
    refused = list(table.refused)
    for row in table.rows:
        try:
            found.append(read(row))
        except BadRow as bad:
            refused.append(Refused(table.file, row.line, str(bad)))
    return found, sorted(refused)


class Once:
    """Refuses a key that an earlier row of the same file had."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def take(self, row: Row, *key: str) -> None:
        first = self._lines.setdefault(key, row.line)
        if first != row.line:
            named = {"key": " / ".join(map(shown, key)), "line": first}
            raise BadRow(_("%(key)s is already in line %(line)d.") % named)


class Agreement:
    """Refuses a row that says other things about the same subject than an earlier row."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self._said: dict[str, Row] = {}

    def check(self, row: Row, subject: str) -> None:
        first = self._said.setdefault(subject, row)
        for column in self._columns:
            if row[column] != first[column]:
                named = {"column": column, "subject": shown(subject), "line": first.line}
                raise BadRow(_("%(column)s of %(subject)s is another one in line %(line)d.") % named)


class Spelling:
    """Refuses a name that only looks like one that was read before: of two spellings the first one counts."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._first: dict[str, str] = {}

    def take(self, name: str) -> str:
        if name not in self._known:
            first = self._first.setdefault(folded(name), name)
            if first != name:
                said = _("“%(name)s” looks like “%(first)s”, which was read before.")
                raise BadRow(said % {"name": shown(name), "first": shown(first)})
            self._known.add(name)
        return name
