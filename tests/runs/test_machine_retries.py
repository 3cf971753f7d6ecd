"""A machine tries again what its procedure lets it: later each time, and only so often, or until a person decides."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releaseorch.audit.models import Event
from releaseorch.catalog.retrying import LONGEST_WAIT_S, MOST_TIMES, RetryPolicy
from releaseorch.core import clock
from releaseorch.executors.base import Cancelled, Done, Errored, Failed, Result, Unknown
from releaseorch.runs import housekeeping, plans, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.runs import builders as a

THRICE = {"times": 3, "wait_s": 60, "at_most_s": 180}
NOTHING_BEGAN = Errored("The folder can't be prepared.")
NO = Failed("It said no.", 1)
DECISIONS = (
    ("retry_step", "ready"),
    ("skip_step", "skipped"),
    ("take_over_step", "claimed"),
    ("mark_done_step", "succeeded"),
    ("mark_failed_step", "failed"),
)


def begun(cast: Cast, policy: dict[str, Any], effect_class: str = "A", **values: Any) -> DeploymentRun:
    step = a.automated("deploy", retry_policy=policy, effect_class=effect_class, **values)
    return a.running_run(cast.release_manager, step, a.manual("tell", after=["deploy"]))


def claimed(run: DeploymentRun, *, with_intent: bool = True) -> Claim:
    step = a.step(run, "deploy")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    assert not with_intent or store().record_intent(claim, 60)
    return claim


def ended(run: DeploymentRun, result: Result, *, with_intent: bool = True) -> str:
    assert endings.finish(claimed(run, with_intent=with_intent), result)
    return a.states(run)["deploy"]


def test_it_waits_longer_each_time_and_then_a_person_is_asked(cast: Cast) -> None:
    now = clock.now()
    run = begun(cast, THRICE)
    for number, longest in enumerate((60, 120, 180), start=1):
        with clock.at(now):
            assert ended(run, NO) == "ready"
            step = a.step(run, "deploy")
            assert step.not_before is not None
            assert step.retries == number
            assert longest / 2 <= (step.not_before - now).total_seconds() <= longest
            assert a.waits_of(run, "deploy").endswith(f"({number} of 3).")
            assert a.waits_of(run, "deploy").startswith("The machine tries again at ")
            assert a.waits_of(run) == f"Step 1 · deploy: {a.waits_of(run, 'deploy')}"
            assert worker.claim_step(step.pk, step.token) is None
            assert housekeeping.due_for_a_nudge() == []
        now = step.not_before
        with clock.at(now):
            assert [due.pk for due in housekeeping.due_for_a_nudge()] == [step.pk]
    with clock.at(now):
        assert ended(run, NO) == "needs_decision"
    assert list(step.attempts.order_by("number").values_list("number", "state")) == [
        (number, "failed") for number in range(1, 5)
    ]
    told = Event.objects.filter(verb="step.backed_off", subject_id=step.pk).order_by("id")
    assert [(one.after["retry"], one.reason) for one in told] == [(n, "It said no.") for n in (1, 2, 3)]


def test_what_succeeds_at_the_second_try_goes_on_and_leaves_nothing_uncertain(
    cast: Cast, house: House
) -> None:
    version = house.version(house.claims_web, "2.1.0")
    policy = {"retry_policy": THRICE, "effect_class": "A"}
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", version, "sh", "-c", "exit 3", **policy),
        environment=house.production,
    )
    assert a.carry_out(run, "deploy").state == "ready"
    assert a.installed(house.claims_web, house.production) == "nothing or 2.1.0"
    step = a.step(run, "deploy")
    step.parameters = {"argv": ["true"]}
    step.inputs_digest = plans.inputs_digest("shell", step.parameters, version.digest)
    step.save()
    with clock.at(clock.now() + timedelta(seconds=60)):
        assert a.carry_out(run, "deploy").state == "succeeded"
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert a.now(run).state == "succeeded"


@pytest.mark.parametrize(
    ("effect_class", "when", "result", "with_intent", "state"),
    [
        ("A", "failed", NO, True, "ready"),
        ("A", "failed", NOTHING_BEGAN, True, "ready"),
        ("A", "could_not_run", NO, True, "needs_decision"),
        ("A", "could_not_run", NOTHING_BEGAN, True, "ready"),
        ("D", "failed", NO, True, "needs_decision"),
        ("D", "could_not_run", NO, True, "needs_decision"),
        ("D", "could_not_run", NOTHING_BEGAN, False, "ready"),
        ("D", "could_not_run", NOTHING_BEGAN, True, "needs_decision"),  # once intent was recorded, never
        ("A", "failed", Unknown("No answer."), True, "needs_decision"),
        ("A", "failed", Cancelled(), True, "needs_decision"),
    ],
)
def test_only_what_is_safe_is_tried_again(
    cast: Cast, effect_class: str, when: str, result: Result, with_intent: bool, state: str
) -> None:
    run = begun(cast, THRICE | {"when": when}, effect_class)
    assert ended(run, result, with_intent=with_intent) == state


def test_a_tool_that_says_itself_that_it_may_be_repeated_needs_no_declaration(cast: Cast) -> None:
    asked = {"method": "POST", "url": "https://desk.example/deploy", "idempotency_header": "Idempotency-Key"}
    for parameters, state in ((asked, "ready"), (asked | {"idempotency_header": ""}, "needs_decision")):
        run = begun(cast, THRICE, "D", executor="http", parameters=parameters)
        assert ended(run, NO) == state


def test_a_worker_that_died_three_times_before_it_began_is_asked_of_a_person(cast: Cast) -> None:
    run = begun(cast, THRICE | {"when": "could_not_run"})
    for _number in range(4):
        assert store().heartbeat(claimed(run, with_intent=False), -20) is not None
        assert housekeeping.reap() == 1
    assert a.states(run)["deploy"] == "needs_decision"


def test_lost_workers_take_nothing_from_what_a_machine_may_try_again(cast: Cast) -> None:
    run = begun(cast, THRICE | {"when": "could_not_run"}, "D")
    for _number in range(3):
        assert store().heartbeat(claimed(run, with_intent=False), -20) is not None
        assert housekeeping.reap() == 1
    assert ended(run, NOTHING_BEGAN, with_intent=False) == "ready"
    assert a.step(run, "deploy").retries == 1


def test_a_run_that_is_being_cancelled_tries_nothing_again(cast: Cast) -> None:
    run = begun(cast, THRICE)
    claim = claimed(run)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Not tonight.")
    endings.finish(claim, NO)
    assert a.now(run).state == "cancelled"


@pytest.mark.parametrize(("verb", "state"), DECISIONS)
def test_a_person_decides_at_once_instead(cast: Cast, verb: str, state: str) -> None:
    run = begun(cast, THRICE)
    ended(run, NO)
    waiting = a.step(run, "deploy")
    getattr(services, verb)(actor=cast.operator, step=waiting, reason="I looked at it.")
    step = a.step(run, "deploy")
    assert (step.state, step.retries, step.not_before) == (state, 0, None)
    if verb == "retry_step":
        assert a.waits_of(run, "deploy") == "Waits for a worker."
        assert ended(run, NO) == "ready"  # and the machine has its three tries again


def test_a_step_that_only_waits_for_a_worker_is_not_decided_on(cast: Cast) -> None:
    run = begun(cast, THRICE)
    with pytest.raises(Exception, match="is ready now"):
        services.skip_step(actor=cast.operator, step=a.step(run, "deploy"), reason="I looked at it.")


def test_a_paused_run_keeps_the_moment(cast: Cast) -> None:
    run = begun(cast, THRICE)
    services.pause_run(actor=cast.operator, run=a.now(run))
    resumed = a.now(run)
    assert a.waits_of(run, "deploy") == "The run is paused."
    services.resume_run(actor=cast.operator, run=resumed)
    ended(run, NO)
    services.pause_run(actor=cast.operator, run=a.now(run))
    services.resume_run(actor=cast.operator, run=a.now(run))
    assert a.waits_of(run, "deploy").endswith("(1 of 3).")


@given(
    st.integers(1, MOST_TIMES),
    st.integers(1, LONGEST_WAIT_S),
    st.integers(1, LONGEST_WAIT_S),
    st.floats(0, 1),
)
def test_the_pause_grows_is_capped_and_never_shorter_than_half(
    number: int, wait_s: int, at_most_s: int, drawn: float
) -> None:
    policy = RetryPolicy(MOST_TIMES, wait_s, at_most_s)
    pause = policy.pause_s(number, lambda: drawn)
    assert 0 < policy.longest_s(number) / 2 <= pause <= policy.longest_s(number) <= at_most_s
    assert policy.longest_s(1) == min(wait_s, at_most_s)
    assert policy.longest_s(number) <= policy.longest_s(number + 1) <= 2 * policy.longest_s(number)


def test_an_approver_signs_how_often_a_machine_tries_again(cast: Cast) -> None:
    plain, retried = (
        plans.PlanIn((a.automated("deploy", **more)[0],)) for more in ({}, {"retry_policy": THRICE})
    )
    assert plans.digest(plain) != plans.digest(retried)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_each_try_of_a_machine_follows_a_known_failure(cast: Cast, seed: int) -> None:
    dice, run = random.Random(seed), begun(cast, {"times": 2})
    results = [NO, NO, NOTHING_BEGAN, Unknown("No answer."), Done()]
    for _move in range(18):
        step = a.step(run, "deploy")
        if step.state == "succeeded":
            services.retry_from_step(actor=cast.operator, step=step, reason="Once more.")
        elif step.state == "needs_decision" or (step.not_before and dice.random() < 0.2):
            services.retry_step(actor=cast.operator, step=step, reason="Once more.")
        else:
            step.not_before = None
            step.save()
            ended(run, dice.choice(results), with_intent=dice.random() < 0.8)
        assert broken() == []
    assert Event.objects.filter(verb="step.backed_off").count() > 1
