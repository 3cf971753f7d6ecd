"""What takes long holds no place in a worker: the poller of its process asks, and all that held before still holds."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from releaseorch.runs import services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import log_bytes
from tests.characters import Cast
from tests.faults import contestants, tools
from tests.faults.conftest import SHORT_LEASES
from tests.faults.invariants import broken
from tests.faults.test_reattach import stop
from tests.faults.test_worker_dies import _hold_the_database, is_alive, kill, lines, until
from tests.races import Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WAITS = """
    echo "$$ begun" >> "$0"; echo one; until test -e "$0.go"; do sleep 0.05; done
    echo two; echo "$$ ended" >> "$0"
"""


@pytest.fixture
def effects(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "effects"
    (tmp_path / "effects.go").touch()


@pytest.fixture
def other_worker(lone_worker: Racers) -> Iterator[Racers]:
    worker = Racers(str(connection.settings_dict["NAME"]), count=1)
    worker.race(contestants.shorten, [(SHORT_LEASES,)])
    yield worker
    worker.close()


def waiting(cast: Cast, effects: Path, *keys: str, **values: int) -> DeploymentRun:
    argv = ("sh", "-c", WAITS, str(effects))
    return a.running_run(cast.release_manager, *(a.automated(key, *argv, **values) for key in keys))


def begin(worker: Racers, run: DeploymentRun, key: str) -> None:
    """The worker is free again when this returns."""
    step = a.step(run, key)
    worker.race(contestants.begin_and_let_go, [(step.pk, step.token)])


def let_go_on(effects: Path) -> None:
    effects.with_name("effects.go").touch()


def ended(run: DeploymentRun) -> DeploymentRun:
    until(lambda: not a.now(run).is_active)
    return a.now(run)


def test_one_worker_begins_one_long_script_after_the_other(
    cast: Cast, lone_worker: Racers, effects: Path
) -> None:
    keys = ("one", "two", "three")
    run = waiting(cast, effects, *keys)
    for key in keys:
        begin(lone_worker, run, key)
    assert a.states(run) == dict.fromkeys(keys, "running")
    began = time.monotonic()
    until(lambda: all(log_bytes(a.last_attempt(run, key)) == b"one\n" for key in keys))
    assert time.monotonic() - began < 5
    let_go_on(effects)
    assert ended(run).state == "succeeded"
    assert [log_bytes(a.last_attempt(run, key)) for key in keys] == [b"one\ntwo\n"] * 3
    assert sorted(lines(effects)) == ["begun"] * 3 + ["ended"] * 3
    assert broken() == []


def test_a_lease_is_renewed_and_a_stop_confirmed_while_it_is_polled(
    cast: Cast, lone_worker: Racers, effects: Path
) -> None:
    run = waiting(cast, effects, "deploy")
    begin(lone_worker, run, "deploy")
    first = a.last_attempt(run, "deploy").lease_until
    until(lambda: a.last_attempt(run, "deploy").lease_until != first)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    assert (ended(run).state, a.states(run)) == ("cancelled", {"deploy": "cancelled"})
    assert not is_alive(effects)


def test_the_time_limit_holds(cast: Cast, lone_worker: Racers, effects: Path) -> None:
    parameters = {"ledger": str(effects), "seconds": 60}
    step = a.automated("deploy", executor="job", parameters=parameters, timeout_s=1)
    run = a.running_run(cast.release_manager, step)
    lone_worker.race(tools.bring, [()])
    begin(lone_worker, run, "deploy")
    until(lambda: a.states(run)["deploy"] == "needs_decision")
    assert a.last_attempt(run, "deploy").reason == "It was stopped: it took longer than 1 s."


def test_who_can_not_renew_the_lease_stops_the_script(cast: Cast, lone_worker: Racers, effects: Path) -> None:
    run = waiting(cast, effects, "deploy")
    begin(lone_worker, run, "deploy")
    until(lambda: lines(effects) == ["begun"])
    with transaction.atomic():
        _hold_the_database()
        until(lambda: not is_alive(effects))
    until(lambda: a.states(run)["deploy"] == "needs_decision")
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "failed"
    assert "Its worker stopped it" in attempt.reason
    assert broken() == []


def test_a_worker_that_ends_hands_over_what_it_polls_and_the_next_need_not_wait_for_a_lease(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    run = waiting(cast, effects, "deploy")
    begin(lone_worker, run, "deploy")
    until(lambda: lines(effects) == ["begun"])
    attempt = a.last_attempt(run, "deploy")
    lone_worker.race(contestants.hand_over, [()])

    def is_held_again() -> bool:
        other_worker.race(contestants.reattach_and_let_go, [(attempt.pk, attempt.token)])
        return a.last_attempt(run, "deploy").token > attempt.token

    until(is_held_again)
    kill(lone_worker)
    let_go_on(effects)
    assert ended(run).state == "succeeded"
    assert (lines(effects), a.last_attempt(run, "deploy").number) == (["begun", "ended"], 1)
    assert broken() == []


def test_what_is_begun_while_it_ends_is_handed_over_too(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    lone_worker.race(contestants.hand_over, [()])
    run = waiting(cast, effects, "deploy")
    begin(lone_worker, run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    let_go_on(effects)
    other_worker.race(contestants.reattach, [(attempt.pk, attempt.token)])
    assert (a.now(run).state, lines(effects)) == ("succeeded", ["begun", "ended"])


def test_a_worker_that_is_stopped_while_it_polls_leaves_the_script_to_who_has_it(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    run = waiting(cast, effects, "deploy")
    begin(lone_worker, run, "deploy")
    until(lambda: lines(effects) == ["begun"])
    attempt = a.last_attempt(run, "deploy")
    process = stop(lone_worker)

    def is_held_again() -> bool:
        other_worker.race(contestants.reattach_and_let_go, [(attempt.pk, attempt.token)])
        return a.last_attempt(run, "deploy").token > attempt.token

    until(is_held_again)
    os.kill(process, signal.SIGCONT)
    step = a.step(run, "deploy")
    lone_worker.race(
        contestants.begin_and_let_go, [(step.pk, step.token)]
    )  # a message for nobody; it is awake
    time.sleep(3 * SHORT_LEASES["heartbeat"])
    assert is_alive(effects)
    let_go_on(effects)
    assert ended(run).state == "succeeded"
    assert a.last_attempt(run, "deploy").late_report is None
    assert broken() == []
