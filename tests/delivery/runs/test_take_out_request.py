"""Taking a request out: before the start the plan goes on without it, under way what has not started is dropped."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import composing, services
from releaseorch.delivery.models import Approval
from releaseorch.delivery.states import RequestState, Verdict
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState, StepState
from releaseorch.waiting import ledger
from tests.delivery.runs.stories import by_hand, done, now, running, step
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db
Commits = Callable[[], AbstractContextManager[Any]]


@pytest.mark.parametrize("state", [RunState.DRAFT, RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED])
def test_before_the_start_the_plan_is_a_draft_without_it(house: House, state: RunState) -> None:
    stays, leaves = by_hand(house, "Stays"), by_hand(house, "Leaves")
    run = run_in_state(house, state, requests=[stays, leaves])
    services.take_out_request(
        actor=house.cast.release_manager,
        run=run,
        request=now(leaves),
        reason="Not ready.",
        seen=run.row_version,
    )
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert kept.state == RunState.DRAFT
    assert [one.title for one in kept.steps.all()] == ["Stays"]
    free, held = now(leaves), now(stays)
    assert (free.state, free.run) == (RequestState.APPROVED, None)
    assert (held.state, held.run) == (RequestState.APPROVED, run)
    assert Approval.objects.filter(request=leaves, verdict=Verdict.APPROVED).exists()
    assert "put it in a run" in ledger.open_waits("request", [leaves.pk])[leaves.pk].sentence
    event = Event.objects.get(verb="run.request_taken_out")
    assert (event.reason, event.after["request"]) == ("Not ready.", leaves.pk)


def test_the_only_request_is_not_taken_out(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    request = now(by_hand(house, "Else"))
    with pytest.raises(Conflict, match="not in"):
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=request, reason="Not ready."
        )
    (held,) = composing.requests_of(run)
    with pytest.raises(NotAllowed, match="Cancel the run instead"):
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=held, reason="Not ready."
        )


def test_under_way_a_request_of_which_nothing_started_is_approved_again(
    house: House, commits: Commits
) -> None:
    first, second = by_hand(house, "First"), by_hand(house, "Second")
    with commits():
        run = running(house, first, second)
    with commits():
        run = DeploymentRun.objects.get(pk=run.pk)
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=now(second), reason="Not tonight."
        )
        done(run, "First", house.cast.operator)
    assert step(run, "Second").state == StepState.CANCELLED
    free = now(second)
    assert (free.state, free.run) == (RequestState.APPROVED, None)
    assert now(first).state == RequestState.DEPLOYED
    event = Event.objects.get(verb="run.request_taken_out")
    assert (event.after["carried_over"], event.reason) == (True, "Not tonight.")


def test_under_way_a_request_that_had_begun_stays_and_ends_with_exceptions(
    house: House, commits: Commits
) -> None:
    first, second = by_hand(house, "First"), by_hand(house, "Begin", "End")
    with commits():
        run = running(house, first, second)
        done(run, "Begin", house.cast.operator)
    with commits():
        run = DeploymentRun.objects.get(pk=run.pk)
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=now(second), reason="Not tonight."
        )
    assert now(second).state == RequestState.DEPLOYING
    with commits():
        done(run, "First", house.cast.operator)
    assert now(second).state == RequestState.DEPLOYED_WITH_EXCEPTIONS
    assert now(first).state == RequestState.DEPLOYED


def test_a_step_that_another_request_needs_too_is_kept(house: House, commits: Commits) -> None:
    both = [request_in_state(house, RequestState.APPROVED) for _number in range(2)]
    with commits():
        run = running(house, *both)
    run = DeploymentRun.objects.get(pk=run.pk)
    with pytest.raises(NotAllowed, match="can still be taken out"):
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=now(both[0]), reason="Not tonight."
        )
    assert run.steps.get().state == StepState.READY


def test_it_needs_a_reason_and_the_right(house: House) -> None:
    requests = [by_hand(house, "One"), by_hand(house, "Two")]
    run = run_in_state(house, RunState.DRAFT, requests=requests)
    with pytest.raises(Invalid):
        services.take_out_request(
            actor=house.cast.release_manager, run=run, request=now(requests[0]), reason=""
        )
    with pytest.raises(NotAllowed):
        services.take_out_request(
            actor=house.cast.developer, run=run, request=now(requests[0]), reason="Mine."
        )


def test_it_works_before_the_start_has_been_told(house: House) -> None:
    stays, leaves = by_hand(house, "Stays"), by_hand(house, "Leaves")
    run = running(house, stays, leaves)
    assert now(leaves).state == RequestState.PLANNED
    services.take_out_request(
        actor=house.cast.release_manager, run=run, request=now(leaves), reason="Not tonight."
    )
    assert (now(leaves).state, now(leaves).run) == (RequestState.APPROVED, None)
    assert now(stays).state == RequestState.DEPLOYING
