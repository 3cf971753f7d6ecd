"""JSON as we take it: no surprise that two databases, two languages or a stack would see differently."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

LONGEST = 1024 * 1024
DEEPEST = 32
BIGGEST = 2**63 - 1


class StrictJSONParser(BaseParser):
    """Refuses depth over 32, duplicate keys, NaN and infinities, numbers over 63 bits, NUL and lone surrogates."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(LONGEST + 1)
        if len(body) > LONGEST:
            raise ParseError(_("The body is longer than 1 MB."))
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            raise ParseError(_("The body is not UTF-8.")) from None
        if depth(text) > DEEPEST:
            raise ParseError(_("The body is nested deeper than %(levels)d levels.") % {"levels": DEEPEST})
        return load(text)


def load(text: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except ValueError as broken:
        # json says where; int() speaks of digits when a number is thousands of digits long.
        raise ParseError(_("The body is not valid JSON: %(why)s") % {"why": str(broken)[:200]}) from None
    for one in leaves(value):
        _check(one)
    return value


STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def depth(text: str) -> int:
    """The deepest nesting, found without recursion; brackets inside strings don't count."""
    deepest = level = 0
    for character in STRING.sub("", text):
        level += STEP.get(character, 0)
        deepest = max(deepest, level)
    return deepest


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        doubled = next(name for name, _value in pairs if [key for key, _v in pairs].count(name) > 1)
        raise ParseError(_("The key %(name)s stands twice in one object.") % {"name": repr(doubled)[:100]})
    return found


def _no_constant(name: str) -> Any:
    raise ParseError(_("%(name)s is not a number that can be stored.") % {"name": name})


def leaves(value: Any) -> Iterator[Any]:
    """Every key and every value that is no container; the depth is bounded by now."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def _check(value: Any) -> None:
    if isinstance(value, str):
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value):
            raise ParseError(_("A text holds NUL or half a character, which can't be stored."))
    elif _is_too_large(value):
        raise ParseError(_("A number is too large to be stored."))


def _is_too_large(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and abs(value) > BIGGEST
