"""A worker in its own process is killed, cancelled, or cut off from the database while a real script runs."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from releaseorch.runs import housekeeping, services
from releaseorch.runs.models import Attempt, DeploymentRun
from tests.characters import Cast
from tests.factories import House
from tests.faults import contestants
from tests.faults.invariants import broken
from tests.races import Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_S = 20.0


def until(what: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def kill(worker: Racers) -> None:
    (process,) = worker.processes
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()


def script(effects: Path, seconds: float) -> tuple[str, ...]:
    """Writes its pid and "begun" to the ledger of effects, which is outside the database, works, writes "ended"."""
    return ("sh", "-c", f'echo "$$ begun" >> "$0"; sleep {seconds}; echo "$$ ended" >> "$0"', str(effects))


def lines(effects: Path) -> list[str]:
    return [line.split()[1] for line in effects.read_text().splitlines()] if effects.exists() else []


def is_alive(effects: Path) -> bool:
    pid = effects.read_text().split()[0]
    return Path(f"/proc/{pid}").exists()


def begin(worker: Racers, run: DeploymentRun, effects: Path) -> None:
    step = a.step(run, "deploy")
    worker.begin(contestants.work, step.pk, step.token)
    until(lambda: lines(effects) == ["begun"])


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


def test_killed_between_claim_and_intent_the_step_is_queued_again(
    cast: Cast, lone_worker: Racers, effects: Path
) -> None:
    """Invariant 7, with kill -9."""
    run = a.running_run(cast.release_manager, a.automated("deploy", *script(effects, 0)))
    step = a.step(run, "deploy")
    (claimed,) = lone_worker.race(contestants.claim, [(step.pk, step.token)])
    assert claimed.value is not None
    kill(lone_worker)
    until(housekeeping.reap)
    assert (a.step(run, "deploy").state, a.step(run, "deploy").requeues) == ("ready", 1)
    a.carry_out(run, "deploy")
    assert (a.now(run).state, lines(effects)) == ("succeeded", ["begun", "ended"])
    assert broken() == []


def test_killed_after_the_intent_a_person_decides(
    cast: Cast, house: House, lone_worker: Racers, effects: Path
) -> None:
    """Invariant 5, with kill -9: the script goes on without its worker, and no machine starts it again."""
    version = house.version(house.claims_web, "2.1.0")
    run = a.running_run(
        cast.release_manager,
        a.installing("deploy", version, *script(effects, 4)),
        environment=house.production,
    )
    begin(lone_worker, run, effects)
    kill(lone_worker)
    until(housekeeping.reap)
    step = a.step(run, "deploy")
    assert (step.state, a.last_attempt(run, "deploy").state) == ("needs_decision", "unknown")
    assert a.installed(house.claims_web, house.production) == "nothing or 2.1.0"
    assert broken() == []
    housekeeping.sweep()
    for token in range(step.token + 2):
        contestants.work(step.pk, token)
    assert Attempt.objects.count() == 1
    until(lambda: lines(effects) == ["begun", "ended"])


def test_cancelled_the_script_is_gone_before_the_run_says_so(
    cast: Cast, lone_worker: Racers, effects: Path
) -> None:
    """Invariant 11, with a real script."""
    run = a.running_run(cast.release_manager, a.automated("deploy", *script(effects, 60)))
    begin(lone_worker, run, effects)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert a.now(run).state == "cancelling"
    lone_worker.answer()
    assert (a.now(run).state, a.states(run)) == ("cancelled", {"deploy": "cancelled"})
    assert not is_alive(effects)
    assert lines(effects) == ["begun"]


def test_a_worker_that_can_not_renew_its_lease_stops_its_script(
    cast: Cast, lone_worker: Racers, effects: Path
) -> None:
    """Nobody answers from the database: the script is gone before anybody else could be given the step."""
    run = a.running_run(cast.release_manager, a.automated("deploy", *script(effects, 60)))
    begin(lone_worker, run, effects)
    with transaction.atomic():
        _hold_the_database()
        until(lambda: not is_alive(effects))
    lone_worker.answer()
    step = a.step(run, "deploy")
    assert step.state == "needs_decision"
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "failed"
    assert "Its worker stopped it" in attempt.reason
    assert lines(effects) == ["begun"]
    assert broken() == []


def _hold_the_database() -> None:
    """Nobody else can write: on SQLite the transaction itself does that."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE runs_attempt IN ACCESS EXCLUSIVE MODE")
