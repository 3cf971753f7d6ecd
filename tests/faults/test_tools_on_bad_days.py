"""Tools that break, hang or don't stop: each is told to a person, in a sentence, within a known time."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from releaseorch.executors.shell.wrapper import look_at
from releaseorch.runs.models import DeploymentRun
from tests.characters import Cast
from tests.faults import contestants, tools
from tests.faults.conftest import SHORT_LEASES
from tests.faults.invariants import broken
from tests.faults.test_worker_dies import _hold_the_database, until
from tests.races import Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def known_tools() -> Iterator[None]:
    with tools.brought():
        yield


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "pid"


def job(ledger: Path, kind: str = "job", *, timeout_s: int = 60, **config: Any) -> Any:
    parameters = {"ledger": str(ledger), "seconds": 60, **config}
    return a.automated("deploy", executor=kind, parameters=parameters, timeout_s=timeout_s)


def is_at_work(ledger: Path) -> bool:
    return ledger.exists() and ledger.read_text() != "" and look_at(int(ledger.read_text())) is not None


def begin(worker: Racers, run: DeploymentRun, ledger: Path) -> None:
    (_brought,) = worker.race(tools.bring, [()])
    step = a.step(run, "deploy")
    worker.begin(contestants.work, step.pk, step.token)
    until(lambda: is_at_work(ledger) and a.last_attempt(run, "deploy").external_id)


@pytest.mark.parametrize("kind", ["breaks-when-checked"])
def test_a_tool_that_breaks_while_it_is_checked_could_not_be_run(cast: Cast, ledger: Path, kind: str) -> None:
    run = a.running_run(cast.release_manager, job(ledger, kind))
    step = a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (step.state, attempt.state, attempt.effect_started_at) == ("needs_decision", "errored", None)
    assert attempt.reason == "It broke off before anything began, while it was checked: KeyError: 'host'."
    assert broken() == []


def test_an_answer_that_can_not_be_stored_is_told(cast: Cast, ledger: Path) -> None:
    run = a.running_run(cast.release_manager, job(ledger, "sloppy"))
    step = a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (step.state, attempt.state) == ("needs_decision", "unknown")
    assert "It ended (succeeded), but that could not be recorded: AttributeError." in attempt.reason
    assert broken() == []


def test_the_engine_stops_what_takes_too_long(cast: Cast, ledger: Path, settings: Any) -> None:
    """The tool itself never looks at the time."""
    settings.ENGINE = SHORT_LEASES
    run = a.running_run(cast.release_manager, job(ledger, timeout_s=1))
    began = time.monotonic()
    step = a.carry_out(run, "deploy")
    assert time.monotonic() - began < 10
    attempt = a.last_attempt(run, "deploy")
    assert (step.state, attempt.state) == ("needs_decision", "failed")
    assert attempt.reason == "It was stopped: it took longer than 1 s."
    assert not is_at_work(ledger)


def test_a_script_says_itself_that_it_took_too_long(cast: Cast) -> None:
    """The engine waits a little longer than the tool, which knows more."""
    run = a.running_run(cast.release_manager, a.automated("deploy", "sleep", "60", timeout_s=1))
    a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.exit_code) == ("failed", 143)
    assert attempt.reason == "It was stopped: it took longer than 1 s."


def test_what_does_not_stop_is_left_to_a_person(cast: Cast, ledger: Path, settings: Any) -> None:
    settings.ENGINE = SHORT_LEASES
    run = a.running_run(cast.release_manager, job(ledger, "unstoppable", timeout_s=1, seconds=8))
    step = a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert (step.state, attempt.state) == ("needs_decision", "unknown")
    assert attempt.reason == (
        "It took longer than 1 s. It was asked to stop, but it is not confirmed that it did."
    )
    assert is_at_work(ledger)


@pytest.mark.slow
def test_a_tool_that_never_answers_keeps_nobody_waiting(
    cast: Cast, lone_worker: Racers, ledger: Path, tmp_path: Path
) -> None:
    run = a.running_run(
        cast.release_manager, job(ledger, "hanging", timeout_s=1, answer=str(tmp_path / "answer"))
    )
    begin(lone_worker, run, ledger)
    until(lambda: a.step(run, "deploy").state == "needs_decision")
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "unknown"
    assert (
        attempt.reason
        == "It took longer than 1 s, and the tool hanging doesn't answer; it may still be at work."
    )
    until(lambda: not is_at_work(ledger))  # told to stop by its number, which is known
    (tmp_path / "answer").touch()
    lone_worker.answer()
    assert a.last_attempt(run, "deploy").state == "unknown"
    assert a.last_attempt(run, "deploy").late_report is not None
    assert broken() == []


@pytest.mark.slow
def test_a_worker_cut_off_from_the_database_stops_the_job_it_started(
    cast: Cast, lone_worker: Racers, ledger: Path
) -> None:
    """The fence names the job: another process elsewhere, known by its number alone."""
    run = a.running_run(cast.release_manager, job(ledger))
    begin(lone_worker, run, ledger)
    with transaction.atomic():
        _hold_the_database()
        until(lambda: not is_at_work(ledger))
    lone_worker.answer()
    attempt = a.last_attempt(run, "deploy")
    assert (a.step(run, "deploy").state, attempt.state) == ("needs_decision", "failed")
    assert "Its worker stopped it" in attempt.reason
    assert broken() == []
