"""The database did what it was asked to and the connection broke before it said so: nothing healthy is stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection

from releaseorch.core.trips import Trip
from releaseorch.runs import engine, services
from releaseorch.runs.engine import worker
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import log_bytes, log_pieces
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.runs import builders as a

pytestmark = pytest.mark.django_db(transaction=True)
LOG = "INSERT INTO runs_logchunk"
DROPPED_LOG = "DELETE FROM runs_logchunk"
INTENT = "UPDATE runs_attempt SET effect_started_at"
EXTERNAL_ID = "UPDATE runs_attempt SET external_id"
HEARTBEAT = "UPDATE runs_attempt SET heartbeat_at"
LINES = ("sh", "-c", "echo one; sleep 0.3; echo two; sleep 0.3; echo three")


@contextmanager
def lost_answer(beginning: str, meanwhile: Callable[[], object] = lambda: None) -> Iterator[list[str]]:
    """Carry out and commit the first statement that begins so, then fail as a connection that broke meanwhile does.

    One that goes out with others (`core.trips`) is answered with them.
    """
    lost: list[str] = []
    go, going = Trip.go, list[str]()

    def breaks() -> OperationalError:
        meanwhile()
        return OperationalError("server closed the connection unexpectedly")

    def lose(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        answer = execute(sql, params, many, context)
        if lost or not sql.startswith(beginning):
            return answer
        lost.append(sql)
        if context["cursor"] is None:
            going.append(sql)
            return answer
        context["cursor"].fetchall()
        raise breaks()

    def went(trip: Trip) -> Any:
        answers = go(trip)
        if going:
            going.clear()
            raise breaks()
        return answers

    with connection.execute_wrapper(lose), mock.patch.object(Trip, "go", went):
        yield lost


def deploying(cast: Cast, house: House, *argv: str) -> DeploymentRun:
    version = house.version(house.claims_web, "2.1.0")
    step = a.installing("deploy", version, *argv)
    return a.running_run(cast.release_manager, step, environment=house.production)


@pytest.mark.parametrize("statement", [LOG, INTENT, EXTERNAL_ID, HEARTBEAT])
def test_one_lost_answer_stops_no_deployment(cast: Cast, house: House, statement: str) -> None:
    run = deploying(cast, house, *LINES)
    with lost_answer(statement) as lost:
        a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    assert len(lost) == 1
    assert (attempt.state, attempt.reason) == ("succeeded", "")
    assert log_bytes(attempt) == b"one\ntwo\nthree\n"
    assert a.installed(house.claims_web, house.production) == "2.1.0"
    assert attempt.late_report is None
    assert broken() == []


@pytest.mark.parametrize("statement", [LOG, DROPPED_LOG])
def test_one_lost_answer_loses_and_repeats_nothing_of_a_long_log(
    cast: Cast, house: House, settings: Any, statement: str
) -> None:
    settings.LOG_LIMIT = 1024 * 1024
    run = deploying(cast, house, "seq", "-w", "0", "171428")  # 7 bytes each
    with lost_answer(statement) as lost:
        a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    printed = b"".join(b"%06d\n" % number for number in range(171_429))
    [(_none, head), *middle, (missing, tail)] = _between_gaps(log_pieces(attempt))
    assert (len(lost), attempt.state, middle) == (1, "succeeded", [])
    assert printed == head + printed[len(head) : len(head) + missing] + tail
    assert missing > 0


def _between_gaps(pieces: Iterator[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """What stands without a gap, each with what is missing before it."""
    found: list[tuple[int, bytes]] = []
    for missing, piece in pieces:
        if missing or not found:
            found.append((missing, piece))
        else:
            found[-1] = (found[-1][0], found[-1][1] + piece)
    return found


def test_who_was_asked_to_stop_while_the_answer_was_lost_does_not_begin(
    cast: Cast, house: House, tmp_path: Any
) -> None:
    """Invariant 11: cancelled since somebody asked, and for no other reason."""
    run = deploying(cast, house, "touch", str(tmp_path / "begun"))

    def cancel() -> None:
        services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Wrong night.")

    with lost_answer(INTENT, cancel) as lost:
        a.carry_out(run, "deploy")
    assert lost
    assert (a.now(run).state, a.last_attempt(run, "deploy").state) == ("cancelled", "cancelled")
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_away_while_a_step_is_checked_is_asked_again(cast: Cast, house: House) -> None:
    run = deploying(cast, house, *LINES)
    step = a.step(run, "deploy")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    with lost_answer("SELECT") as lost:
        worker._carry_out(claim)
    assert lost
    assert a.last_attempt(run, "deploy").state == "succeeded"


def test_a_lost_answer_to_a_claim_is_no_second_start(cast: Cast, house: House) -> None:
    """Who can't know whether the claim was theirs leaves it to the reaper: nothing had begun."""
    run = deploying(cast, house, *LINES)
    step = a.step(run, "deploy")
    with lost_answer("UPDATE runs_step SET"):
        engine.run_step(step.pk, step.token)
    assert a.last_attempt(run, "deploy").number == 1
    assert broken() == []
