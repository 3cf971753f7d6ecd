"""What a worker does with a message: at most one start, nothing with a stale token, nothing that wasn't approved."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.executors.base import Cancelled, Done, Errored, Failed, Result, Unknown
from releaseorch.runs import engine, services
from releaseorch.runs.engine import endings, logs, places, worker
from releaseorch.runs.engine.lease import Lease, NotOurs
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.queries import log_bytes
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


def test_any_number_of_messages_cause_at_most_one_start(cast: Cast, tmp_path: Path) -> None:
    """Invariant 4."""
    ledger = tmp_path / "effects"
    run = a.running_run(
        cast.release_manager,
        a.automated("deploy", "sh", "-c", 'echo started >> "$0"', str(ledger)),
        a.manual("wait"),
    )
    step = a.step(run, "deploy")
    engine.run_step(step.pk, step.token + 1)  # early
    engine.run_step(10**9, 0)  # about nothing
    assert not ledger.exists()
    for token in (step.token, step.token, step.token + 1, step.token + 2):
        engine.run_step(step.pk, token)
    assert ledger.read_text() == "started\n"
    assert Attempt.objects.count() == Event.objects.filter(verb="step.claimed").count() == 1


def test_a_message_about_a_step_whose_turn_has_not_come_is_ignored(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.manual("first"), a.automated("second", after=["first"]))
    a.carry_out(run, "second")
    assert a.states(run) == {"first": "ready", "second": "pending"}


@pytest.mark.parametrize("verb", ["pause_run", "cancel_run"])
def test_a_run_that_does_not_run_is_not_claimed_from(cast: Cast, verb: str) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    ready = a.step(run, "deploy")
    getattr(services, verb)(actor=cast.release_manager, run=a.now(run), reason="Something smells.")
    engine.run_step(ready.pk, ready.token)
    assert not Attempt.objects.exists()


def claimed(run: DeploymentRun, key: str) -> Claim:
    step = a.step(run, key)
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    return claim


def test_a_late_report_changes_nothing_and_is_kept(cast: Cast, house: House) -> None:
    """Invariant 3: the attempt was given up as unknown, a person skipped the step, then the worker comes back."""
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0")),
        a.manual("check", after=["deploy"]),
        environment=house.production,
    )
    claim = claimed(run, "deploy")
    assert store().record_intent(claim, 60)
    assert endings.finish(claim, Unknown("The worker went silent."))
    services.skip_step(actor=cast.operator, step=a.step(run, "deploy"), reason="Go on without.")
    before = (a.states(run), a.installed(house.claims_web, house.production), Event.objects.count())

    assert not endings.finish(claim, Done())
    assert before == (a.states(run), a.installed(house.claims_web, house.production), Event.objects.count())
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "unknown"
    assert attempt.late_report is not None and attempt.late_report["outcome"] == "succeeded"


@pytest.mark.parametrize(
    "result",
    [Done(), Done({"url": "x"}), Failed("No.", 3), Errored("Not here."), Unknown("Who knows."), Cancelled()],
)
def test_a_report_sent_twice_since_its_answer_was_lost_is_no_late_report(cast: Cast, result: Result) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("wait"))
    claim = claimed(run, "deploy")
    assert endings.finish(claim, result)
    said = Event.objects.count()
    assert endings.finish(claim, result)
    assert a.last_attempt(run, "deploy").late_report is None
    assert Event.objects.count() == said


def test_of_several_late_reports_the_last_that_knows_something_is_kept(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("wait"))
    claim = claimed(run, "deploy")
    assert endings.finish(claim, Unknown("The worker went silent."))
    for result in (Unknown("It hangs."), Failed("It said no.", 3), Unknown("It was asked to stop.")):
        assert not endings.finish(claim, result)
    late = a.last_attempt(run, "deploy").late_report
    assert late is not None
    assert (late["outcome"], late["reason"], late["exit_code"]) == ("failed", "It said no.", 3)


def test_who_lost_the_attempt_can_not_log(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("wait"))
    claim = claimed(run, "deploy")
    sink = logs.sink_for(Lease(claim))
    sink.write(b"mine\n")
    endings.finish(claim, Unknown("Given up."))
    with pytest.raises(NotOurs):
        sink.write(b"too late\n")
    assert log_bytes(a.last_attempt(run, "deploy")) == b"mine\n"


def test_nobody_knows_the_outcome_so_a_person_decides(cast: Cast, house: House) -> None:
    """Invariant 5, with a real script that takes its wrapper down."""
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0"), *a.NOBODY_KNOWS),
        environment=house.production,
    )
    step = a.carry_out(run, "deploy")
    assert (step.state, a.last_attempt(run, "deploy").state) == ("needs_decision", "unknown")
    assert a.installed(house.claims_web, house.production) == "nothing or 2.1.0"
    for token in range(step.token + 2):
        engine.run_step(step.pk, token)
    assert Attempt.objects.count() == 1


def test_what_could_not_be_run_changed_nothing(cast: Cast, house: House) -> None:
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", house.version(house.claims_web, "2.1.0"), *a.NO_SUCH_PROGRAM),
        environment=house.production,
    )
    step = a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (step.state, attempt.state) == ("needs_decision", "errored")
    assert "was not found" in attempt.reason
    assert a.installed(house.claims_web, house.production) == ""


def test_what_runs_is_what_was_approved(cast: Cast, tmp_path: Path) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy", "touch", str(tmp_path / "approved")))
    parameters = {"argv": ["touch", str(tmp_path / "smuggled")]}
    Step.objects.filter(run=run).update(parameters=parameters)
    a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.effect_started_at) == ("errored", None)
    assert attempt.reason == "What would run isn't what was approved. Compose the run again."
    assert list(tmp_path.iterdir()) == []


def test_a_version_blocked_since_the_start_is_not_deployed(cast: Cast, house: House) -> None:
    version = house.version(house.claims_web, "2.1.0")
    run = a.running_run(cast.release_manager, a.installing("deploy", version), environment=house.production)
    ComponentVersion.objects.filter(pk=version.pk).update(
        blocked_at=clock.now(), blocked_by=cast.qa, blocked_reason="Loses photographs."
    )
    a.carry_out(run, "deploy")
    assert a.last_attempt(run, "deploy").reason == "claims-web 2.1.0 is blocked: Loses photographs."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"executor": "magic"}, "There is no executor of the kind “magic” here."),
        ({"parameters": {"argv": []}}, "The step is configured wrongly."),
        ({"parameters": {"argv": ["echo", "${nothing.gives}"]}}, "The value “nothing.gives” is missing."),
    ],
)
def test_a_step_that_can_not_be_run_says_why(cast: Cast, values: dict[str, object], said: str) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy", **values))
    a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "errored"
    assert said in attempt.reason


def test_the_products_own_secrets_never_reach_a_log(cast: Cast, settings: object) -> None:
    secret = settings.SECRET_KEY  # type: ignore[attr-defined]
    run = a.running_run(cast.release_manager, a.automated("leak", "printf", "one %s two", secret))
    a.carry_out(run, "leak")
    assert log_bytes(a.last_attempt(run, "leak")) == b"one [secret] two"


def test_what_another_database_left_under_this_number_is_not_this_attempts(cast: Cast) -> None:
    """After a restore a script of the older future may still be at work where it began."""
    run = a.running_run(cast.release_manager, a.automated("deploy", "echo", "fresh"), a.manual("wait"))
    claim = claimed(run, "deploy")
    assert claim.began_at == a.last_attempt(run, "deploy").started_at
    place = places.place_of(claim.attempt_id, claim.began_at)
    old = places.place_of(claim.attempt_id, claim.began_at - timedelta(microseconds=1))
    for folder in (old, place):
        folder.mkdir(parents=True)
        (folder / "job.json").write_text("{}")
    worker._carry_out(claim, None)
    assert log_bytes(a.last_attempt(run, "deploy")) == b"fresh\n"
    assert [path.name for path in old.iterdir()] == ["job.json"]
    assert any(places.folder().glob(f"{place.name}.*"))
    assert not place.exists()


def test_no_thread_is_left_behind(cast: Cast) -> None:
    before = threading.active_count()
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    a.carry_out(run, "deploy")
    assert threading.active_count() == before
