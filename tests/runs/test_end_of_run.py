"""Pausing, stopping and cancelling a run, dropping steps of it, and when it ends by itself."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.executors.base import Cancelled, Done, Failed, Unknown
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, Comment, DeploymentRun
from releaseorch.runs.queries import actions_for, run_detail
from releaseorch.runs.store import Claim, store
from releaseorch.waiting.models import Interval
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


@pytest.fixture
def run(cast: Cast, house: House) -> DeploymentRun:
    """One automated step that installs, one manual step beside it, one after both."""
    return a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0")),
        a.manual("call"),
        a.manual("tell", after=["deploy", "call"]),
        environment=house.production,
    )


def begin(run: DeploymentRun, key: str) -> Claim:
    """A worker has claimed the step and recorded its intent."""
    step = a.step(run, key)
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None and store().record_intent(claim, 60)
    return claim


def test_a_paused_run_goes_on_where_it_was(cast: Cast, run: DeploymentRun) -> None:
    claim = begin(run, "deploy")
    services.pause_run(actor=cast.operator, run=a.now(run), reason="The phones ring")
    assert a.waits_of(run) == "Is paused; waits for somebody to resume it: “The phones ring”"
    endings.finish(claim, Done())
    assert a.step(run, "deploy").state == "succeeded"
    with pytest.raises(Conflict, match="is paused now"):
        services.pause_run(actor=cast.operator, run=a.now(run))
    services.resume_run(actor=cast.operator, run=a.now(run))
    assert a.waits_of(run) == "Step 2 · call: Waits for an operator to take it."


def test_a_paused_run_ends_only_when_it_is_resumed(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    claim = begin(run, "deploy")
    services.pause_run(actor=cast.operator, run=a.now(run))
    assert a.waits_of(run) == "Is paused; waits for somebody to resume it."
    endings.finish(claim, Done())
    assert (a.now(run).state, a.states(run)) == ("paused", {"deploy": "succeeded"})
    services.resume_run(actor=cast.operator, run=a.now(run))
    assert a.now(run).state == "succeeded"


def test_stop_is_refused_while_somebody_or_something_works(cast: Cast, run: DeploymentRun) -> None:
    claim = begin(run, "deploy")
    services.take_step(actor=cast.operator, step=a.step(run, "call"))
    with pytest.raises(NotAllowed) as why:
        services.stop_run(actor=cast.release_manager, run=a.now(run), reason="Enough for today.")
    assert why.value.reasons == [
        "Step 1 · deploy is running. Let it end, or cancel the run.",
        "Olga Petrova works on step 2 · call. Let it be finished or handed back first.",
    ]
    assert a.now(run).state == "running"
    endings.finish(claim, Failed("It said no."))
    services.hand_back_step(actor=cast.operator, step=a.step(run, "call"), reason="Stopping.")
    with pytest.raises(NotAllowed):
        services.stop_run(actor=cast.operator, run=a.now(run), reason="Enough for today.")
    with pytest.raises(Invalid):
        services.stop_run(actor=cast.release_manager, run=a.now(run), reason="")
    services.stop_run(actor=cast.release_manager, run=a.now(run), reason="Enough for today.")
    assert (a.now(run).state, set(a.states(run).values())) == ("stopped", {"cancelled"})
    assert a.now(run).ended_at is not None
    assert not run.targets.filter(is_active=True).exists()
    assert not Interval.objects.filter(ended_at=None).exists()
    assert Event.objects.get(verb="run.stopped").reason == "Enough for today."
    assert a.step(run, "deploy").started_at is not None
    assert a.step(run, "tell").started_at is None


def test_cancel_before_the_start(cast: Cast) -> None:
    run = a.approved_run(cast.release_manager, a.manual("one"))
    services.cancel_run(actor=cast.release_manager, run=run, reason="Not needed.")
    assert (a.now(run).state, a.states(run)) == ("cancelled", {"one": "cancelled"})
    assert Event.objects.filter(verb="run.cancelled").count() == 1


def test_cancel_when_nothing_runs_is_over_at_once(cast: Cast, run: DeploymentRun) -> None:
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert (a.now(run).state, set(a.states(run).values())) == ("cancelled", {"cancelled"})
    assert list(Event.objects.filter(subject_kind="run").order_by("id").values_list("verb", flat=True)) == [
        "run.started", "run.cancelling", "run.cancelled",
    ]  # fmt: skip


def test_cancel_asks_what_runs_to_stop_and_is_over_when_that_is_confirmed(
    cast: Cast, house: House, run: DeploymentRun
) -> None:
    claim = begin(run, "deploy")
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert a.states(run) == {"deploy": "running", "call": "cancelled", "tell": "cancelled"}
    assert a.now(run).state == "cancelling"
    assert a.waits_of(run) == "Step 1 · deploy: The tool shell works on it."
    assert store().heartbeat(claim, 60) is True
    endings.finish(claim, Cancelled())
    assert a.states(run)["deploy"] == "cancelled"
    assert a.now(run).state == "cancelled"
    assert a.installed(house.claims_web, house.production) == "nothing or 2.1.0"
    assert a.last_attempt(run, "deploy").state == "cancelled"


def test_a_worker_stops_its_script_when_the_run_is_cancelled(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("sleep", "sleep", "60"))
    claim = begin_claim(run, "sleep")
    Attempt.objects.filter(pk=claim.attempt_id).update(effect_started_at=None)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    worker._carry_out(claim)  # asked to stop before it began
    assert (a.now(run).state, a.last_attempt(run, "sleep").state) == ("cancelled", "cancelled")
    assert a.last_attempt(run, "sleep").effect_started_at is None


def begin_claim(run: DeploymentRun, key: str) -> Claim:
    step = a.step(run, key)
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    return claim


def test_what_was_faster_than_the_cancel_has_succeeded(cast: Cast, house: House, run: DeploymentRun) -> None:
    claim = begin(run, "deploy")
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    endings.finish(claim, Done())
    assert (a.now(run).state, a.states(run)["deploy"]) == ("cancelled", "succeeded")
    assert a.installed(house.claims_web, house.production) == "2.1.0"


def test_a_stop_that_is_not_confirmed_keeps_the_run_open_for_a_person(cast: Cast, run: DeploymentRun) -> None:
    """Invariant 11."""
    claim = begin(run, "deploy")
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    endings.finish(claim, Unknown("It was asked to stop, but it is not confirmed that it did."))
    assert (a.now(run).state, a.states(run)["deploy"]) == ("cancelling", "needs_decision")
    with pytest.raises(NotAllowed, match="being cancelled"):
        services.retry_step(actor=cast.operator, step=a.step(run, "deploy"), reason="Again.")
    services.mark_failed_step(actor=cast.operator, step=a.step(run, "deploy"), reason="Killed it.")
    assert (a.now(run).state, a.states(run)["deploy"]) == ("cancelled", "failed")


@pytest.fixture
def unknown(run: DeploymentRun) -> DeploymentRun:
    """Nobody knows how the deployment ended; its script may still be at work."""
    endings.finish(begin(run, "deploy"), Unknown("The worker went silent after it had begun."))
    return a.now(run)


def held(run: DeploymentRun) -> list[str]:
    return list(run.targets.filter(is_active=True).values_list("component__name", flat=True))


def test_cancel_leaves_an_unknown_outcome_to_a_person_and_its_component_held(
    cast: Cast, house: House, unknown: DeploymentRun
) -> None:
    """Invariants 5, 11 and 14: the next run can't start while the script of this one may still run."""
    services.cancel_run(actor=cast.release_manager, run=unknown, reason="Wrong night.")
    assert a.states(unknown) == {"deploy": "needs_decision", "call": "cancelled", "tell": "cancelled"}
    assert (a.now(unknown).state, a.last_attempt(unknown, "deploy").state) == ("cancelling", "unknown")
    assert held(unknown) == [house.claims_web.name]
    assert a.waits_of(unknown) == "Step 1 · deploy: Needs a decision by an operator or a release manager."
    following = a.approved_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.2.0")),
        environment=house.production,
    )
    with pytest.raises(Conflict, match="holds claims-web"):
        services.start_run(actor=cast.operator, run=following)
    for verb in (services.retry_step, services.take_over_step):
        with pytest.raises(NotAllowed, match="being cancelled"):
            verb(actor=cast.operator, step=a.step(unknown, "deploy"), reason="Again.")
    services.mark_failed_step(actor=cast.operator, step=a.step(unknown, "deploy"), reason="Killed it.")
    assert (a.now(unknown).state, held(unknown)) == ("cancelled", [])
    assert not Interval.objects.filter(ended_at=None, subject_id__in=[unknown.pk]).exists()
    services.start_run(actor=cast.operator, run=a.now(following))


