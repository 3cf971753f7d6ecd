"""Decisions on a step that failed, could not be run, or whose outcome nobody knows."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import inventory
from releaseorch.runs import engine, services
from releaseorch.runs.models import Attempt, Decision, DeploymentRun, Evidence
from releaseorch.runs.queries import decision_evidence, step_actions, who_must_act
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


@pytest.fixture
def run(cast: Cast, house: House) -> DeploymentRun:
    """2.0.0 is there; the deployment of 2.1.0 says no, and two steps wait for it."""
    inventory.install(
        actor=cast.operator, component=house.claims_web, environment=house.production, target=None,
        version=house.version(house.claims_web, "2.0.0"), source_kind="import", source_id=None, source_name="a list",
    )  # fmt: skip
    run = a.running_run(
        cast.release_manager,
        a.installing(
            "deploy", house.version(house.claims_web, "2.1.0"), "sh", "-c", "echo no room left; exit 4"
        ),
        a.manual("check", after=["deploy"]),
        a.manual("tell", after=["check"]),
        environment=house.production,
    )
    a.carry_out(run, "deploy")
    return run


def decide(run: DeploymentRun, actor: object, kind: str, **more: object) -> None:
    decision = getattr(services, f"{kind}_step")
    decision(actor=actor, step=a.step(run, "deploy"), **{"reason": "Looked at the log.", **more})


def test_what_failed_needs_a_decision_and_leaves_the_inventory_uncertain(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.exit_code, attempt.reason) == ("failed", 4, "It ended with exit code 4.")
    assert a.states(run) == {"deploy": "needs_decision", "check": "pending", "tell": "pending"}
    assert a.installed(house.claims_web, house.production) == "2.0.0 or 2.1.0"
    assert a.waits_of(run) == "Step 1 · deploy: Needs a decision by an operator or a release manager."
    must = who_must_act(run)[0]
    assert (must.step.key, must.who, must.stands_still, must.team) == ("deploy", "Operator", 2, cast.claims)
    evidence = decision_evidence(a.step(run, "deploy"))
    assert evidence.attempt is not None and evidence.attempt.host and evidence.attempt.pid
    assert evidence.attempt.external_id and evidence.attempt.heartbeat_at
    assert (evidence.last_lines, evidence.stands_still, evidence.tries) == ("no room left", 2, 1)


def test_a_machine_does_not_start_it_again(run: DeploymentRun) -> None:
    step = a.step(run, "deploy")
    for token in range(step.token + 2):
        engine.run_step(step.pk, token)
    assert Attempt.objects.filter(step=step).count() == 1


def test_retry_makes_a_new_attempt_and_keeps_the_old_one(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    """Invariant 9."""
    before = a.step(run, "deploy").token
    decide(run, cast.operator, "retry", reason="Made room.")
    step = a.step(run, "deploy")
    assert (step.state, step.token) == ("ready", before + 1)
    engine.run_step(step.pk, before)
    assert Attempt.objects.filter(step=step).count() == 1
    a.carry_out(run, "deploy")
    assert list(Attempt.objects.filter(step=step).values_list("number", "state")) == [
        (1, "failed"),
        (2, "failed"),
    ]
    kept = Decision.objects.get()
    assert (kept.kind, kept.reason, kept.actor) == ("retry", "Made room.", cast.operator)
    assert kept.attempt is not None and kept.attempt.number == 1
    assert Event.objects.get(verb="step.retried").reason == "Made room."


def test_skip_goes_on_and_changes_nothing_in_the_inventory(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    decide(run, cast.operator, "skip")
    assert a.states(run) == {"deploy": "skipped", "check": "ready", "tell": "pending"}
    assert a.installed(house.claims_web, house.production) == "2.0.0 or 2.1.0"
    assert not run.targets.filter(is_active=True).exists()
    finish_the_rest(run, cast)
    assert a.now(run).state == "succeeded_with_exceptions"


def test_mark_done_goes_on_and_says_what_is_there(cast: Cast, house: House, run: DeploymentRun) -> None:
    decide(run, cast.operator, "mark_done", note="Unpacked it by hand, the page shows 2.1.0.")
    assert a.states(run) == {"deploy": "succeeded", "check": "ready", "tell": "pending"}
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert Evidence.objects.get().note == "Unpacked it by hand, the page shows 2.1.0."
    finish_the_rest(run, cast)
    assert a.now(run).state == "succeeded"


def test_take_over_makes_it_the_persons_own_and_a_tool_never_touches_it_again(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    decide(run, cast.operator, "take_over")
    step = a.step(run, "deploy")
    assert (step.state, step.owner, step.is_taken_over, step.is_manual) == (
        "claimed",
        cast.operator,
        True,
        True,
    )
    services.hand_back_step(actor=cast.operator, step=step, reason="Lunch")
    a.carry_out(run, "deploy")
    assert a.step(run, "deploy").state == "ready"
    step = services.take_step(actor=cast.operator, step=a.step(run, "deploy"))
    services.done_step(actor=cast.operator, step=step, note="By hand.")
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert list(Attempt.objects.filter(step=step).values_list("number", "state", "person__name")) == [
        (1, "failed", None), (2, "cancelled", "Olga Petrova"), (3, "succeeded", "Olga Petrova"),
    ]  # fmt: skip


def test_failed_for_good_waits_for_a_release_manager_to_stop_the_run(cast: Cast, run: DeploymentRun) -> None:
    decide(run, cast.operator, "mark_failed")
    assert a.states(run) == {"deploy": "failed", "check": "pending", "tell": "pending"}
    assert a.now(run).state == "running"
    assert a.waits_of(run) == (
        "Nothing can go on after step 1 · deploy failed; waits for a release manager to stop the run."
    )
    services.stop_run(actor=cast.release_manager, run=a.now(run), reason="Not tonight.")
    assert a.now(run).state == "stopped"
    assert a.states(run) == {"deploy": "failed", "check": "cancelled", "tell": "cancelled"}


def test_a_run_whose_last_step_failed_for_good_ends_with_exceptions(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy", *a.BADLY))
    a.carry_out(run, "deploy")
    decide(run, cast.operator, "mark_failed")
    assert a.now(run).state == "succeeded_with_exceptions"


def test_who_may_not_decide_is_told_who_may(cast: Cast, run: DeploymentRun) -> None:
    for nobody in (cast.developer, cast.auditor, cast.outsider):
        with pytest.raises(NotAllowed, match="operator, release manager"):
            decide(run, nobody, "skip")
    refused = step_actions(a.step(run, "deploy"), cast.developer)
    assert [action.verb for action in refused] == ["retry", "take-over", "mark-done", "skip", "mark-failed"]
    assert not any(action.allowed for action in refused)
    assert all(
        action.allowed and action.needs_reason
        for action in step_actions(a.step(run, "deploy"), cast.operator)
    )


def test_a_decision_needs_a_reason(cast: Cast, run: DeploymentRun) -> None:
    with pytest.raises(Invalid):
        decide(run, cast.operator, "skip", reason="")
    assert a.step(run, "deploy").state == "needs_decision"


def test_the_second_decision_is_refused(cast: Cast, run: DeploymentRun) -> None:
    same = a.step(run, "deploy")
    decide(run, cast.operator, "skip")
    with pytest.raises(Conflict):
        services.retry_step(actor=cast.release_manager, step=same, reason="Once more.")
    assert Decision.objects.count() == 1


def finish_the_rest(run: DeploymentRun, cast: Cast) -> None:
    for key in ("check", "tell"):
        step = services.take_step(actor=cast.operator, step=a.step(run, key))
        services.done_step(actor=cast.operator, step=step, note="Fine.")
