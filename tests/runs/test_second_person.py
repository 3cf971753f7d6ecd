"""Invariant 10: on a protected environment nobody alone tries again what nobody knows the outcome of."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.executors.base import Unknown
from releaseorch.notifications.models import InboxEntry
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, Confirmation, Decision, DeploymentRun
from releaseorch.runs.queries import runs_under_way, step_actions, work_of
from releaseorch.runs.store import store
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.notifications.sweep import sweep
from tests.runs import builders as a

WHY, ALSO = "The host was rebooted.", "I looked at the host too."


def lose(run: DeploymentRun, key: str = "deploy") -> None:
    """The worker goes silent after it has begun."""
    step = a.step(run, key)
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None and store().record_intent(claim, 60)
    endings.finish(claim, Unknown("The worker went silent."))


@pytest.fixture
def run(cast: Cast, house: House) -> DeploymentRun:
    """deploy → tell in production; nobody knows how deploy ended."""
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0")),
        a.manual("tell", after=["deploy"]),
        environment=house.production,
    )
    lose(run)
    return run


def say(verb: str, run: DeploymentRun, actor: Person, reason: str = ALSO, key: str = "deploy") -> None:
    getattr(services, f"{verb}_step")(actor=actor, step=a.step(run, key), reason=reason)
    assert broken() == []


def time_is_over() -> None:
    Confirmation.objects.update(until=clock.now() - timedelta(seconds=1))


def button(run: DeploymentRun, person: Person, verb: str, key: str = "deploy") -> str | None:
    """Why this person can't press it, empty when they can, None where there is no such button."""
    found = {
        one.verb: one.why_not for one in step_actions(a.step(run, key), Person.objects.get(pk=person.pk))
    }
    return found.get(verb)