@pytest.mark.parametrize(("decide", "state"), [("skip", "skipped"), ("mark_done", "succeeded")])
def test_any_decision_that_begins_nothing_ends_the_cancelled_run(
    cast: Cast, unknown: DeploymentRun, decide: str, state: str
) -> None:
    services.cancel_run(actor=cast.release_manager, run=unknown, reason="Wrong night.")
    step = a.step(unknown, "deploy")
    getattr(services, f"{decide}_step")(actor=cast.operator, step=step, reason="Looked at the host.")
    assert (a.now(unknown).state, a.states(unknown)["deploy"]) == ("cancelled", state)


def test_stop_is_refused_while_nobody_knows_how_a_step_ended(
    cast: Cast, house: House, unknown: DeploymentRun
) -> None:
    said = "Nobody knows how step 1 · deploy ended. Decide on it first."
    with pytest.raises(NotAllowed) as why:
        services.stop_run(actor=cast.release_manager, run=unknown, reason="Enough for today.")
    assert why.value.reasons == [said]
    stop = next(
        action for action in actions_for(a.now(unknown), cast.release_manager) if action.verb == "stop"
    )
    assert stop.why_not == said
    assert (a.now(unknown).state, a.states(unknown)["deploy"]) == ("running", "needs_decision")
    assert held(unknown) == [house.claims_web.name]
    services.skip_step(actor=cast.operator, step=a.step(unknown, "deploy"), reason="Looked at the host.")
    services.stop_run(actor=cast.release_manager, run=a.now(unknown), reason="Enough for today.")
    assert (a.now(unknown).state, held(unknown)) == ("stopped", [])


