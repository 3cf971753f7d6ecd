"""Approved requests are put into a draft run, from its plan or from the board."""

from collections.abc import Callable
from typing import Any

import pytest

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import composing, run_queries, services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.delivery.runs.stories import by_hand, now
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db
Door = Callable[[Person], Any]


@pytest.fixture
def run(house: House) -> DeploymentRun:
    return run_in_state(house, RunState.DRAFT, requests=[by_hand(house, "Call them")])


def add(house: House, run: DeploymentRun, *requests: DeploymentRequest) -> Any:
    return services.add_request(
        actor=house.cast.second_manager, run=run, requests=requests, seen=run.row_version
    )


def titles(run: DeploymentRun) -> list[str]:
    return sorted(run.steps.values_list("title", flat=True))


def test_the_plan_is_computed_anew_and_edits_are_made_again(house: House, run: DeploymentRun) -> None:
    rita = house.cast.release_manager
    services.add_step(actor=rita, run=run, title="Fetch coffee", reason="It is a long night.")
    one, other = by_hand(house, "Tell everybody"), by_hand(house, "Look at it")
    answer = add(house, run, one, other)
    assert (answer.has_changed, answer.lost) == (True, [])
    assert titles(run) == ["Call them", "Fetch coffee", "Look at it", "Tell everybody"]
    assert [held.pk for held in composing.requests_of(run)][1:] == [one.pk, other.pk]
    assert now(one).state == RequestState.APPROVED
    assert f"to propose {run}" in ledger.open_waits("request", [one.pk])[one.pk].sentence
    event = Event.objects.get(verb="run.request_added")
    assert (event.actor_id, event.after["requests"]) == (house.cast.second_manager.pk, [one.pk, other.pk])
    assert Event.objects.filter(verb="request.put_in_run", subject_id__in=[one.pk, other.pk]).count() == 2


def test_who_added_a_request_does_not_approve_the_run(house: House, run: DeploymentRun) -> None:
    add(house, run, by_hand(house, "Tell everybody"))
    services.propose_run(actor=house.cast.release_manager, run=run)
    with pytest.raises(NotAllowed, match="You were the last to edit this plan"):
        services.approve_run(actor=house.cast.second_manager, run=run)


def test_an_approved_run_is_corrected_after_it_was_unlocked(house: House) -> None:
    rita, sven = house.cast.release_manager, house.cast.second_manager
    run = run_in_state(house, RunState.APPROVED, requests=[by_hand(house, "Call them")])
    forgotten = by_hand(house, "Tell everybody")
    with pytest.raises(Conflict, match="Unlock it to change it"):
        add(house, run, forgotten)
    services.unlock_run(actor=rita, run=run, reason="One is missing.")
    services.add_request(actor=rita, run=run, requests=[forgotten])
    services.propose_run(actor=rita, run=run)
    services.approve_run(actor=sven, run=run)
    assert (run.state, now(forgotten).state) == (RunState.APPROVED, RequestState.PLANNED)


def test_what_cannot_be_added_is_named_and_nothing_is(house: House, run: DeploymentRun) -> None:
    fits, held = by_hand(house, "Fits"), by_hand(house, "Held")
    other = run_in_state(house, RunState.DRAFT, requests=[held], title="Friday")
    elsewhere = request_in_state(house, RequestState.APPROVED, environment=house.acceptance)
    (own,) = composing.requests_of(run)
    refused = [
        (held, Conflict, f"is in {other} already"),
        (own, Conflict, f"is in {run} already"),
        (request_in_state(house, RequestState.SUBMITTED), Conflict, "only approved requests"),
        (elsewhere, Invalid, "is for Acceptance; this run is for Production"),
    ]
    for request, error, sentence in refused:
        with pytest.raises(error, match=sentence):
            add(house, run, fits, request)
    with pytest.raises(Invalid, match="at least one"):
        add(house, run)
    assert (now(fits).run, titles(run)) == (None, ["Call them"])
    assert not Event.objects.filter(verb="run.request_added").exists()


def test_the_plan_offers_what_is_approved_for_its_environment(
    house: House, run: DeploymentRun, door: Door
) -> None:
    assert _action(run, house).why_not == "No approved request for Production is free."
    request_in_state(house, RequestState.APPROVED, environment=house.acceptance)
    request_in_state(house, RequestState.SUBMITTED)
    fits = by_hand(house, "Tell everybody")
    (field,) = _action(run, house).fields
    assert [value for value, _label in field.choices] == [str(fits.pk)]
    client = door(house.cast.second_manager)
    values = {"version": run.row_version}
    nothing = client.post(f"/runs/{run.pk}/add-request", values)
    assert (nothing.status_code, "at least one approved request" in nothing.content.decode()) == (422, True)
    answer = client.post(f"/runs/{run.pk}/add-request", {**values, "request": fits.pk}, follow=True)
    page = answer.content.decode()
    assert "Added; the plan is computed anew." in page
    assert f"added request #{fits.pk}" in page


def test_the_board_puts_the_picked_ones_into_a_draft(house: House, run: DeploymentRun, door: Door) -> None:
    picked = [by_hand(house, "Tell everybody"), by_hand(house, "Look at it")]
    board = f"/board?environment={house.production.pk}"
    button = f'value="{run.row_version}" formaction="/runs/{run.pk}/add-request"'
    assert button in door(house.cast.release_manager).get(board).content.decode()
    assert "add-request" not in door(house.cast.developer).get(board).content.decode()
    answer = door(house.cast.release_manager).post(
        f"/runs/{run.pk}/add-request",
        {"request": [one.pk for one in picked], "version": run.row_version, "back": board},
    )
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.pk}")
    assert [now(one).run for one in picked] == [run, run]


def _action(run: DeploymentRun, house: House) -> Any:
    found = run_queries.actions_for(run, house.cast.release_manager)
    return next(action for action in found if action.verb == "add_request")
