"""How values stand in cells: `read` takes a cell as the file has it, `write` gives its text; each way exact."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.catalog import yaml_text
from releaseorch.core.text import normalised
from releaseorch.integrations.tables.found import LONGEST_CELL, Raw, restored, too_long

LARGEST = 2_000_000_000


class BadCell(ValueError):
    """This cell can't be taken; the text says why and what would help."""


class Cell:
    """One line or several of text. What a spreadsheet made of it is refused: 1.1 may have been 1.10."""

    empty: Any = ""

    def read(self, raw: Raw) -> Any:
        return self.parsed(text_of(raw))

    def parsed(self, text: str) -> Any:
        return text

    def write(self, value: Any) -> str:
        return str(value or "")


class Loose(Cell):
    """Text in which a whole number is what was typed, such as a telephone."""

    def read(self, raw: Raw) -> Any:
        if _is_whole(raw):
            return str(int(raw.value))
        return super().read(raw)


class Whole(Cell):
    """A whole number, not below zero."""

    def __init__(self, empty: int | None = 0) -> None:
        self.empty = empty

    def read(self, raw: Raw) -> Any:
        if _is_whole(raw):
            raw = Raw("text", str(int(raw.value)))
        return super().read(raw)

    def parsed(self, text: str) -> Any:
        if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= LARGEST):
            raise BadCell(_("“%(text)s” is no whole number.") % {"text": shown(text)})
        return int(text)

    def write(self, value: Any) -> str:
        return "" if value is None else str(value)


class YesNo(Cell):
    empty = False

    def read(self, raw: Raw) -> Any:
        return bool(raw.value) if raw.kind == "truth" else super().read(raw)

    def parsed(self, text: str) -> Any:
        if text.lower() in {"yes", "no", "true", "false"}:
            return text.lower() in {"yes", "true"}
        raise BadCell(_("“%(text)s” is neither yes nor no.") % {"text": shown(text)})

    def write(self, value: Any) -> str:
        return "yes" if value else "no"


class Moment(Cell):
    """A date and time; without a zone it is that of the installation."""

    empty = None

    def read(self, raw: Raw) -> Any:
        if raw.kind == "moment" and isinstance(raw.value, date):
            raw = Raw("text", raw.value.isoformat())
        return super().read(raw)

    def parsed(self, text: str) -> Any:
        try:
            moment = datetime.fromisoformat(text)
            aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
            found = aware.astimezone(UTC)
        except (ValueError, OverflowError):
            said = _("“%(text)s” is no date and time; write it as 2026-11-21 18:00.")
            raise BadCell(said % {"text": shown(text)}) from None
        if not 1990 <= found.year < 2100:
            raise BadCell(_("“%(text)s” is not between 1990 and 2100.") % {"text": shown(text)})
        return found

    def write(self, value: Any) -> str:
        return value.astimezone(UTC).isoformat(sep=" ") if value else ""


class Choice(Cell):
    """One of a few words."""

    def __init__(self, choices: type[TextChoices], empty: str = "") -> None:
        self.choices, self.empty = choices, empty

    def parsed(self, text: str) -> Any:
        known = {str(value).lower(): str(value) for value in self.choices.values}
        if text.lower() not in known:
            said = {"text": shown(text), "words": ", ".join(map(str, self.choices.values))}
            raise BadCell(_("“%(text)s” is not one of: %(words)s.") % said)
        return known[text.lower()]


class Names(Cell):
    """Several names parted by semicolons; `\\;` is a semicolon of a name."""

    empty = ()

    def parsed(self, text: str) -> Any:
        parts = (_plain(part.strip()) for part in _split(text.replace("\n", ";"), ";"))
        return tuple(dict.fromkeys(part for part in parts if part))

    def write(self, value: Sequence[str]) -> str:
        return "; ".join(_marked(name, ";") for name in value)


class Pairs(Cell):
    """A line `name: value` each; a value of several lines goes on indented."""

    @property
    def empty(self) -> dict[str, str]:
        return {}

    def parsed(self, text: str) -> Any:
        found: dict[str, str] = {}
        for line in re.split(r"\n(?!  )", text):
            if not line.strip():
                continue
            name, *rest = _split(line, ":", 1)
            if not rest:
                raise BadCell(_("“%(line)s” should read “name: value”.") % {"line": shown(line)})
            name = _plain(name.strip())
            if name in found:
                raise BadCell(_("“%(name)s” stands there twice.") % {"name": shown(name)})
            found[name] = rest[0].replace("\n  ", "\n").strip()
        return found

    def write(self, value: Mapping[str, Any]) -> str:
        def told(text: str) -> str:
            return str(text).replace("\r\n", "\n").replace("\n", "\n  ")

        return "\n".join(
            f"{_marked(name, ':')}: {told(text)}".rstrip() for name, text in sorted(value.items())
        )


class Yaml(Cell):
    """Nested values, such as what a step tells its tool."""

    @property
    def empty(self) -> dict[str, Any]:
        return {}

    def parsed(self, text: str) -> Any:
        try:
            value = yaml_text.read(text).value
        except yaml_text.Unreadable as wrong:
            raise BadCell(_("Line %(line)d: %(why)s") % {"line": wrong.line, "why": wrong}) from wrong
        if not isinstance(value, dict):
            raise BadCell(_("Write a line “name: value” for each."))
        return value

    def write(self, value: Any) -> str:
        return yaml_text.write(yaml_text.Block(_in_order(value))).strip() if value else ""


def text_of(raw: Raw) -> str:
    """What was typed; raises `BadCell` for what a spreadsheet made of it."""
    value = raw.value
    match raw.kind:
        case "text":
            text = normalised(restored(value.replace("\r\n", "\n")))
            if len(text) > LONGEST_CELL:
                raise BadCell(too_long(len(text)))
            return text
        case "number":
            said = _(
                "This is the number %(value)s, and 1.10 may have become 1.1. Format it as text, type it again."
            )
        case "moment":
            said = _("This became a date (%(value)s). Format the cell as text and type it again.")
        case "truth":
            said = _("This became the truth value %(value)s. Format the cell as text and type it again.")
        case "error":
            said = _("This is an error of the spreadsheet (%(value)s).")
        case "formula":
            said = _("This holds a formula (%(value)s). Paste its value instead.")
    raise BadCell(said % {"value": shown(str(value))})


def _is_whole(raw: Raw) -> bool:
    if raw.kind != "number":
        return False
    # Of whole numbers none is infinite, but some are larger than what can be asked whether it is.
    return isinstance(raw.value, int) or (math.isfinite(raw.value) and raw.value == int(raw.value))


def _in_order(value: Any) -> Any:
    """By name at every depth: a database may keep the names of an object in an order of its own."""
    if isinstance(value, Mapping):
        return {name: _in_order(inner) for name, inner in sorted(value.items())}
    return [_in_order(one) for one in value] if isinstance(value, list) else value


def shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _marked(name: str, mark: str) -> str:
    return name.replace("\\", "\\\\").replace(mark, f"\\{mark}")


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _split(text: str, mark: str, most: int = 0) -> list[str]:
    """At marks before which there is no odd backslash."""
    parts: list[str] = []
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == mark and (not most or len(parts) < most):
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


TEXT, LOOSE, MOMENT, NAMES, PAIRS, YAML, YES_NO = Cell(), Loose(), Moment(), Names(), Pairs(), Yaml(), YesNo()