def test_what_a_person_decided_to_try_again_is_cancelled_like_anything_that_has_not_started(
    cast: Cast, unknown: DeploymentRun
) -> None:
    services.retry_step(actor=cast.operator, step=a.step(unknown, "deploy"), reason="Killed it, again.")
    services.confirm_step(actor=cast.release_manager, step=a.step(unknown, "deploy"), reason="I saw it too.")
    services.cancel_run(actor=cast.release_manager, run=a.now(unknown), reason="Wrong night.")
    assert (a.now(unknown).state, a.states(unknown)["deploy"]) == ("cancelled", "cancelled")


def test_what_failed_while_the_run_is_cancelled_leaves_nothing_to_decide(
    cast: Cast, run: DeploymentRun
) -> None:
    claim = begin(run, "deploy")
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    endings.finish(claim, Failed("It said no."))
    assert (a.now(run).state, a.states(run)["deploy"]) == ("cancelled", "cancelled")
    assert a.last_attempt(run, "deploy").state == "failed"


def test_cancel_takes_work_out_of_a_persons_hands(cast: Cast, run: DeploymentRun) -> None:
    services.take_step(actor=cast.operator, step=a.step(run, "call"))
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert (a.now(run).state, a.last_attempt(run, "call").state) == ("cancelled", "cancelled")
    with pytest.raises(Conflict):
        services.done_step(actor=cast.operator, step=a.step(run, "call"), note="Did it anyway.")


