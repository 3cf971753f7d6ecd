"""Going on with an attempt whose worker was lost: at most one worker does, the attempt stays the same.

Of a local script only its own host knows: a worker there that finds the attempt's folder. Of everything else that can
be asked about on the far side, by its external id or by our key, any worker. What nobody can know goes to a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from releaseorch.catalog import retrying
from releaseorch.catalog.states import EffectClass
from releaseorch.core import dispatch, hold
from releaseorch.core.actor import SYSTEM
from releaseorch.core.database import database_now
from releaseorch.executors import registry
from releaseorch.executors.base import Executor
from releaseorch.runs import progress
from releaseorch.runs.engine import places
from releaseorch.runs.models import Attempt
from releaseorch.runs.states import AttemptState
from releaseorch.runs.store import Claim, Worker, store

TASK = "exec.reattach_step"


@dataclass(frozen=True)
class Orphan:
    """An attempt that this process goes on with; `age_s` since its intent, by the database's clock."""

    claim: Claim
    external_id: str
    age_s: float


def queue_of(host: str) -> str:
    """Where the workers of one host listen for what only they can do."""
    return f"exec.on.{host}"


def can_be_known(attempt: Attempt) -> bool:
    """Whether some worker may find out what became of it."""
    executor = _executor_of(attempt)
    if executor is None:  # another process may have it
        return True
    if executor.is_local or attempt.external_id:
        return True
    step = attempt.step
    return retrying.class_of(step.effect_class, step.executor, step.parameters) != EffectClass.UNSAFE


def ask_workers(attempts: Iterable[Attempt]) -> None:
    """Nudge those who may know, once the present transaction is committed."""
    for attempt in attempts:
        executor = _executor_of(attempt)
        queue = queue_of(attempt.host) if executor and executor.is_local else None
        dispatch.nudge_each(TASK, [(attempt.pk, attempt.token)], queue)


def take(attempt_id: int, token: int, worker: Worker, lease_s: float, grace_s: float) -> Orphan | None:
    """Hold the attempt from now on; None when it isn't to be had, or not known here."""
    found = Attempt.objects.select_related("step").filter(pk=attempt_id, token=token)
    attempt = found.filter(state=AttemptState.RUNNING, person=None).first()
    if attempt is None or hold.is_open() or not _is_known_here(attempt, worker):
        return None
    step = attempt.step
    claim = Claim(step.run_id, step.pk, attempt.pk, attempt.number, attempt.token, attempt.started_at)
    with progress.moving(step.run_id):
        held = store().reattach(claim, worker, lease_s, grace_s)
        if held is None:
            return None
        step = progress.step_now(step.pk)
        progress.note(SYSTEM, "step.reattached", step, attempt=held.number, host=worker.host)
    assert attempt.effect_started_at is not None, "only what had begun is held again"
    age_s = (database_now() - attempt.effect_started_at).total_seconds()
    return Orphan(held, attempt.external_id, age_s)


def _is_known_here(attempt: Attempt, worker: Worker) -> bool:
    executor = _executor_of(attempt)
    if executor is None or not executor.is_local:
        return executor is not None
    return attempt.host == worker.host and places.place_of(attempt.pk, attempt.started_at).is_dir()


def _executor_of(attempt: Attempt) -> Executor | None:
    return registry.found().executors.get(attempt.step.executor)
