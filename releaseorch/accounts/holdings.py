"""What people and teams hold in the apps above: each app registers how its part is listed and handed over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from releaseorch.accounts.models import Person, Team


@dataclass(frozen=True)
class Holding:
    """One thing that somebody holds: `kind` and `id` are its soft reference, `what` says it in words."""

    desk: str
    kind: str
    id: int
    what: str

    @property
    def key(self) -> str:
        return f"{self.desk}-{self.id}"


class Desk(Protocol):
    """How one app lists what a person holds, and hands one of it over."""

    to_teams: bool

    def held_by(self, person: Person) -> Iterable[Holding]: ...

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        """Inside the transaction of the verb; raises `NotAllowed` when `to` may not have it."""


_desks: dict[str, Desk] = {}
# What keeps a team from being retired, as sentences; empty when nothing does.
Ties = Callable[[Team], list[str]]
_ties: dict[str, Ties] = {}


def register(name: str, desk: Desk) -> None:
    _desks[name] = desk


def register_ties(name: str, ties: Ties) -> None:
    _ties[name] = ties


def desk(name: str) -> Desk:
    return _desks[name]


def held_by(person: Person) -> list[Holding]:
    """All open work of the person, in the order in which it may be locked: steps come before requests."""
    return [holding for one in _desks.values() for holding in one.held_by(person)]


def ties_of(team: Team) -> list[str]:
    return [sentence for ties in _ties.values() for sentence in ties(team)]
