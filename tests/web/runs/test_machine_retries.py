"""From a procedure that lets a machine try again to the pages of its run: what is said, and what people may do."""

import pytest

from releaseorch.core import clock
from releaseorch.runs.models import Step
from releaseorch.runs.queries import step_actions
from releaseorch.waiting import ledger
from tests.api.conftest import program as program  # a fixture
from tests.factories import House
from tests.web.runs import stage

DECISIONS = ("retry", "take-over", "mark-done", "skip", "mark-failed")
STATES = dict(zip(DECISIONS, ("ready", "claimed", "succeeded", "skipped", "failed"), strict=True))


@pytest.fixture
def waiting(house: House) -> Step:
    """It failed once, and a machine tries it again in half a minute at least."""
    first = house.claims_web.procedure.steps.first()
    first.retry, first.effect_class = {"times": 3, "wait_s": 60}, "A"
    first.save()
    _run, step = stage.at_a_decision(house)
    return step


def said(door, person, path: str) -> str:
    return " ".join(door(person).get(path).content.decode().split())


def test_the_run_keeps_what_the_procedure_says(house: House, waiting: Step) -> None:
    assert (waiting.retry_policy, waiting.effect_class) == ({"times": 3, "wait_s": 60}, "A")
    assert (waiting.state, waiting.retries) == ("ready", 1)


def test_everybody_reads_when_it_is_tried_again(house: House, door, program, waiting: Step) -> None:
    sentence = ledger.open_waits("step", [waiting.pk])[waiting.pk].sentence
    assert sentence.startswith("The machine tries again at ")
    assert sentence.endswith(" (1 of 3).")
    for path in (f"/steps/{waiting.pk}", f"/runs/{waiting.run_id}"):
        page = said(door, house.cast.outsider, path)
        assert sentence in page
        assert "Needs a decision" not in page
    page = said(door, house.cast.outsider, f"/steps/{waiting.pk}")
    assert "Tried again by a machine" in page
    assert "3 times" in page
    told = program(house.cast.operator).read(f"steps/{waiting.pk}").json()
    assert told["waits_for"]["sentence"] == sentence
    assert (told["retry_policy"], told["retries"]) == ({"times": 3, "wait_s": 60}, 1)
    assert told["not_before"]


@pytest.mark.parametrize("verb", DECISIONS)
def test_a_person_decides_without_waiting_on_the_page(house: House, door, waiting: Step, verb: str) -> None:
    stage.press(
        door(house.cast.operator),
        f"/steps/{waiting.pk}",
        f"/steps/{waiting.pk}/{verb}",
        reason="The disk is free.",
    )
    now = Step.objects.get(pk=waiting.pk)
    assert (now.state, now.retries, now.not_before) == (STATES[verb], 0, None)


def test_a_person_decides_without_waiting_through_the_api(house: House, program, waiting: Step) -> None:
    asked = {"version": waiting.row_version, "reason": "The disk is free."}
    answer = program(house.cast.operator).call(f"steps/{waiting.pk}/skip", asked)
    assert answer.status_code == 200, answer.content
    assert Step.objects.get(pk=waiting.pk).state == "skipped"


def test_who_may_not_decide_reads_why(house: House, door, waiting: Step) -> None:
    page = said(door, house.cast.outsider, f"/steps/{waiting.pk}")
    assert f'action="/steps/{waiting.pk}/skip"' not in page


def test_once_its_time_has_come_it_waits_for_its_worker_like_any_other(house: House, waiting: Step) -> None:
    assert {action.verb for action in step_actions(waiting, house.cast.operator)} == set(DECISIONS)
    with clock.at(waiting.not_before):
        assert not step_actions(waiting, house.cast.operator)