def test_a_retry_waits_for_a_second_person(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    assert a.states(run)["deploy"] == "needs_decision"
    asked = Confirmation.objects.get()
    assert (asked.state, asked.asked_by, asked.reason) == ("asked", cast.operator, WHY)
    assert timedelta(minutes=9) < asked.until - clock.now() <= timedelta(minutes=10, seconds=1)
    assert "Olga Petrova wants to try it again; a second person confirms by" in a.waits_of(run, "deploy")
    assert not Decision.objects.exists()
    assert Event.objects.get(verb="step.second_person_asked").reason == WHY


def test_the_second_person_confirms_and_both_reasons_are_kept(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    say("confirm", run, cast.release_manager)
    assert a.states(run)["deploy"] == "ready"
    decision = Decision.objects.get()
    assert (decision.kind, decision.reason, decision.actor) == ("retry", WHY, cast.operator)
    kept = decision.confirmation
    assert kept is not None
    assert (kept.state, kept.answered_by, kept.answer) == ("confirmed", cast.release_manager, ALSO)
    event = Event.objects.get(verb="step.confirmed")
    assert (event.reason, event.after["alone"], event.actor_name) == (ALSO, False, cast.release_manager.name)
    a.carry_out(run, "deploy")
    assert a.states(run)["deploy"] == "succeeded"


def test_who_asked_is_not_the_second_person(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    with pytest.raises(NotAllowed, match="somebody else confirms"):
        say("confirm", run, cast.operator)
    assert "somebody else confirms" in (button(run, cast.operator, "confirm") or "")
    assert button(run, cast.release_manager, "confirm") == ""
    for nobody in (cast.developer, cast.robot):
        with pytest.raises(NotAllowed):
            say("confirm", run, nobody)
    with pytest.raises(Invalid):
        say("confirm", run, cast.release_manager, " ")
    assert a.states(run)["deploy"] == "needs_decision"


def test_it_is_asked_once_and_the_button_says_so(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    assert "Olga Petrova asked for this already" in (button(run, cast.release_manager, "retry") or "")
    with pytest.raises(NotAllowed, match="asked for this already"):
        say("retry", run, cast.release_manager)


def test_declined_or_taken_back_it_needs_a_decision_as_before(cast: Cast, run: DeploymentRun) -> None:
    for who in (cast.release_manager, cast.operator):
        say("retry", run, cast.operator, WHY)
        say("decline", run, who)
        assert a.waits_of(run, "deploy") == "Needs a decision by an operator or a release manager."
    assert list(Confirmation.objects.values_list("state", "answered_by__name")) == [
        ("declined", cast.release_manager.name), ("declined", cast.operator.name),
    ]  # fmt: skip
    with pytest.raises(Conflict):
        say("confirm", run, cast.release_manager)


def test_another_decision_makes_it_lapse(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    say("mark_done", run, cast.release_manager, "The page shows 2.1.0.")
    assert Confirmation.objects.get().state == "lapsed"
    with pytest.raises(Conflict):
        say("confirm", run, cast.second_manager)


def test_a_run_that_is_cancelled_asks_nobody(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert Confirmation.objects.get().state == "lapsed"
    assert a.waits_of(run, "deploy") == "Needs a decision by an operator or a release manager."
    assert broken() == []


def test_when_nobody_confirms_in_time_who_asked_decides_alone_and_another_reviews_it(
    cast: Cast, run: DeploymentRun
) -> None:
    say("retry", run, cast.operator, WHY)
    time_is_over()
    assert button(run, cast.operator, "confirm") == ""
    say("confirm", run, cast.operator, "Nobody answers the phone.")
    assert a.states(run)["deploy"] == "ready"
    kept = Decision.objects.get().confirmation
    assert kept is not None and (kept.state, kept.was_alone) == ("alone", True)
    assert [one.step.key for one in work_of(cast.second_manager, runs_under_way()).second] == ["deploy"]
    assert work_of(cast.operator, runs_under_way()).second == []
    with pytest.raises(NotAllowed, match="somebody else reviews"):
        say("review", run, cast.operator)
    a.carry_out(run, "deploy")
    services.take_step(actor=cast.operator, step=a.step(run, "tell"))
    services.done_step(actor=cast.operator, step=a.step(run, "tell"), note="Told.")
    assert a.now(run).state == "succeeded"
    assert button(run, cast.second_manager, "review") == ""
    say("review", run, cast.second_manager)
    kept.refresh_from_db()
    assert (kept.state, kept.reviewed_by, kept.review_note) == ("reviewed", cast.second_manager, ALSO)
    assert work_of(cast.second_manager, runs_under_way()).second == []
    with pytest.raises(Conflict):
        say("review", run, cast.second_manager)


def test_another_person_is_still_the_second_one_when_the_time_is_over(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    time_is_over()
    say("confirm", run, cast.release_manager)
    assert Confirmation.objects.get().state == "confirmed"


def test_the_environment_says_how_long(cast: Cast, house: House, run: DeploymentRun) -> None:
    type(house.production).objects.update(confirm_within_minutes=3)
    say("retry", run, cast.operator, WHY)
    assert Confirmation.objects.get().until - clock.now() < timedelta(minutes=3, seconds=1)


def test_elsewhere_and_for_known_outcomes_one_person_decides(cast: Cast, house: House) -> None:
    tried = a.running_run(cast.release_manager, a.automated("deploy"), environment=house.acceptance)
    lose(tried)
    say("retry", tried, cast.operator)
    assert a.states(tried)["deploy"] == "ready"
    failed = a.running_run(
        cast.release_manager, a.automated("deploy", *a.BADLY), environment=house.production
    )
    a.carry_out(failed, "deploy")
    say("retry", failed, cast.operator)
    assert a.states(failed)["deploy"] == "ready"


def test_again_from_here_over_an_unknown_outcome_needs_one_too(cast: Cast, run: DeploymentRun) -> None:
    say("skip", run, cast.operator, "Not tonight.")
    say("retry_from", run, cast.operator, WHY)
    assert a.states(run) == {"deploy": "skipped", "tell": "ready"}
    say("confirm", run, cast.release_manager)
    assert a.states(run) == {"deploy": "ready", "tell": "pending"}
    kept = Decision.objects.filter(kind="retry").get()
    assert (kept.actor, kept.confirmation and kept.confirmation.answered_by) == (
        cast.operator,
        cast.release_manager,
    )
    assert Attempt.objects.filter(step__run=run).count() == 1


def test_a_run_that_ends_meanwhile_asks_nobody(cast: Cast, run: DeploymentRun) -> None:
    say("skip", run, cast.operator, "Not tonight.")
    say("retry_from", run, cast.operator, WHY)
    services.take_step(actor=cast.operator, step=a.step(run, "tell"))
    services.done_step(actor=cast.operator, step=a.step(run, "tell"), note="Told.")
    assert a.now(run).state == "succeeded_with_exceptions"
    assert Confirmation.objects.get().state == "lapsed"
    assert broken() == []


def test_whoever_lost_the_right_in_between_has_asked_for_nothing(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    RoleGrant.objects.filter(person=cast.operator).update(revoked_at=clock.now())
    with pytest.raises(NotAllowed, match="may not decide here any more"):
        say("confirm", run, cast.release_manager)
    assert a.states(run)["deploy"] == "needs_decision"


def test_who_may_be_the_second_one_is_told_and_of_a_decision_alone_everybody(
    cast: Cast, run: DeploymentRun
) -> None:
    say("retry", run, cast.operator, WHY)
    told = told_of("wants to try step")
    assert {cast.release_manager.pk, cast.second_manager.pk} <= told and cast.operator.pk not in told
    time_is_over()
    say("confirm", run, cast.operator)
    told = told_of("decided alone")
    assert {cast.release_manager.pk, cast.second_manager.pk} <= told and cast.operator.pk not in told


def test_the_database_refuses_that_one_person_is_both(cast: Cast, run: DeploymentRun) -> None:
    say("retry", run, cast.operator, WHY)
    time_is_over()
    say("confirm", run, cast.operator)
    kept = Confirmation.objects.get()
    for both in ({"state": "confirmed"}, {"state": "reviewed", "reviewed_by": cast.operator}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Confirmation.objects.filter(pk=kept.pk).update(**both)


def told_of(words: str) -> set[int]:
    sweep()
    return set(InboxEntry.objects.filter(sentence__contains=words).values_list("person_id", flat=True))
