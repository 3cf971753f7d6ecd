"""What a worker does at a stretch: the steps of one message, then what its own steps make ready.

Whoever ends a step claims the next one in the same transaction: no message, no commit of its own. Nobody else waits for
it: after a second, or as soon as one step takes longer than a moment, all others are left to whoever is free.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.conf import settings
from django.db import Error

from releaseorch.audit import high_water
from releaseorch.core import dispatch, schema, statements
from releaseorch.core.actor import SYSTEM
from releaseorch.core.statements import Asking
from releaseorch.core.transitions import go
from releaseorch.executors import registry
from releaseorch.runs import progress, restored
from releaseorch.runs.engine import together
from releaseorch.runs.engine.job import Job, job_of
from releaseorch.runs.engine.lease import persist
from releaseorch.runs.engine.places import this_worker
from releaseorch.runs.engine.together import Word
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.store import Claim, store

logger = logging.getLogger(__name__)
Hint = tuple[int, int]  # id and token of a step
Then = Callable[[Step, Job | None], None]
NOT_YET = Claim(0, 0, 0, 0, 0)  # what a job is made for before its step is claimed
CLAIM_TRIES_S = 10.0
AT_A_STRETCH_S = 1.0
MOMENT_S = 0.3
# Who carries out so many steps in no time keeps so many of those that it makes ready, instead of telling others.
QUICK_S, QUICK_STEPS, KEEPS = MOMENT_S / 3, 3, 4


class Turn:
    """The steps that one worker was told of, one after the other.

    `step` is the one that was begun last, `job` what it runs, if its intent stands already.
    """

    def __init__(self, hints: Iterable[Hint] = (), longest_s: float = 0.0) -> None:
        self.step: Step | None = None
        self.job: Job | None = None
        self._hints = deque(hints)
        self._since, self._ended = time.monotonic(), 0
        self._until = self._since + longest_s
        self._next: Claim | None = None
        self._has_looked = self._is_committed = False
        self._watch: threading.Thread | None = None
        self._handing_on, self._is_over = threading.Lock(), threading.Event()
        self._begins: float | None = None

    def begin(self) -> Claim | None:
        """The step that is next, claimed; None when there is none to be had. Raises `Fenced`."""
        claim, self._next = self._next if self._is_committed else None, None
        if claim and self._hints and self._hints[0][0] == claim.step_id:
            self._pop()
        if claim is None and self._has_looked and time.monotonic() >= self._until:
            self.hand_on(1 if self._is_quick() else dispatch.ALONE)
        while claim is None and (hint := self._pop()):
            claim = persist(lambda: claim_step(*hint, self._keep), CLAIM_TRIES_S)
        return claim

    def looks_at(self) -> list[int]:
        """The step that `claim_next` will look at, if it is known now."""
        with self._handing_on:
            return [self._hints[0][0]] if self._hints and time.monotonic() < self._until else []

    def claim_next(self, run: DeploymentRun) -> Asking[None]:
        """Within the transaction that ended a step of this run: claim the next one too, if there is one."""
        self._next, self._has_looked = None, True
        self._ended += 1
        if time.monotonic() >= self._until:
            return
        with self._handing_on:
            told = self._hints[0] if self._hints else None
        hint = told or next(iter(dispatch.keep_first(progress.TASK)), None)
        if hint is None:
            return
        self._next = yield from _claim_next(run, *hint, self._keep)
        if self._next is None and told is None:
            dispatch.nudge_each(progress.TASK, [hint])
        if self._is_quick():
            with self._handing_on:
                self._hints += dispatch.keep_first(progress.TASK, max(KEEPS - len(self._hints), 0))

    def _is_quick(self) -> bool:
        """Whether it may be expected to come to what it keeps sooner than anybody who had to be told."""
        return self._ended >= QUICK_STEPS and time.monotonic() - self._since < QUICK_S * self._ended

    def _keep(self, step: Step, job: Job | None) -> None:
        self.step, self.job = step, job

    def finishing(self, finish: Callable[[], bool]) -> bool:
        """Do `finish`, whose transaction calls `claim_next` if the report counts.

        When an earlier try was committed and its answer lost, it isn't called again: then the rows tell.
        """
        self._has_looked = self._is_committed = False
        counts = finish()
        if self._next is not None and not self._has_looked and not store().holds(self._next):
            self._next = None
        self._is_committed = True
        return counts

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Inside, a step begins; others are told of the rest as soon as that takes longer than a moment."""
        if self._watch is None and (self._hints or self._ended):
            self._watch = threading.Thread(target=self._look, name="turn", daemon=True)
            self._watch.start()
        self._begins = time.monotonic()
        try:
            yield
        finally:
            self._begins = None

    def _look(self) -> None:
        while not self._is_over.wait(MOMENT_S / 3):
            begins = self._begins
            if begins is not None and time.monotonic() - begins > MOMENT_S:
                self.hand_on()

    def hand_on(self, alone: int = dispatch.ALONE) -> None:
        """Tell others of the steps that would have to wait for the present one; up to so many one by one."""
        with self._handing_on:
            left = list(self._hints)
            self._hints.clear()
        dispatch.send_each(progress.TASK, left, alone=alone)

    def close(self) -> None:
        self._is_over.set()
        if self._watch is not None:
            self._watch.join()

    def _pop(self) -> Hint | None:
        with self._handing_on:
            return self._hints.popleft() if self._hints else None


