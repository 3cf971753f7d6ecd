"""`${name}` substitution from a flat dict of strings, and nothing more."""

import re
from collections.abc import Mapping
from typing import Any

from releaseorch.words import gettext as _

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}"
_TOKEN = re.compile(r"\$\$\{|\$\{(?:(" + _NAME + r")\})?")


class TemplateError(ValueError):
    """The text cannot be rendered; the message is a sentence for the person who configures the step."""


class MissingParameter(TemplateError):
    """The text asks for a value that nobody gave."""

    def __init__(self, name: str) -> None:
        super().__init__(_("The value “%(name)s” is missing.") % {"name": name})
        self.name = name


def render(text: str, values: Mapping[str, str]) -> str:
    """Replace each `${name}` once; `$${` stands for a plain `${`. Values are never looked into."""

    def value_of(match: re.Match[str]) -> str:
        if match.group() == "$${":
            return "${"
        name = match.group(1)
        if name is None:
            raise TemplateError(_("A “${” is not followed by a name and “}”. Write “$${” for a plain “${”."))
        if name not in values:
            raise MissingParameter(name)
        value = values[name]
        if not isinstance(value, str):
            raise TemplateError(_("The value “%(name)s” is not text.") % {"name": name})
        return value

    return _TOKEN.sub(value_of, text)


def render_tree(value: Any, values: Mapping[str, str]) -> Any:
    """Render every text of a JSON value, keys excluded; a list keeps its length."""
    if isinstance(value, str):
        return render(value, values)
    if isinstance(value, list | tuple):
        return [render_tree(item, values) for item in value]
    if isinstance(value, Mapping):
        return {key: render_tree(item, values) for key, item in value.items()}
    return value


def names(text: str) -> list[str]:
    """Return the names that the text asks for, in order, without looking at malformed ones."""
    return [match.group(1) for match in _TOKEN.finditer(text) if match.group(1)]


def starts_with_value(text: str) -> bool:
    """Say whether what the rendered text starts with is decided by a value."""
    match = _TOKEN.match(text)
    return match is not None and match.group(1) is not None
