"""A run that starts and ends moves its requests, each by its own steps; told twice, nothing happens twice."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from releaseorch.audit.models import Event
from releaseorch.delivery import hooks, services
from releaseorch.delivery.states import RequestState
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.delivery.runs.stories import by_hand, decided, done, failed, now, running
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
Commits = Callable[[], AbstractContextManager[Any]]


def test_when_the_run_starts_its_requests_are_being_deployed(house: House, commits: Commits) -> None:
    request = by_hand(house, "Switch")
    with commits():
        run = running(house, request)
    assert now(request).state == RequestState.DEPLOYING
    wait = ledger.open_waits("request", [request.pk])[request.pk]
    assert (wait.blocker_id, wait.sentence) == (run.pk, f"Is being deployed by {run}.")


def test_when_all_its_steps_succeeded_a_request_is_deployed(house: House, commits: Commits) -> None:
    request = by_hand(house, "Switch", "Look")
    with commits():
        run = running(house, request)
        done(run, "Switch", house.cast.operator)
        done(run, "Look", house.cast.operator)
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.SUCCEEDED
    after = now(request)
    assert (after.state, after.run_id) == (RequestState.DEPLOYED, run.pk)
    assert after.closed_at is not None
    assert ledger.open_waits("request", [request.pk]) == {}
    assert Event.objects.filter(verb="request.deployed", subject_id=request.pk).count() == 1


def test_a_skipped_step_makes_it_deployed_with_exceptions_that_are_named(
    house: House, commits: Commits
) -> None:
    request = by_hand(house, "Switch", "Look")
    with commits():
        run = running(house, request)
        done(run, "Switch", house.cast.operator)
        failed(run, "Look", house.cast.operator)
        decided(run, "Look", house.cast.operator, "skip")
    after = now(request)
    assert after.state == RequestState.DEPLOYED_WITH_EXCEPTIONS
    assert "Look" in after.last_reason


def test_each_request_ends_by_its_own_steps_alone(house: House, commits: Commits) -> None:
    good, bad, untouched = by_hand(house, "Good"), by_hand(house, "Bad"), by_hand(house, "Later", "Latest")
    with commits():
        run = running(house, good, bad, untouched)
        done(run, "Good", house.cast.operator)
        failed(run, "Bad", house.cast.operator)
        decided(run, "Bad", house.cast.operator, "mark_failed")
        runs.stop_run(
            actor=house.cast.release_manager, run=DeploymentRun.objects.get(pk=run.pk), reason="It is late."
        )
    assert now(good).state == RequestState.DEPLOYED
    assert now(bad).state == RequestState.FAILED
    assert "Bad" in now(bad).last_reason
    free = now(untouched)
    assert (free.state, free.run) == (RequestState.APPROVED, None)
    assert "put it in a run" in ledger.open_waits("request", [free.pk])[free.pk].sentence


def test_what_was_begun_and_given_up_makes_the_request_fail(house: House, commits: Commits) -> None:
    request = by_hand(house, "Switch", "Look")
    with commits():
        run = running(house, request)
        failed(run, "Switch", house.cast.operator)
        runs.stop_run(
            actor=house.cast.release_manager, run=DeploymentRun.objects.get(pk=run.pk), reason="It is late."
        )
    after = now(request)
    assert after.state == RequestState.FAILED
    assert "given up" in after.last_reason


def test_a_request_that_waits_for_the_next_run_can_be_put_in_one_with_its_approvals(
    house: House, commits: Commits
) -> None:
    request = by_hand(house, "Switch")
    with commits():
        run = running(house, request)
        runs.stop_run(actor=house.cast.release_manager, run=run, reason="It is late.")
    again = services.compose_run(actor=house.cast.release_manager, requests=[now(request)])
    assert again.pk != run.pk
    assert now(request).run == again


def test_a_failed_request_is_tried_again_in_another_run(house: House, commits: Commits) -> None:
    request = by_hand(house, "Switch")
    with commits():
        run = running(house, request)
        failed(run, "Switch", house.cast.operator)
        decided(run, "Switch", house.cast.operator, "mark_failed")
    assert now(request).state == RequestState.FAILED
    with commits():
        services.retry_request(actor=house.cast.developer, request=now(request), reason="Fixed the cable.")
        again = running(house, now(request))
        done(again, "Switch", house.cast.operator)
    assert now(request).state == RequestState.DEPLOYED


def test_a_run_cancelled_by_the_engine_before_its_start_frees_its_requests(
    house: House, commits: Commits
) -> None:
    request = by_hand(house, "Switch")
    with commits():
        run = services.compose_run(actor=house.cast.release_manager, requests=[request])
        services.propose_run(actor=house.cast.release_manager, run=run)
        runs.cancel_run(actor=house.cast.release_manager, run=run, reason="Not this week.")
    after = now(request)
    assert (after.state, after.run) == (RequestState.APPROVED, None)


def test_told_twice_or_late_the_requests_move_once(house: House, commits: Commits) -> None:
    request = by_hand(house, "Switch")
    run = running(house, request)
    done(run, "Switch", house.cast.operator)
    ended = Event.objects.get(verb="run.succeeded")
    for _again in range(2):
        hooks.on_ended(ended)  # the start was not delivered yet
        hooks.on_started(Event.objects.get(verb="run.started"))
    assert now(request).state == RequestState.DEPLOYED
    assert Event.objects.filter(verb="request.deployed").count() == 1
    assert Event.objects.filter(verb="request.deploying").count() == 1


def test_a_step_that_two_requests_share_counts_for_both(house: House, commits: Commits) -> None:
    house.claims_web.procedure = None  # then it is deployed by hand
    house.claims_web.save()
    both = [request_in_state(house, RequestState.APPROVED) for _number in range(2)]
    with commits():
        run = running(house, *both)
        shared = run.steps.get()
        done(run, shared.title, house.cast.operator)
    assert {now(request).state for request in both} == {RequestState.DEPLOYED}
