"""Unlock, send back, reject, cancel, schedule: what each does to the run, its requests and the approvals."""

from datetime import timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import RequestState, Verdict
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED])
def test_an_unlocked_run_is_a_draft_that_still_holds_its_approved_requests(
    house: House, state: RunState
) -> None:
    run = run_in_state(house, state)
    services.unlock_run(actor=house.cast.release_manager, run=run, reason="The order was wrong.")
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert (kept.state, kept.plan_digest) == (RunState.DRAFT, "")
    request = DeploymentRequest.objects.get(run=run)
    assert request.state == RequestState.APPROVED
    assert Approval.objects.filter(request=request).exists()
    event = Event.objects.get(verb="run.unlocked")
    assert (event.before["state"], event.reason) == (state, "The order was wrong.")
    assert "propose" in ledger.open_waits("run", [run.pk])[run.pk].sentence


def test_a_run_sent_back_keeps_who_said_no_and_why(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    services.send_back_run(actor=house.cast.second_manager, run=run, reason="Claims first.")
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.DRAFT
    said = Approval.objects.get(run=run)
    assert (said.verdict, said.comment) == (Verdict.SENT_BACK, "Claims first.")
    assert DeploymentRequest.objects.get(run=run).state == RequestState.APPROVED


def test_the_requests_of_a_rejected_run_are_free_and_keep_their_approvals(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    request = DeploymentRequest.objects.get(run=run)
    services.reject_run(actor=house.cast.second_manager, run=run, reason="Too much for one night.")
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.state, request.run) == (RequestState.APPROVED, None)
    assert Approval.objects.filter(request=request, verdict=Verdict.APPROVED).exists()
    assert ledger.open_waits("run", [run.pk]) == {}
    assert "put it in a run" in ledger.open_waits("request", [request.pk])[request.pk].sentence
    again = services.compose_run(actor=house.cast.release_manager, requests=[request])
    assert again.pk != run.pk


@pytest.mark.parametrize("state", [RunState.DRAFT, RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED])
def test_the_requests_of_a_run_cancelled_before_its_start_are_free(house: House, state: RunState) -> None:
    run = run_in_state(house, state)
    request = DeploymentRequest.objects.get(run=run)
    services.cancel_run(actor=house.cast.release_manager, run=run, reason="Not this week.")
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.CANCELLED
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.state, request.run) == (RequestState.APPROVED, None)
    assert ledger.open_waits("run", [run.pk]) == {}
    assert Event.objects.filter(verb="run.cancelled").count() == 1


@pytest.mark.parametrize("verb", ["unlock_run", "send_back_run", "reject_run", "cancel_run"])
def test_each_way_back_wants_a_reason(house: House, verb: str) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    with pytest.raises(Invalid) as refused:
        getattr(services, verb)(actor=house.cast.second_manager, run=run, reason="  ")
    assert "reason" in refused.value.fields
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.PROPOSED


@pytest.mark.parametrize("verb", ["unlock_run", "send_back_run", "reject_run", "cancel_run"])
@pytest.mark.parametrize("who", ["developer", "operator", "auditor", "outsider"])
def test_only_release_managers_take_them(house: House, verb: str, who: str) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    with pytest.raises(NotAllowed, match="role"):
        getattr(services, verb)(actor=getattr(house.cast, who), run=run, reason="Because I say so.")


def test_a_scheduled_run_waits_for_its_window(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    begins = clock.now() + timedelta(days=2)
    services.schedule_run(
        actor=house.cast.release_manager,
        run=run,
        window_from=begins,
        window_until=begins + timedelta(hours=4),
    )
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert (kept.state, kept.window_from) == (RunState.SCHEDULED, begins)
    assert ledger.open_waits("run", [run.pk])[run.pk].blocker_kind == "window"


def test_a_run_is_not_scheduled_into_the_past_or_without_a_beginning(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    past = clock.now() - timedelta(days=1)
    for window in (
        {},
        {"window_from": past},
        {"window_from": past, "window_until": past + timedelta(hours=1)},
    ):
        with pytest.raises(Invalid):
            services.schedule_run(actor=house.cast.release_manager, run=run, **window)


def test_a_window_that_was_approved_is_not_replaced_by_another_one(house: House) -> None:
    begins = clock.now() + timedelta(days=1)
    run = run_in_state(house, RunState.DRAFT)
    services.edit_run(
        actor=house.cast.release_manager,
        run=run,
        window_from=begins,
        window_until=begins + timedelta(hours=2),
    )
    services.propose_run(actor=house.cast.release_manager, run=run)
    services.approve_run(actor=house.cast.second_manager, run=run)
    with pytest.raises(NotAllowed, match="approved together with the plan"):
        services.schedule_run(
            actor=house.cast.release_manager, run=run, window_from=begins + timedelta(days=1)
        )
    services.schedule_run(actor=house.cast.release_manager, run=run)
    assert run.state == RunState.SCHEDULED
