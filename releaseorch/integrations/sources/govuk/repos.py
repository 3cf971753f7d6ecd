"""The file `repos.yml`: repositories with their teams, read as text, whatever YAML would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from releaseorch.integrations.sources import validate
from releaseorch.integrations.sources.base import SourceUnreadable
from releaseorch.integrations.sources.document import Refused
from releaseorch.integrations.sources.rows import MAX_FIELD, Row, Table, text_of

FILE = "repos.yml"
MAX_BYTES = 2_000_000
WANTED = ("repo_name", "app_name", "team")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; `application` is what it holds, where that has another name. `payload` is the entry as read."""

    name: str
    application: str
    team: str
    payload: Mapping[str, Any]


def read_repositories(folder: Path) -> tuple[list[Repository], list[Refused]]:
    """One repository may hold several applications and is listed once for each. Raises SourceUnreadable."""
    once = validate.Once()
    entries, refused = _entries(folder)
    payloads = {row.line: payload for row, payload in entries}

    def read(row: Row) -> Repository:
        found = Repository(
            name=validate.line_of_text(row, "repo_name"),
            application=validate.optional_line(row, "app_name") or row["repo_name"].strip(),
            team=validate.optional_line(row, "team"),
            payload=payloads[row.line],
        )
        once.take(row, found.name, found.application)
        return found

    return validate.checked(Table(FILE, tuple(row for row, _payload in entries), tuple(refused)), read)


def _entries(folder: Path) -> tuple[list[tuple[Row, dict[str, Any]]], list[Refused]]:
    """Rows with the wanted texts, and all that each entry says."""
    entries: list[tuple[Row, dict[str, Any]]] = []
    refused: list[Refused] = []
    for node in _nodes(folder):
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            refused.append(Refused(FILE, line, _("This entry is no list of names and values.")))
            continue
        payload = {str(_plain(key)): _plain(value) for key, value in node.value}
        if any(len(text) > MAX_FIELD for value in payload.values() for text in _texts(value)):
            said = _("A value of this entry is longer than %(limit)s characters.")
            refused.append(Refused(FILE, line, said % {"limit": f"{MAX_FIELD:,}"}))
            continue
        values = {name: "".join(_texts(payload.get(name, ""))[:1]) for name in WANTED}
        entries.append((Row(line, values), payload))
    return entries, refused


def _nodes(folder: Path) -> list[yaml.Node]:
    """The entries as nodes: nothing is converted, and an alias is followed no further than it is read."""
    text = text_of(folder / FILE, FILE, max_bytes=MAX_BYTES)
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as broken:
        said = _("it is not valid YAML.")
        if broken.problem_mark:
            said = _("it is not valid YAML (line %(line)d).") % {"line": broken.problem_mark.line + 1}
        raise SourceUnreadable(FILE, said) from None
    except (yaml.YAMLError, RecursionError, UnicodeError):
        raise SourceUnreadable(FILE, _("it is not valid YAML.")) from None
    if not isinstance(root, yaml.SequenceNode):
        raise SourceUnreadable(FILE, _("it is no list of repositories."))
    return list(root.value)


def _plain(node: yaml.Node) -> str | list[str]:
    """A text, or a list of texts; what lies deeper isn't told by this file and is left out."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [str(one.value) for one in node.value if isinstance(one, yaml.ScalarNode)]
    return ""


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
