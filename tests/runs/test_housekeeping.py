"""What the housekeeper repairs: lost messages are sent again, silent workers are noticed."""

from datetime import timedelta

import pytest
from celery import current_app

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.executors.base import Done
from releaseorch.runs import housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


@pytest.fixture
def run(cast: Cast, house: House) -> DeploymentRun:
    return a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0")),
        a.manual("tell", after=["deploy"]),
        environment=house.production,
    )


def claim_of(run: DeploymentRun, key: str = "deploy") -> Claim:
    step = a.step(run, key)
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    return claim


def silent_for(claim: Claim, seconds: float) -> None:
    """The lease ended this long ago, in the database's time."""
    assert store().heartbeat(claim, -seconds) is not None


def asked(claim: Claim, times: int) -> None:
    """So often workers have been asked what became of it."""
    assert Attempt.objects.filter(pk=claim.attempt_id).update(asks=times)


def test_a_nudge_that_was_lost_is_sent_again_ever_more_rarely(run: DeploymentRun) -> None:
    start = a.step(run, "deploy").nudged_at
    assert start is not None
    sent = []
    for second in range(0, 400, 10):
        with clock.at(start + timedelta(seconds=second)):
            if housekeeping.sweep():
                sent.append(second)
    assert sent == [30, 90, 210]
    assert a.step(run, "deploy").nudges == 3


def test_only_what_a_worker_may_claim_is_nudged(cast: Cast, run: DeploymentRun) -> None:
    later = clock.now() + timedelta(hours=1)
    manual = a.running_run(cast.release_manager, a.manual("tell"))
    not_yet = a.running_run(cast.release_manager, a.automated("late"))
    Step.objects.filter(run=not_yet).update(not_before=later + timedelta(hours=1))
    paused = a.running_run(cast.release_manager, a.automated("deploy"))
    services.pause_run(actor=cast.operator, run=a.now(paused))
    with clock.at(later):
        assert [step.pk for step in housekeeping.due_for_a_nudge()] == [a.step(run, "deploy").pk]
    assert a.states(manual) == {"tell": "ready"}


def test_a_worker_lost_before_its_intent_did_nothing_so_the_step_is_queued_again(run: DeploymentRun) -> None:
    """Invariant 7: at most three times, then a person."""
    for number in range(1, 4):
        silent_for(claim_of(run), 20)
        assert housekeeping.reap() == 1
        step = a.step(run, "deploy")
        assert (step.state, step.requeues, step.started_at) == ("ready", number, None)
        assert a.last_attempt(run, "deploy").state == "errored"
        assert a.waits_of(run, "deploy") == "Waits for a worker."
    silent_for(claim_of(run), 20)
    assert housekeeping.reap() == 1
    assert a.step(run, "deploy").state == "needs_decision"
    assert list(Attempt.objects.values_list("number", "state")) == [(n, "errored") for n in (1, 2, 3, 4)]
    assert Event.objects.filter(verb="step.requeued").count() == 3


def test_a_worker_lost_after_its_intent_leaves_an_unknown_outcome(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    claim = claim_of(run)
    assert store().record_intent(claim, 60)
    silent_for(claim, 10)
    assert housekeeping.reap() == 0  # still within the grace
    silent_for(claim, 20)
    assert housekeeping.reap() == housekeeping.reap() == 0  # workers are asked what became of it
    assert a.step(run, "deploy").state == "running"
    asked(claim, housekeeping.MOST_ASKS - 1)
    assert housekeeping.reap() == 0
    asked(claim, housekeeping.MOST_ASKS)
    assert housekeeping.reap() == 1
    assert housekeeping.reap() == 0
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, a.step(run, "deploy").state) == ("unknown", "needs_decision")
    assert "went silent after it had begun; nobody knows the outcome." in attempt.reason
    assert a.installed(house.claims_web, house.production) == "nothing or 2.1.0"
    assert a.waits_of(run, "deploy") == "Needs a decision by an operator or a release manager."


def test_a_worker_that_comes_back_before_it_is_given_up_goes_on(run: DeploymentRun) -> None:
    claim = claim_of(run)
    silent_for(claim, 20)
    assert store().heartbeat(claim, 60) is False
    assert housekeeping.reap() == 0
    assert endings.finish(claim, Done())
    assert a.step(run, "deploy").state == "succeeded"


def test_a_worker_lost_in_a_run_that_is_being_cancelled_ends_it_when_nothing_had_happened(
    cast: Cast, run: DeploymentRun
) -> None:
    claim = claim_of(run)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    silent_for(claim, 20)
    housekeeping.reap()
    assert (a.now(run).state, a.states(run)["deploy"]) == ("cancelled", "cancelled")


def test_work_by_hand_has_no_lease(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.manual("tell"))
    services.take_step(actor=cast.operator, step=a.step(run, "tell"))
    assert housekeeping.reap() == 0
    assert a.step(run, "tell").state == "claimed"


def test_clocks_that_differ_lose_no_completion(cast: Cast, house: House, run: DeploymentRun) -> None:
    """Invariant 13: the worker's clock is ten minutes behind the one that started the run."""
    with clock.at(clock.now() - timedelta(minutes=10)):
        claim = claim_of(run)
        assert store().record_intent(claim, 60)
        assert housekeeping.reap() == 0
        assert endings.finish(claim, Done())
    assert a.states(run) == {"deploy": "succeeded", "tell": "ready"}
    assert a.installed(house.claims_web, house.production) == "2.1.0"


def test_every_process_of_django_knows_the_broker() -> None:
    """The housekeeper and scripts nudge too, not only web and workers."""
    assert current_app.main == "releaseorch"
