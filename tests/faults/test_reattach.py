"""A worker is killed while a real script runs; another one of its host re-attaches, and the outcome is known."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from releaseorch.audit.models import Event
from releaseorch.executors.shell import wrapper
from releaseorch.runs import housekeeping, services
from releaseorch.runs.engine import places
from releaseorch.runs.models import Attempt, DeploymentRun
from releaseorch.runs.queries import log_bytes
from tests.characters import Cast
from tests.factories import House
from tests.faults import contestants, tools
from tests.faults.conftest import SHORT_LEASES
from tests.faults.invariants import broken
from tests.faults.test_worker_dies import _hold_the_database, begin, is_alive, kill, lines, until
from tests.races import Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# Works until it is told to go on, saying something before and after.
WAITS = """
    echo "$$ begun" >> "$0"; echo one; until test -e "$0.go"; do sleep 0.05; done
    echo two; echo "$$ ended" >> "$0"
"""


@pytest.fixture
def other_worker(lone_worker: Racers) -> Iterator[Racers]:
    worker = Racers(str(connection.settings_dict["NAME"]), count=1)
    worker.race(contestants.shorten, [(SHORT_LEASES,)])
    yield worker
    worker.close()


@pytest.fixture(autouse=True)
def known_tools() -> Iterator[None]:
    with tools.brought():
        yield


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


@pytest.fixture
def run(cast: Cast, house: House, effects: Path) -> DeploymentRun:
    version = house.version(house.claims_web, "2.1.0")
    step = a.installing("deploy", version, "sh", "-c", WAITS, str(effects))
    return a.running_run(cast.release_manager, step, environment=house.production)


def is_noted(attempt: Attempt, position: int) -> bool:
    """Whether its worker has written down how much of the log is stored: what isn't noted yet is stored again."""
    noted = places.place_of(attempt.pk, attempt.started_at) / "log.position"
    return noted.exists() and json.loads(noted.read_text())["position"] == position


def let_go_on(effects: Path) -> None:
    effects.with_name("effects.go").touch()


def stop(worker: Racers) -> int:
    """Between two of its transactions: inside of one it would hold SQLite for everybody. Returns its process id."""
    (process,) = worker.processes
    assert process.pid is not None
    with transaction.atomic():
        _hold_the_database()
        os.kill(process.pid, signal.SIGSTOP)
    return process.pid


def lapsed(run: DeploymentRun) -> Attempt:
    """The attempt once a housekeeper has found its lease over and asks workers about it."""

    def is_asked_about() -> bool:
        housekeeping.reap()
        return a.last_attempt(run, "deploy").asks > 0

    until(is_asked_about)
    return a.last_attempt(run, "deploy")


def held_again(worker: Racers, run: DeploymentRun) -> Attempt:
    """Let this worker go on with the attempt; it has done so when this returns."""
    attempt = lapsed(run)
    worker.begin(contestants.reattach, attempt.pk, attempt.token)
    until(lambda: a.last_attempt(run, "deploy").token > attempt.token)
    return attempt