def test_dropped_steps_keep_the_order_of_what_stood_around_them(cast: Cast) -> None:
    """Invariant 8: `c` comes after `a`, also when `b` between them is dropped."""
    run = a.running_run(
        cast.release_manager,
        a.manual("a"),
        a.manual("b", after=["a"]),
        a.manual("c", after=["b"]),
        a.manual("x"),
    )
    services.drop_steps(
        actor=cast.release_manager,
        run=run,
        step_ids=[a.step(run, "b").pk, a.step(run, "x").pk],
        reason="Request taken out.",
    )
    assert a.states(run) == {"a": "ready", "b": "cancelled", "c": "pending", "x": "cancelled"}
    for key in ("a", "c"):
        assert a.step(run, key).state == "ready"
        step = services.take_step(actor=cast.operator, step=a.step(run, key))
        services.done_step(actor=cast.operator, step=step, note="Fine.")
    assert a.now(run).state == "succeeded_with_exceptions"


def test_dropping_the_rest_ends_the_run(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("a"), a.manual("b", after=["a"]), a.manual("c"))
    a.carry_out(run, "a")
    ids = [a.step(run, key).pk for key in ("b", "c")]
    services.drop_steps(actor=cast.release_manager, run=run, step_ids=ids, reason="Request taken out.")
    assert a.now(run).state == "succeeded_with_exceptions"


def test_what_has_started_is_not_dropped(cast: Cast, run: DeploymentRun) -> None:
    services.take_step(actor=cast.operator, step=a.step(run, "call"))
    ids = [a.step(run, key).pk for key in ("deploy", "call")]
    with pytest.raises(Conflict, match="call has started already"):
        services.drop_steps(actor=cast.release_manager, run=run, step_ids=ids, reason="Request taken out.")
    assert a.step(run, "deploy").state == "ready"


def test_a_step_waits_for_all_its_predecessors(cast: Cast) -> None:
    """Invariant 8."""
    run = a.running_run(
        cast.release_manager,
        a.manual("a"),
        a.manual("b"),
        a.automated("c"),
        a.manual("d", after=["a", "b", "c"]),
    )
    a.carry_out(run, "c")
    step = services.take_step(actor=cast.operator, step=a.step(run, "a"))
    services.done_step(actor=cast.operator, step=step, note="Fine.")
    assert a.step(run, "d").state == "pending"
    step = services.take_step(actor=cast.operator, step=a.step(run, "b"))
    services.failed_step(actor=cast.operator, step=step, note="No.")
    assert a.step(run, "d").state == "pending"
    services.skip_step(actor=cast.operator, step=a.step(run, "b"), reason="Later.")
    assert a.step(run, "d").state == "ready"


def test_the_buttons_follow_the_state_and_say_why_not(cast: Cast, run: DeploymentRun) -> None:
    assert [action.verb for action in actions_for(a.now(run), cast.release_manager)] == [
        "pause", "limit", "stop", "cancel", "comment",
    ]  # fmt: skip
    begin(run, "deploy")
    stop = next(action for action in actions_for(a.now(run), cast.release_manager) if action.verb == "stop")
    assert stop.why_not == "Step 1 · deploy is running. Let it end, or cancel the run."
    assert not any(action.allowed for action in actions_for(a.now(run), cast.outsider))


def test_people_of_a_run_tell_each_other(cast: Cast, run: DeploymentRun) -> None:
    services.comment_run(actor=cast.qa, run=run, text=" Testers are ready. ")
    assert Comment.objects.get().text == "Testers are ready."
    for text in ("", "  ", "bad\x00text"):
        with pytest.raises(Invalid):
            services.comment_run(actor=cast.qa, run=run, text=text)
    detail = run_detail(run.pk)
    assert [comment.person for comment in detail.comments] == [cast.qa]


def test_the_page_of_a_run_costs_few_queries(
    cast: Cast, run: DeploymentRun, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        detail = run_detail(run.pk)
    assert (detail.done, len(detail.steps), detail.counts["ready"]) == (0, 3, 2)
    assert detail.held_up[a.step(run, "deploy").pk] == 1
    assert [must.step.key for must in detail.must_act] == ["call"]
    assert detail.expected_end is not None
