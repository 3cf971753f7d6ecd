"""What a worker does at a stretch: the steps it was told of and what they make ready, each claimed as the last ends."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection, transaction

from releaseorch.audit.models import Event
from releaseorch.core import dispatch, statements
from releaseorch.core.hold import is_open
from releaseorch.core.models import Hold
from releaseorch.executors.base import Context, Done, Result
from releaseorch.runs import progress, services
from releaseorch.runs.engine import turn, worker
from releaseorch.runs.models import DeploymentRun
from tests.characters import Cast
from tests.faults import tools
from tests.runs import builders as a

Sent = list[tuple[int, ...]]


class Swift(tools.Job):
    """Has ended as soon as it begins."""

    kind = "swift"
    keeps_files = False

    def start(self, context: Context) -> Result:
        return Done()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What reached the broker: the arguments of each message."""
    found: Sent = []
    monkeypatch.setattr(
        "celery.app.base.Celery.send_task", lambda _app, _name, args, **_options: found.append(tuple(args))
    )
    return found


def told(run: DeploymentRun, *keys: str) -> None:
    """However slow this machine is just now."""
    worker._take(
        turn.Turn(((step.pk, step.token) for step in (a.step(run, key) for key in keys)), 600.0), None
    )


def test_whoever_ends_a_step_goes_on_with_the_next_one(
    cast: Cast, sent: Sent, transactional_db: None
) -> None:
    chain = a.automated("one"), a.automated("two", after=["one"]), a.automated("three", after=["two"])
    run = a.running_run(cast.release_manager, *chain)
    sent.clear()
    told(run, "one")
    assert a.now(run).state == "succeeded"
    assert sent == [], "nobody else had to be told"
    verbs = Event.objects.filter(subject_kind="step").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["step.claimed", "step.succeeded"] * 3
    assert all(a.last_attempt(run, key).number == 1 for key in ("one", "two", "three"))


def test_what_it_does_not_do_itself_others_are_told_of(
    cast: Cast, sent: Sent, transactional_db: None
) -> None:
    run = a.running_run(
        cast.release_manager,
        a.automated("first"), a.automated("left", after=["first"]), a.automated("right", after=["first"]),
        a.manual("by hand", after=["first"]),
    )  # fmt: skip
    sent.clear()
    told(run, "first")
    right = a.step(run, "right")
    assert a.states(run) == {
        "first": "succeeded", "left": "succeeded", "right": "ready", "by hand": "ready"
    }  # fmt: skip
    assert sent == [(right.pk, right.token)]
    assert a.waits_of(run, "left") == ""


def test_who_is_quick_keeps_some_of_what_it_makes_ready_and_tells_others_of_the_rest(
    cast: Cast, sent: Sent, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QUICK_S", "MOMENT_S"):  # also on a slow machine
        monkeypatch.setattr(turn, name, 600.0)
    before: dict[str, Sequence[str]] = {"one": (), "two": ("one",), "three": ("two",)}
    before |= {f"end {number}": ("three",) for number in range(turn.KEEPS + 3)}
    swift: dict[str, Any] = {"executor": "swift", "parameters": {}}
    with tools.brought(Swift()):
        run = a.running_run(
            cast.release_manager, *(a.automated(key, after=keys, **swift) for key, keys in before.items())
        )
        sent.clear()
        told(run, "one")
    left = [a.step(run, key) for key, state in a.states(run).items() if state == "ready"]
    assert len(left) == 2, "one it began itself, so many it kept"
    assert sent == [(step.pk, step.token) for step in left]
    assert a.states(run)["end 0"] == "succeeded"


def test_a_slow_step_keeps_nothing_to_itself(cast: Cast, sent: Sent, transactional_db: None) -> None:
    run = a.running_run(cast.release_manager, a.automated("one"), a.automated("two"), a.automated("three"))
    steps = [a.step(run, key) for key in ("one", "two", "three")]
    sent.clear()
    at_work = turn.Turn([(step.pk, step.token) for step in steps], 600.0)
    assert at_work.begin() is not None
    with at_work.watched():
        a_moment = threading.Event()
        while len(sent) < 2:
            a_moment.wait(0.01)
    at_work.close()
    assert sent == [(step.pk, step.token) for step in steps[1:]]


def test_a_hold_and_a_pause_keep_the_next_step_from_beginning(
    cast: Cast, sent: Sent, transactional_db: None
) -> None:
    chain = a.automated("one"), a.automated("two", after=["one"])
    held = a.running_run(cast.release_manager, *chain)
    claim = turn.claim_step(a.step(held, "one").pk, a.step(held, "one").token)
    assert claim is not None
    services.pause_run(actor=cast.release_manager, run=a.now(held), reason="Lunch.")
    at_work = turn.Turn((), 60.0)
    with progress.moving(held.pk) as now:
        statements.asked(at_work.claim_next(now.run))
    assert at_work.begin() is None
    paused = a.running_run(cast.release_manager, *chain)
    Hold.objects.create(reason="An older backup.")
    assert is_open()
    told(paused, "one")
    assert a.states(paused) == {"one": "ready", "two": "pending"}


def test_a_claim_whose_transaction_was_undone_is_not_carried_out(
    cast: Cast, sent: Sent, transactional_db: None
) -> None:
    run = a.running_run(cast.release_manager, a.automated("one"))
    step = a.step(run, "one")
    at_work = turn.Turn([(step.pk, step.token)], 60.0)

    def undone() -> bool:
        with transaction.atomic():
            statements.asked(at_work.claim_next(progress.locked(run.pk)))
            transaction.set_rollback(True)
        return True

    at_work.finishing(undone)
    assert at_work.finishing(lambda: True), "the second try finds that its report counts already"
    assert a.step(run, "one").state == "ready"

    def broken() -> bool:
        with transaction.atomic():
            statements.asked(at_work.claim_next(progress.locked(run.pk)))
            raise RuntimeError("It can't be written.")

    with pytest.raises(RuntimeError):
        at_work.finishing(broken)
    assert a.step(run, "one").state == "ready"
    claim = at_work.begin()
    assert claim is not None and claim.number == 1 and a.last_attempt(run, "one").pk == claim.attempt_id


def test_many_steps_go_out_in_few_messages_and_few_steps_in_one_each(
    sent: Sent, transactional_db: None
) -> None:
    with transaction.atomic():
        dispatch.nudge_each(progress.TASK, [(number, 0) for number in range(5)])
        dispatch.nudge_each(progress.TASK, [(number, 0) for number in range(5, 12)])
        assert sent == [] and connection.run_on_commit
    assert sent == [(number, 0) for number in range(12)]
    sent.clear()
    with transaction.atomic():
        dispatch.nudge_each(progress.TASK, [(number, 0) for number in range(1000)])
    assert len(sent) == 50
    assert [hint for step_id, token, more in sent for hint in [(step_id, token), *more]] == [
        (number, 0) for number in range(1000)
    ]  # type: ignore[misc]
