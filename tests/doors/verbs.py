"""What the tables of verbs are made of: where a verb starts, who does it, what each door is given, what it leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from tests.factories import House


@dataclass(frozen=True)
class Call:
    """One knock: on which row of which house, by whom, at which version of the row."""

    house: House
    subject: Any
    person: Person
    seen: int | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """What every service with a version takes."""
        return {"actor": self.person, events.kind_of(self.subject): self.subject, "seen": self.seen}


GUARDED = {
    "request",
    "run",
    "step",
    "release",
    "reservation",
    "hold",
    "person",
    "team",
    "freeze",
    "feature",
    "application",
    "component",
    "environment",
    "target",
    "placement",
    "connection",
}
Typed = Mapping[str, Any]
Says = Callable[[Call], Typed]


def nothing(_call: Call) -> Typed:
    return {}


def typed(**values: Any) -> Says:
    """The same words whatever the row."""
    return lambda _call: values


@dataclass(frozen=True)
class Verb:
    """`page` and `api` say what is given there; None: there is no such door (`tests.doors.table.CLOSED` says why).

    `start` makes the row that the verb is done on; `found` finds the one it leaves, where that is another.
    `again`: said twice it counts twice, or changes nothing the second time, so no version guards it.
    `event` is empty where audit isn't told, since nobody else is concerned.
    `unguarded`: no version guards it either, but the second time it is refused.
    """

    name: str
    event: str
    who: str
    start: Callable[[House], Model]
    service: Callable[[Call], Any]
    state: str = ""
    page: Says | None = nothing
    api: Says | None = nothing
    page_path: str = "/{noun}s/{pk}/{verb}"
    api_path: str = "{noun}s/{pk}/{verb}"
    api_method: str = "post"
    found: Callable[[Any], Model] | None = None
    again: bool = False
    unguarded: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def verb(self) -> str:
        return self.name.split(".")[1]

    @property
    def is_guarded(self) -> bool:
        """Whether who presses it says which version of the row they saw."""
        return (
            not (self.again or self.unguarded) and self.found is None and self.name.split(".")[0] in GUARDED
        )

    def path(self, pattern: str, subject: Model) -> str:
        noun = self.name.split(".")[0]
        return pattern.format(noun=noun, pk=subject.pk, verb=self.verb.replace("_", "-"), subject=subject)