def _nothing(_step: Step, _job: Job | None) -> None:
    return None


def claim_step(step_id: int, token: int, then: Then = _nothing) -> Claim | None:
    """Take the step for this process; None when somebody was first, the run doesn't run, or this code is too old."""
    high_water.look_if_due()
    known = store().before_claim(step_id, token)
    if known is None:
        return None
    if too_old := schema.why_too_old(known.newest_migration):
        logger.error("step %s is left to another worker. %s", step_id, too_old)
        return None
    if known.has_been_held and restored.keeps_back(known.run_id, step_id, token):
        return None
    claims: list[Claim | None] = []

    def take(run: DeploymentRun, _answers: object) -> Asking[bool]:
        claims.append((yield from _claim(run, progress.step_seen(step_id), token, then)))
        return True

    together.say(known.run_id, Word((), take, [step_id]))
    return claims[-1]


def _claim_next(run: DeploymentRun, step_id: int, token: int, then: Then) -> Asking[Claim | None]:
    """Only a step of this run, and only where nothing needs a second look: whatever does is claimed on its own."""
    newest = schema.newest_known()
    step = progress.step_seen(step_id)
    if newest is None or step.run_id != run.pk:
        return None
    return (yield from _claim(run, step, token, then, newest))


def _claim(
    run: DeploymentRun, step: Step, token: int, then: Then, newest_migration: int | None = None
) -> Asking[Claim | None]:
    """Within the transaction that has locked the run; `then` is told of the step, and of a job whose intent stands."""
    if step.token != token or (step.is_limited and not progress.has_place(run, step)):
        return None
    step.run = run
    job = None if then is _nothing else _job_at_once(step)
    claiming = store().claiming(
        step.pk, token, this_worker(), settings.ENGINE["lease"],
        has_place=step.is_limited, with_intent=job is not None, newest_migration=newest_migration,
        asks_for=run.pk,
    )  # fmt: skip
    # Whoever looks at the places next sees that this one is taken.
    claim = statements.asked(claiming) if step.is_limited else (yield from claiming)
    if claim is None:
        if step.is_limited:  # it was called and can't begin: the next one may
            progress.call_next(run)
        return None
    go(step, "claim")
    progress.note(SYSTEM, "step.claimed", step, attempt=claim.number, host=this_worker().host)
    progress.settle(run, [step], claim.first_waiting)
    then(step, replace(job, claim=claim) if job else None)
    return claim


def _job_at_once(step: Step) -> Job | None:
    """For a tool that keeps no files, what is run; None where something must be looked at first, or said."""
    executor = registry.found().executors.get(step.executor)
    if executor is None or executor.keeps_files:
        return None
    try:
        return job_of(NOT_YET, step)
    except Error:
        raise
    except Exception:  # said where it can be told, after the claim
        return None
