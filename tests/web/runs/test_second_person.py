"""Who is asked for a second person, until when, and what was decided alone: on the pages and in the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.executors.base import Unknown
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Step
from releaseorch.runs.store import store
from tests.api.conftest import program as program  # a fixture
from tests.factories import House
from tests.web.runs import stage

Door = Callable[[Person], Client]
WHY = "The host was rebooted."


@pytest.fixture
def lost(house: House) -> Step:
    """In production; nobody knows how the deployment ended."""
    ready = stage.automated(stage.run_of(house, "running"))
    claim = worker.claim_step(ready.pk, ready.token)
    assert claim is not None and store().record_intent(claim, 60)
    endings.finish(claim, Unknown("The worker went silent."))
    return Step.objects.get(pk=ready.pk)


def read(door: Door, person: Person, path: str) -> str:
    return " ".join(door(person).get(path).content.decode().split())


def press(door: Door, person: Person, step: Step, verb: str, **typed: str) -> Any:
    seen = Step.objects.get(pk=step.pk).row_version
    return door(person).post(
        f"/steps/{step.pk}/{verb}", {"version": seen, "reason": WHY, **typed}, follow=True
    )


def test_from_the_question_to_the_review(house: House, door: Door, lost: Step) -> None:
    operator, manager = house.cast.operator, house.cast.release_manager
    step, run = f"/steps/{lost.pk}", f"/runs/{lost.run_id}"
    assert "a second person confirms it first" in read(door, operator, step)
    assert (
        "A second person confirms it first."
        in press(door, operator, lost, "decide", kind="retry").content.decode()
    )
    for path in (step, run):
        page = read(door, manager, path)
        assert "Olga Petrova" in page and "asked to try it again" in page and WHY in page
        assert f'action="{step}/confirm"' in page and f'action="{step}/decline"' in page
        assert f'action="{step}/confirm"' not in read(door, operator, path)  # she reads why not
    assert "Confirm as the second person" in read(door, manager, "/")
    lost.confirmations.update(until=clock.now() - timedelta(minutes=1))
    assert "Decide alone" in read(door, operator, step)
    press(door, operator, lost, "confirm")
    for path in (step, run):
        assert "decided alone to try again what nobody knows the outcome of" in read(door, manager, path)
        assert "alone, not reviewed yet" in read(door, manager, path)
    assert "Review what was decided alone" in read(door, manager, "/")
    press(door, manager, lost, "review")
    assert f"alone, reviewed by {manager}" in read(door, manager, run)
    assert "Review what was decided alone" not in read(door, manager, "/")


def test_the_api_lists_what_waits_for_a_second_person(house: House, program: Any, lost: Step) -> None:
    operator, manager = program(house.cast.operator), program(house.cast.release_manager)
    answer = operator.call(f"steps/{lost.pk}/retry", {"reason": WHY}).json()
    assert (answer["state"], answer["confirmations"][0]["state"]) == ("needs_decision", "asked")
    assert answer["confirmations"][0]["asked_by"]["username"] == house.cast.operator.username
    assert answer["waits_for"]["name"] == "a second person"
    listed = manager.get("/api/v1/steps", {"confirmation": "asked"}).json()["results"]
    assert [one["id"] for one in listed] == [lost.pk]
    done = manager.call(f"steps/{lost.pk}/confirm", {"reason": "I looked too."}).json()
    assert done["state"] == "ready"
    assert done["decisions"][0]["confirmation"]["answer"] == "I looked too."
    assert manager.get("/api/v1/steps", {"confirmation": "asked"}).json()["results"] == []
