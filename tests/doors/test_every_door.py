"""Every verb through every door it has: the same row, the same audit events, whichever way somebody came in."""

from typing import Any

import pytest
from django.db.models import Model
from django.test import TestCase

from releaseorch.audit.models import Event
from tests.doors.conftest import Doors, open_doors, rows, taken_back
from tests.doors.next_actor import orphans
from tests.doors.own_verbs import OWN_VERBS
from tests.doors.table import CLOSED, VERBS
from tests.doors.verbs import Call, Verb
from tests.web.addresses import routes

pytestmark = pytest.mark.django_db
RANDOM = {"password"}  # who has none has another text there each time
KEY = {"Idempotency-Key": "the-same"}  # pages take no notice of it
DONE = {200, 201, 303}
OTHER_WORDS = {
    "run-new": "where runs are created",
    "step-decide": "one form for all decisions on a step",
    "person-grant": "where roles are granted",
    "team-grant": "where roles are granted",
    "environment-compare": "where two of them are looked at",
    "request-plan": "what it would do, a part of its page",
    "hold-newest": "where the banner leads",
}


def row_of(verb: Verb, call: Call) -> dict[str, Any]:
    """The row that the verb leaves; a row that a verb makes has another id each time."""
    found: Model = (
        verb.found(call.subject) if verb.found else type(call.subject)._base_manager.get(pk=call.subject.pk)
    )
    columns = {field.attname for field in found._meta.concrete_fields} - RANDOM
    columns -= {"id"} if verb.found else set()
    return {name: getattr(found, name) for name in columns}


def events_since(last: int) -> list[tuple[Any, ...]]:
    """Everything that audit keeps, but ids: of events, and of what is told by its id."""
    found = Event.objects.filter(id__gt=last).order_by("id")
    return [
        (
            one.verb,
            one.subject_kind,
            one.actor_id,
            one.actor_name,
            one.reason,
            worded(one.before),
            worded(one.after),
        )
        for one in found
    ]


def worded(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in {"comment", "run"}}


Trace = tuple[dict[str, Any], list[tuple[Any, ...]]]


def left_since(last: int, verb: Verb, call: Call) -> Trace:
    """Row and events after it was done; somebody acts next on everything that isn't over."""
    assert orphans() == []
    return row_of(verb, call), events_since(last)


@pytest.mark.parametrize("verb", [*VERBS, *OWN_VERBS], ids=str)
def test_each_door_does_the_same_once_and_nothing_from_an_old_picture(
    verb: Verb, call: Call, doors: Doors
) -> None:
    last = Event.objects.latest("id").pk
    expected = through_the_service(verb, call, last)
    for door in open_doors(verb):
        if verb.is_guarded:
            old_picture_is_refused(doors, door)
        with taken_back():
            first = doors.knock(door, **KEY)
            assert first.status_code in DONE, first.content.decode()[-2000:]
            assert left_since(last, verb, call) == expected, door
            second_press_counts_once(verb, doors, door, first)


def through_the_service(verb: Verb, call: Call, last: int) -> Trace:
    subject = type(call.subject)._base_manager.get(pk=call.subject.pk)
    with taken_back():
        with TestCase.captureOnCommitCallbacks(execute=True):
            verb.service(Call(call.house, subject, call.person, call.seen))
        row, events = left_since(last, verb, call)
    if verb.event:
        (own,) = [event for event in events if event[0] == verb.event]
        assert own[2] == call.person.pk
    if verb.state:
        assert row["state"] == verb.state
    return row, events


def old_picture_is_refused(doors: Doors, door: str) -> None:
    before = rows()
    _is_refused(door, doors.knock(door, back=1))
    assert rows() == before, door


def second_press_counts_once(verb: Verb, doors: Doors, door: str, first: Any) -> None:
    once = rows()
    if door == "api":
        _is_repeated(first, doors.knock(door, **KEY))
    if not verb.again:
        _is_refused(door, doors.knock(door))
    assert rows() == once, door


def _is_repeated(first: Any, again: Any) -> None:
    """The stored answer, and no second effect."""
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotency-Replayed"] == "true"


def _is_refused(door: str, answer: Any) -> None:
    assert answer.status_code == 409, f"{door}: {answer.status_code} {answer.content.decode()[-1000:]}"
    assert answer["Content-Type"].startswith("text/html" if door == "page" else "application/problem+json")


def test_a_door_is_closed_for_a_reason_only() -> None:
    closed = {(verb.name, door) for verb in VERBS for door in ("page", "api") if getattr(verb, door) is None}
    assert closed == set(CLOSED)


def test_every_address_of_a_verb_is_in_the_table() -> None:
    nouns = (
        "person",
        "team",
        "request",
        "run",
        "step",
        "release",
        "feature",
        "version",
        "reservation",
        "freeze",
        "hold",
        "application",
        "component",
        "procedure",
        "environment",
        "target",
        "placement",
        "connection",
        "policy",
    )
    known = {verb.name.replace(".", "-").replace("_", "-") for verb in VERBS} | set(nouns) | set(OTHER_WORDS)
    pages = {name for _route, name in routes() if name.split("-")[0] in nouns}
    assert pages - known == set()
