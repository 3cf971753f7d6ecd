"""One table per lifecycle (verb → sources, target), from which transition methods and guarded statements are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django_fsm import transition

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Move:
    """From any of `sources` to `target`."""

    sources: frozenset[str]
    target: str


def move(target: str, *sources: str) -> Move:
    return Move(frozenset(str(source) for source in sources), str(target))


def moves(table: Mapping[str, Move], verb: str) -> Callable[[F], F]:
    """Decorate the transition method of `verb`; its field is called `state`."""
    entry = table[verb]
    return transition(field="state", source=sorted(entry.sources), target=entry.target)
