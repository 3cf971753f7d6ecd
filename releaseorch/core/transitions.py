"""One table per lifecycle (verb → sources, target), from which transition methods and guarded statements are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _
from django_fsm import TransitionNotAllowed, transition

from releaseorch.core.errors import Conflict

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


def go(row: Model, verb: str) -> None:
    """Make the transition `verb` on the row in memory; raises `Conflict` with its present state in words."""
    try:
        getattr(row, verb)()
    except TransitionNotAllowed as refused:
        said = row.get_state_display()  # type: ignore[attr-defined]
        raise Conflict(
            _("%(what)s is %(state)s now, so this can't be done.") % {"what": row, "state": said}
        ) from refused
