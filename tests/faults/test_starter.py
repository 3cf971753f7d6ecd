"""A tool that keeps whoever begins it waiting holds no place in a worker, and what it answers late counts."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest

from releaseorch.executors.base import Context, Done, Executor, Failed, Inputs, Result, Unknown
from releaseorch.runs import engine
from releaseorch.runs.engine import starter, worker
from releaseorch.runs.engine.poller import Poller
from tests.characters import Cast
from tests.faults import tools
from tests.faults.invariants import broken
from tests.faults.test_worker_dies import until
from tests.runs import builders as a

pytestmark = pytest.mark.django_db(transaction=True)


class Slow(Executor):
    """Answers when it is allowed to; one that is told to break raises."""

    kind: ClassVar[str] = "slow"
    label: ClassVar[str] = "Slow"
    keeps_files = False
    keeps_waiting = True
    config_schema: ClassVar[Mapping[str, Any]] = {"type": "object"}
    may_answer: ClassVar[threading.Event] = threading.Event()

    def plan(self, inputs: Inputs) -> str:
        return "Waits."

    def start(self, context: Context) -> Result:
        if not context.config.get("at_once"):
            assert self.may_answer.wait(20), "nobody allowed it to answer"
        context.log.write(b"answered\n")
        return Failed("It said no.") if context.config.get("says_no") else Done()

    poll = cancel = reconcile = lambda *_: Unknown("It can't be asked.")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    monkeypatch.setattr(worker, "STAYS_S", 0.05)
    with tools.brought(Slow()):
        Slow.may_answer.clear()
        yield Slow.may_answer
        Slow.may_answer.set()
        starter.starter.wait(20)
        until(lambda: not any(one.name == "starter" for one in threading.enumerate()))


def test_what_keeps_waiting_keeps_nobody_else(cast: Cast, slow: threading.Event) -> None:
    run = a.running_run(
        cast.release_manager,
        *(a.automated(f"long {n}", executor="slow", parameters={"says_no": n == 1}) for n in range(3)),
        a.automated("quick", executor="slow", parameters={"at_once": True}),
        a.automated("last", after=["long 0"], executor="slow", parameters={"at_once": True}),
    )
    poller = Poller()
    for step in run.steps.filter(state="ready").order_by("number"):
        engine.run_step(step.pk, step.token, poller)  # comes back
    until(lambda: a.step(run, "quick").state == "succeeded")
    assert a.states(run) == {
        "long 0": "running", "long 1": "running", "long 2": "running", "quick": "succeeded", "last": "pending"
    }  # fmt: skip
    slow.set()
    until(lambda: not run.steps.filter(state="running").exists())
    found = a.states(run)
    assert (found["long 0"], found["long 1"], found["last"]) == ("succeeded", "needs_decision", "ready")
    assert a.last_attempt(run, "long 1").reason == "It said no."
    assert broken() == []
