"""YAML as we take and write it: plain values, a bounded size and depth, and the line of everything.

Only what JSON can say too: no tags, no aliases, no second document; keys are texts and stand once. Words mean what they
say (`on` and `no` are texts, as in YAML 1.2), so nothing is turned into what nobody typed.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

LONGEST = 100_000
DEEPEST = 12
MOST_NODES = 20_000
WIDTH = 88


class Unreadable(ValueError):
    """Not YAML, or more than we take; the text is a sentence, `line` counts from 1 (0: the whole)."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True)
class Read:
    """The value of a text, and the line on which each part of it begins, by its dotted path ("steps.0.key")."""

    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int:
        """The line of the part, or of the nearest one around it; 1 when it is nowhere."""
        while path not in self.lines and path:
            path = path.rpartition(".")[0]
        return self.lines.get(path, 1)


def read(text: str) -> Read:
    """Raises `Unreadable`."""
    if len(text) > LONGEST:
        raise Unreadable(
            _("This has %(length)d characters; %(most)d are the most.")
            % {"length": len(text), "most": LONGEST}
        )
    lines: dict[str, int] = {}
    try:
        root = _Loader(text).get_single_node()
        return Read(None if root is None else _value(root, "", lines), lines)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise Unreadable(_why(wrong.problem), mark.line + 1 if mark else 0) from wrong
    except yaml.reader.ReaderError as wrong:
        line = text.count("\n", 0, int(wrong.position)) + 1
        raise Unreadable(_("There is a character that can't be read."), line) from wrong


def write(value: Any) -> str:
    """The same value when it is read again; objects marked by `Block` over several lines, the innermost on one."""
    return str(
        yaml.dump(
            value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None
        )
    )


class Block(dict[str, Any]):
    """An object that is written with a line per key, however short it is."""


class _Loader(yaml.SafeLoader):
    """Composes nodes only; what grows or repeats is refused while it is read, not afterwards."""

    yaml_implicit_resolvers: Any = {}  # noqa: RUF012  (as PyYAML keeps them)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise Unreadable(_("Anchors and aliases (&name, *name) are not taken; write it out."), line)
        if event.tag is not None:
            raise Unreadable(_("Tags (!name) are not taken."), line)
        self._depth += 1
        self._nodes += 1
        if self._depth > DEEPEST:
            raise Unreadable(_("This is nested deeper than %(most)d levels.") % {"most": DEEPEST}, line)
        if self._nodes > MOST_NODES:
            raise Unreadable(_("These are more than %(most)d values.") % {"most": MOST_NODES}, line)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


# Each a part of what PyYAML's own writer takes for such a value, so that it quotes every text that looks like one.
_PLAIN = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,30}([eE][-+][0-9]{1,3})?", "-+0123456789"),
)
for _kind, _pattern, _first in _PLAIN:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"(?:{_pattern})\Z"), list(_first)
    )


def _value(node: yaml.Node, path: str, lines: dict[str, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _object(node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, _inside(path, str(at)), lines) for at, one in enumerate(node.value)]
    return _scalar(node)


def _object(node: yaml.MappingNode, path: str, lines: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable(_("A key is a text."), line)
        if key.value in found:
            raise Unreadable(_("“%(key)s” stands there twice.") % {"key": key.value[:60]}, line)
        lines[_inside(path, key.value)] = line
        found[key.value] = _value(inner, _inside(path, key.value), lines)
    return found


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _scalar(node: yaml.Node) -> Any:
    match node.tag.rpartition(":")[2]:
        case "bool":
            return node.value.lower() == "true"
        case "null":
            return None
        case "int":
            return int(node.value)
        case "float":
            return _finite(node)
    return str(node.value)


def _finite(node: yaml.Node) -> float:
    number = float(node.value)
    if not math.isfinite(number):
        raise Unreadable(_("This number is too large."), node.start_mark.line + 1)
    return number


def _why(problem: str | None) -> str:
    return _("This can't be read as YAML: %(why)s.") % {"why": problem or _("it breaks off")}


class _Dumper(yaml.SafeDumper):
    """Several lines of text stand as they are read; an alias is never written."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _block(dumper: yaml.SafeDumper, value: Block) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=False)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Block, _block)
