"""Again from a step that is over: it and everything after it, with second thoughts about what may be repeated."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.executors.base import Unknown
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, Decision, DeploymentRun
from releaseorch.runs.queries import step_actions
from releaseorch.runs.store import store
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.runs import builders as a

WHY = "The database was an old one."


@pytest.fixture
def run(cast: Cast, house: House) -> DeploymentRun:
    """deploy → check → tell, and `call` beside them; deploy is done, check says no."""
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0")),
        a.automated("check", *a.BADLY, after=["deploy"]),
        a.manual("tell", after=["check"]),
        a.manual("call"),
        environment=house.production,
    )
    for key in ("deploy", "check"):
        a.carry_out(run, key)
    return run


def again(run: DeploymentRun, actor: object, key: str = "deploy", reason: str = WHY) -> None:
    services.retry_from_step(actor=actor, step=a.step(run, key), reason=reason)
    assert broken() == []


def held(run: DeploymentRun) -> list[str]:
    return list(run.targets.filter(is_active=True).values_list("component__name", flat=True))


def test_what_is_after_it_waits_again_and_what_is_beside_it_goes_on(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    assert held(run) == []
    again(run, cast.operator)
    assert a.states(run) == {"deploy": "ready", "check": "pending", "tell": "pending", "call": "ready"}
    assert held(run) == ["claims-web"]
    assert a.waits_of(run, "deploy") == "Waits for a worker."
    a.carry_out(run, "deploy")
    a.carry_out(run, "check")
    assert a.states(run)["check"] == "needs_decision"
    numbers = Attempt.objects.filter(step__run=run).values_list("step__key", "number", "state")
    assert sorted(numbers) == [
        ("check", 1, "failed"),
        ("check", 2, "failed"),
        ("deploy", 1, "succeeded"),
        ("deploy", 2, "succeeded"),
    ]
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert broken() == []


def test_who_chose_it_and_why_is_kept_of_each_step_that_was_tried(cast: Cast, run: DeploymentRun) -> None:
    again(run, cast.operator)
    kept = Decision.objects.order_by("step__number").values_list("step__key", "kind", "reason", "actor__name")
    assert list(kept) == [(key, "retry", WHY, "Olga Petrova") for key in ("deploy", "check")]
    event = Event.objects.get(verb="step.retried_from")
    assert (event.reason, event.after["steps"]) == (WHY, [1, 2])
    assert [one.subject_id for one in Event.objects.filter(verb="step.set_back")] == [a.step(run, "check").pk]


def test_what_failed_for_good_or_was_skipped_can_begin_again(cast: Cast, run: DeploymentRun) -> None:
    services.mark_failed_step(actor=cast.operator, step=a.step(run, "check"), reason="It is broken.")
    again(run, cast.operator, "check")
    assert a.states(run)["check"] == "ready"
    a.carry_out(run, "check")
    services.skip_step(actor=cast.operator, step=a.step(run, "check"), reason="Later.")
    assert a.states(run)["tell"] == "ready"
    again(run, cast.operator, "check")
    assert a.states(run) == {"deploy": "succeeded", "check": "ready", "tell": "pending", "call": "ready"}


def test_a_step_dropped_in_between_passes_on_what_stood_before_it(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager, a.manual("a"), a.manual("b", after=["a"]), a.manual("c", after=["b"]), a.manual("x")
    )  # fmt: skip
    services.drop_steps(
        actor=cast.release_manager, run=run, step_ids=[a.step(run, "b").pk], reason="Taken out."
    )
    for _number in range(2):
        for key in ("a", "c"):
            step = services.take_step(actor=cast.operator, step=a.step(run, key))
            services.done_step(actor=cast.operator, step=step, note="Fine.")
        again(run, cast.operator, "a")
        assert a.states(run) == {"a": "ready", "b": "cancelled", "c": "pending", "x": "ready"}


def test_it_is_refused_while_somebody_works_on_what_comes_after(cast: Cast, run: DeploymentRun) -> None:
    services.skip_step(actor=cast.operator, step=a.step(run, "check"), reason="Later.")
    services.take_step(actor=cast.operator, step=a.step(run, "tell"))
    with pytest.raises(NotAllowed, match="Step 3 · tell is being worked on"):
        again(run, cast.operator)
    assert a.states(run) == {"deploy": "succeeded", "check": "skipped", "tell": "claimed", "call": "ready"}


def test_an_unknown_outcome_is_decided_on_first(cast: Cast, run: DeploymentRun) -> None:
    services.retry_step(actor=cast.operator, step=a.step(run, "check"), reason="Once more.")
    step = a.step(run, "check")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None and store().record_intent(claim, 60)
    endings.finish(claim, Unknown("The worker went silent."))
    with pytest.raises(NotAllowed, match="Nobody knows how step 2 · check ended"):
        again(run, cast.operator)


def test_a_point_of_no_return_is_not_crossed_twice_unless_it_is_declared_safe(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager,
        a.automated("migrate", reversible="no"),
        a.automated("convert", reversible="no", effect_class="A"),
        a.manual("wait"),
    )
    for key in ("migrate", "convert"):
        a.carry_out(run, key)
    with pytest.raises(NotAllowed, match="migrate can't be undone and isn't declared safe to repeat"):
        again(run, cast.operator, "migrate")
    again(run, cast.operator, "convert")
    assert a.states(run) == {"migrate": "succeeded", "convert": "ready", "wait": "ready"}


def test_a_component_that_another_run_holds_by_now_is_not_taken_from_it(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    version = house.version(house.claims_web, "2.2.0")
    a.running_run(cast.release_manager, a.installing("deploy", version), environment=house.production)
    with pytest.raises(Conflict, match="holds claims-web"):
        again(run, cast.operator)
    assert a.states(run)["deploy"] == "succeeded"


def test_the_button_says_what_begins_again_and_what_nobody_declared_safe(
    cast: Cast, run: DeploymentRun
) -> None:
    (action,) = [
        one for one in step_actions(a.step(run, "deploy"), cast.operator) if one.verb == "retry-from"
    ]
    assert action.allowed and action.needs_reason
    assert action.consequence == (
        "Begins again: 1 · deploy, 2 · check. Not declared safe to repeat: 1 · deploy, 2 · check."
    )
    refused = step_actions(a.step(run, "deploy"), cast.developer)
    assert [(one.verb, one.allowed) for one in refused] == [("retry-from", False)]


def test_a_reason_is_wanted_and_a_run_that_goes_on(cast: Cast, run: DeploymentRun) -> None:
    with pytest.raises(Invalid):
        again(run, cast.operator, reason="")
    with pytest.raises(Conflict, match="isn't over"):
        again(run, cast.operator, "tell")
    services.pause_run(actor=cast.operator, run=a.now(run))
    again(run, cast.operator)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    with pytest.raises(Conflict):
        again(run, cast.operator)
