"""The file `repos.yml`: repositories with their teams, read as text, whatever YAML would make of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from releaseorch.core.text import plain_text
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
    once, teams = validate.Once(), validate.Spelling()
    entries, refused = _entries(folder)
    payloads = {row.line: payload for row, payload in entries}

    def read(row: Row) -> Repository:
        found = Repository(
            name=validate.line_of_text(row, "repo_name"),
            application=validate.optional_line(row, "app_name") or row["repo_name"].strip(),
            team=teams.take(validate.optional_line(row, "team")),
            payload=payloads[row.line],
        )
        once.take(row, found.name, found.application)
        return found

    return validate.checked(Table(FILE, tuple(row for row, _payload in entries), tuple(refused)), read)


def _entries(folder: Path) -> tuple[list[tuple[Row, dict[str, Any]]], list[Refused]]:
    """Rows with the wanted texts, and all that each entry says."""
    entries: list[tuple[Row, dict[str, Any]]] = []
    refused: list[Refused] = []
    nodes, marked = _nodes(folder)
    for node in nodes:
        line = node.start_mark.line + 1
        if _holds(node, marked):
            refused.append(
                Refused(FILE, line, _("Anchors and aliases aren't taken; write out what is meant."))
            )
            continue
        if not isinstance(node, yaml.MappingNode):
            refused.append(Refused(FILE, line, _("This entry is no list of names and values.")))
            continue
        payload = {str(_plain(key)): _plain(value) for key, value in node.value}
        wrong = _what_is_wrong([*payload, *(text for value in payload.values() for text in _texts(value))])
        if wrong:
            refused.append(Refused(FILE, line, wrong))
            continue
        values = {name: "".join(_texts(payload.get(name, ""))[:1]) for name in WANTED}
        entries.append((Row(line, values), payload))
    return entries, refused


def _what_is_wrong(texts: Sequence[str]) -> str:
    """A sentence, empty where the database can keep them all."""
    if any(len(text) > MAX_FIELD for text in texts):
        return _("A value of this entry is longer than %(limit)s characters.") % {"limit": f"{MAX_FIELD:,}"}
    try:
        for text in texts:
            plain_text(text)
    except ValidationError as refused:
        return " ".join(refused.messages)
    return ""


class _Loader(yaml.SafeLoader):
    """Follows no alias, since a small file could be made large by them, and notes where one or its anchor stands."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.marked: list[int] = []

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()
        if getattr(event, "anchor", None) is not None:
            self.marked.append(event.start_mark.index)
        if self.check_event(yaml.AliasEvent):
            self.get_event()
            return yaml.ScalarNode("", "", event.start_mark, event.end_mark)
        return super().compose_node(parent, index)


def _holds(node: yaml.Node, marked: Sequence[int]) -> bool:
    first = bisect_left(marked, node.start_mark.index)
    return first < len(marked) and marked[first] < node.end_mark.index


def _nodes(folder: Path) -> tuple[list[yaml.Node], Sequence[int]]:
    """The entries as nodes: nothing is converted; and where in the file anchors and aliases stand."""
    text = text_of(folder / FILE, FILE, max_bytes=MAX_BYTES)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as broken:
        said = _("it is not valid YAML.")
        if broken.problem_mark:
            said = _("it is not valid YAML (line %(line)d).") % {"line": broken.problem_mark.line + 1}
        raise SourceUnreadable(FILE, said) from None
    except (yaml.YAMLError, RecursionError, UnicodeError):
        raise SourceUnreadable(FILE, _("it is not valid YAML.")) from None
    if not isinstance(root, yaml.SequenceNode):
        raise SourceUnreadable(FILE, _("it is no list of repositories."))
    return list(root.value), loader.marked


def _plain(node: yaml.Node) -> str | list[str]:
    """A text, or a list of texts; what lies deeper isn't told by this file and is left out."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [str(one.value) for one in node.value if isinstance(one, yaml.ScalarNode)]
    return ""


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