def test_a_worker_of_its_host_goes_on_with_a_script_whose_worker_was_killed(
    house: House, run: DeploymentRun, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    begin(lone_worker, run, effects)
    until(lambda: is_noted(a.last_attempt(run, "deploy"), len(b"one\n")))
    kill(lone_worker)
    held_again(other_worker, run)
    assert a.states(run) == {"deploy": "running"}
    assert broken() == []
    let_go_on(effects)
    other_worker.answer()
    attempt = a.last_attempt(run, "deploy")
    assert (a.now(run).state, attempt.state, attempt.number) == ("succeeded", "succeeded", 1)
    assert log_bytes(attempt) == b"one\ntwo\n"
    assert lines(effects) == ["begun", "ended"]
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert Event.objects.filter(verb="step.reattached").count() == 1
    assert not places.place_of(attempt.pk, attempt.started_at).exists()
    assert broken() == []


def test_how_a_script_ended_while_nobody_looked_is_read_from_disk(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    ends = ("sh", "-c", 'echo "$$ begun" >> "$0"; sleep 0.5; echo bye; exit 3', str(effects))
    run = a.running_run(cast.release_manager, a.automated("deploy", *ends))
    begin(lone_worker, run, effects)
    kill(lone_worker)
    attempt = lapsed(run)
    other_worker.race(contestants.reattach, [(attempt.pk, attempt.token)])
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.exit_code, log_bytes(attempt)) == ("failed", 3, b"bye\n")
    assert a.states(run) == {"deploy": "needs_decision"}
    assert broken() == []


def test_at_most_one_of_many_workers_re_attaches(
    racers: Racers, run: DeploymentRun, lone_worker: Racers, effects: Path
) -> None:
    begin(lone_worker, run, effects)
    kill(lone_worker)
    racers.race(contestants.shorten, [(SHORT_LEASES,)] * len(racers.processes))
    attempt = lapsed(run)
    found = racers.race(contestants.take_orphan, [(attempt.pk, attempt.token)] * len(racers.processes))
    (claim,) = (finish.value for finish in found if finish.value is not None)
    assert (claim.attempt_id, claim.token) == (attempt.pk, attempt.token + 1)
    assert broken() == []
    let_go_on(effects)


def test_a_worker_that_was_stopped_and_wakes_leaves_the_script_to_who_has_it(
    run: DeploymentRun, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    begin(lone_worker, run, effects)
    process = stop(lone_worker)
    held_again(other_worker, run)
    os.kill(process, signal.SIGCONT)
    lone_worker.answer()  # it has noticed, and given up
    assert is_alive(effects)
    let_go_on(effects)
    other_worker.answer()
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.late_report, lines(effects)) == ("succeeded", None, ["begun", "ended"])
    assert broken() == []


def test_a_stop_that_was_asked_for_while_nobody_held_it_is_confirmed_by_who_re_attaches(
    cast: Cast, run: DeploymentRun, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    begin(lone_worker, run, effects)
    kill(lone_worker)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")
    attempt = lapsed(run)
    other_worker.race(contestants.reattach, [(attempt.pk, attempt.token)])
    assert (a.now(run).state, a.states(run)) == ("cancelled", {"deploy": "cancelled"})
    assert not is_alive(effects)


def test_the_time_limit_counts_from_the_beginning_whoever_holds_it(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    """The tool never looks at the time; the worker that began it is gone."""
    pid = effects.with_name("pid")
    parameters = {"ledger": str(pid), "seconds": 60}
    run = a.running_run(
        cast.release_manager, a.automated("deploy", executor="job", parameters=parameters, timeout_s=4)
    )
    begun = begin_job(lone_worker, run, pid)
    kill(lone_worker)
    other_worker.race(tools.bring, [()])
    held_again(other_worker, run)
    other_worker.answer()
    assert 3.5 < time.monotonic() - begun < 4 + SHORT_LEASES["grace"] + 2
    assert a.last_attempt(run, "deploy").reason == "It was stopped: it took longer than 4 s."
    assert broken() == []


def test_a_job_elsewhere_is_found_again_by_its_external_id(
    cast: Cast, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    pid = effects.with_name("pid")
    parameters = {"ledger": str(pid), "seconds": 60}
    run = a.running_run(cast.release_manager, a.automated("deploy", executor="job", parameters=parameters))
    begin_job(lone_worker, run, pid)
    kill(lone_worker)
    other_worker.race(tools.bring, [()])
    held_again(other_worker, run)
    os.kill(int(pid.read_text()), signal.SIGKILL)  # it ends
    other_worker.answer()
    assert (a.now(run).state, a.last_attempt(run, "deploy").state) == ("succeeded", "succeeded")
    assert broken() == []


def begin_job(worker: Racers, run: DeploymentRun, pid: Path) -> float:
    worker.race(tools.bring, [()])
    step = a.step(run, "deploy")
    worker.begin(contestants.work, step.pk, step.token)
    until(lambda: a.last_attempt(run, "deploy").external_id if Attempt.objects.exists() else False)
    return time.monotonic()


def test_when_the_wrapper_died_too_a_person_decides(
    run: DeploymentRun, lone_worker: Racers, other_worker: Racers, effects: Path
) -> None:
    begin(lone_worker, run, effects)
    kill(lone_worker)
    attempt = lapsed(run)
    place = places.place_of(attempt.pk, attempt.started_at)
    os.kill(wrapper_of(place), signal.SIGKILL)
    other_worker.race(contestants.reattach, [(attempt.pk, attempt.token)])
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, a.states(run)) == ("unknown", {"deploy": "needs_decision"})
    assert "is still there" in attempt.reason
    assert place.exists()
    let_go_on(effects)
    assert broken() == []


def wrapper_of(place: Path) -> int:
    return int(json.loads((place / wrapper.STATUS).read_text())["pid"])


@pytest.mark.parametrize("missing", ["host", "folder"])
def test_a_worker_of_another_host_or_state_directory_leaves_it_alone(
    run: DeploymentRun, lone_worker: Racers, other_worker: Racers, effects: Path, missing: str, settings: Any
) -> None:
    begin(lone_worker, run, effects)
    kill(lone_worker)
    attempt = lapsed(run)
    place = places.place_of(attempt.pk, attempt.started_at)
    if missing == "host":
        Attempt.objects.filter(pk=attempt.pk).update(host="elsewhere")
    else:
        place.rename(place.with_name("hidden"))
    other_worker.race(contestants.reattach, [(attempt.pk, attempt.token)])
    assert a.last_attempt(run, "deploy").token == attempt.token
    until(housekeeping.reap)
    assert a.last_attempt(run, "deploy").state == "unknown"
    let_go_on(effects)
    assert broken() == []
