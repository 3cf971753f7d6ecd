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

from django.conf import settings
from django.db import Error

from releaseorch.audit import high_water
from releaseorch.core import dispatch, schema
from releaseorch.core.actor import SYSTEM
from releaseorch.executors import registry
from releaseorch.runs import progress, restored
from releaseorch.runs.engine.job import Job, job_of
from releaseorch.runs.engine.lease import persist
from releaseorch.runs.engine.places import this_worker
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.store import Claim, store

logger = logging.getLogger(__name__)
Hint = tuple[int, int]  # id and token of a step
Then = Callable[[DeploymentRun, Claim, Step], None]
CLAIM_TRIES_S = 10.0
AT_A_STRETCH_S = 1.0
MOMENT_S = 0.3


class Turn:
    """The steps that one worker was told of, one after the other.

    `job` is what the step that was begun last runs, if that was read with its claim: then its intent stands already.
    """

    def __init__(self, hints: Iterable[Hint] = (), longest_s: float = 0.0) -> None:
        self.job: Job | None = None
        self._hints = deque(hints)
        self._until = time.monotonic() + longest_s
        self._next: Claim | None = None
        self._has_looked = self._is_committed = False

    def begin(self) -> Claim | None:
        """The step that is next, claimed; None when there is none to be had. Raises `Fenced`."""
        claim, self._next = self._next if self._is_committed else None, None
        if claim and self._hints and self._hints[0][0] == claim.step_id:
            self._hints.popleft()
        if claim is None and self._has_looked and time.monotonic() >= self._until:
            self.hand_on()
        while claim is None and self._hints:
            hint = self._hints.popleft()
            claim = persist(lambda: claim_step(*hint, self._prepare), CLAIM_TRIES_S)  # noqa: B023 (called at once)
        return claim

    def claim_next(self, run: DeploymentRun) -> None:
        """Within the transaction that ended a step of this run: claim the next one too, if there is one."""
        self._next, self._has_looked = None, True
        if time.monotonic() >= self._until:
            return
        hint = self._hints[0] if self._hints else dispatch.keep_first(progress.TASK)
        if hint is None:
            return
        if _may_begin(run, *hint):
            self._next = _claim(run, *hint, self._prepare)
        if self._next is None and not self._hints:
            dispatch.nudge_each(progress.TASK, [hint])

    def _prepare(self, run: DeploymentRun, claim: Claim, step: Step) -> None:
        self.job = _at_once(run, claim, step)

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
        if not self._hints:
            yield
            return
        timer = threading.Timer(MOMENT_S, self.hand_on)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def hand_on(self) -> None:
        """Tell others of the steps that would have to wait for the present one."""
        left = list(self._hints)
        self._hints.clear()
        dispatch.send_each(progress.TASK, left)


def _nothing(_run: DeploymentRun, _claim: Claim, _step: Step) -> None:
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
    with progress.moving(known.run_id) as run:
        return _claim(run, step_id, token, then)


def _claim(run: DeploymentRun, step_id: int, token: int, then: Then) -> Claim | None:
    """Within the transaction that has locked the run; `then` is done in it too."""
    claim = store().claim(step_id, token, this_worker(), settings.ENGINE["lease"])
    if claim is None:
        return None
    step = progress.step_claimed(step_id)
    progress.note(SYSTEM, "step.claimed", step, attempt=claim.number, host=this_worker().host)
    progress.settle(run, [step])
    then(run, claim, step)
    return claim


def _may_begin(run: DeploymentRun, step_id: int, token: int) -> bool:
    """Only where nothing needs a second look: whatever does is claimed on its own."""
    known = store().before_claim(step_id, token)
    return (
        known is not None
        and known.run_id == run.pk
        and not known.has_been_held
        and not schema.why_too_old(known.newest_migration)
    )


def _at_once(run: DeploymentRun, claim: Claim, step: Step) -> Job | None:
    """For a tool that keeps no files: what is run, with its intent; None where something must be looked at first."""
    executor = registry.found().executors.get(step.executor)
    if executor is None or executor.keeps_files:
        return None
    step.run = run
    try:
        job = job_of(claim, step)
    except Error:
        raise
    except Exception:  # said where it can be told, after the claim
        return None
    return job if store().record_intent(claim, settings.ENGINE["lease"]) else None
