"""Every verb through every door it has: the same row, the same audit events, whichever way somebody came in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import TestCase

from releaseorch.audit.models import Event
from tests.doors.conftest import Doors, open_doors, rows, taken_back
from tests.doors.next_actor import orphans
from tests.doors.table import CLOSED, VERBS
from tests.doors.verbs import Call, Verb
from tests.web.addresses import routes

pytestmark = pytest.mark.django_db
every_verb = pytest.mark.parametrize("verb", VERBS, ids=str)
DONE = {200, 201, 303}
OTHER_WORDS = {"run-new": "where runs are created", "step-decide": "one form for all decisions on a step"}


def row_of(verb: Verb, call: Call) -> dict[str, Any]:
    """The row that the verb leaves; a row that a verb makes has another id each time."""
    found: Model = (
        verb.found(call.subject) if verb.found else type(call.subject)._base_manager.get(pk=call.subject.pk)
    )
    columns = {field.attname for field in found._meta.concrete_fields} - ({"id"} if verb.found else set())
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


def trace(verb: Verb, call: Call, do: Callable[[], object]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    with taken_back():
        last = Event.objects.latest("id").pk
        with TestCase.captureOnCommitCallbacks(execute=True):
            do()
        assert orphans() == []
        return row_of(verb, call), events_since(last)


@every_verb
def test_each_door_leaves_the_same_row_the_same_events_and_a_next_actor(
    verb: Verb, call: Call, doors: Doors
) -> None:
    fresh = type(call.subject)._base_manager.get(pk=call.subject.pk)
    row, events = trace(verb, call, lambda: verb.service(Call(call.house, fresh, call.person, call.seen)))
    assert [one[0] for one in events].count(verb.event) == 1
    assert events[[one[0] for one in events].index(verb.event)][2] == call.person.pk
    if verb.state:
        assert row["state"] == verb.state
    for door in open_doors(verb):
        assert trace(verb, call, lambda door=door: _through(doors, door)) == (row, events), door


def _through(doors: Doors, door: str) -> None:
    answer = doors.knock(door)
    assert answer.status_code in DONE, answer.content.decode()[-2000:]


@every_verb
def test_an_old_picture_changes_nothing_and_a_second_press_counts_once(
    verb: Verb, call: Call, doors: Doors
) -> None:
    before = rows()
    for door in open_doors(verb):
        if verb.is_guarded:
            _is_refused(door, doors.knock(door, back=1))
            assert rows() == before, door
        with taken_back():
            key = {"Idempotency-Key": "the-same"} if door == "api" else {}
            first = doors.knock(door, **key)
            once = rows()
            assert first.status_code in DONE
            assert once != before
            if key:
                _is_repeated(first, doors.knock(door, **key))
            if not verb.again:
                _is_refused(door, doors.knock(door))
            if key or not verb.again:
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
    nouns = ("request", "run", "step", "feature", "version")
    known = {verb.name.replace(".", "-").replace("_", "-") for verb in VERBS} | set(nouns) | set(OTHER_WORDS)
    pages = {name for _route, name in routes() if name.split("-")[0] in nouns}
    assert pages - known == set()
