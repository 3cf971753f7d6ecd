"""Runs and steps as the engine reads them, with all that their sentences name, by queries that are made once."""

from collections.abc import Iterable, Sequence

from releaseorch.core import clock, statements
from releaseorch.core.statements import Asking, Reading, Row, Statement, places
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState
from releaseorch.runs.store import store

WITH_NAMES = ("team", "owner", "target", "version", "component__application__team")
_RUNS = Reading(lambda: DeploymentRun.objects.select_related("environment"))
_STEPS = Reading(lambda: Step.objects.select_related(*WITH_NAMES))


def locked_run(
    run_id: int, also: Sequence[Statement] = (), looks_at: Sequence[int] = ()
) -> tuple[DeploymentRun, list[list[Row]], list[Step]]:
    """Its row is locked until the transaction ends; then the others are carried out, and those steps read.

    Returns the run, the answers of the others, the steps. Raises `DeploymentRun.DoesNotExist`.
    """
    locked = _RUNS.where(f"runs_deploymentrun.id = %s{store().locking_run}", [run_id])
    (found, *answers), steps = carried_out([locked, *also], looks_at)
    if not found:
        raise DeploymentRun.DoesNotExist(run_id)
    return _RUNS.made_of(found)[0], answers, steps


def carried_out(
    wanted: Sequence[Statement], looks_at: Sequence[int] = ()
) -> tuple[list[list[Row]], list[Step]]:
    """The answers of these, and these steps as they are then."""
    reading = [_STEPS.where(*_among(looks_at))] if looks_at else []
    if not (wanted or reading):
        return [], []
    answers = statements.run_all(*wanted, *reading)
    return answers, _STEPS.made_of(answers.pop()) if reading else []


def step(step_id: int) -> Step:
    """Raises `Step.DoesNotExist`."""
    found = steps([step_id])
    if not found:
        raise Step.DoesNotExist(step_id)
    return found[0]


def steps(step_ids: Iterable[int]) -> list[Step]:
    ids = list(step_ids)
    return _STEPS.made_of(statements.run(*_STEPS.where(*_among(ids)))) if ids else []


def passed_on(step_id: int) -> Asking[tuple[list[Step], list[int]]]:
    """What follows has one predecessor less: who became ready now, in the order of the plan, and the ids of who was
    dropped and has none left.
    """
    at = clock.now()
    after, ready = yield [store().pass_on(step_id, at), _STEPS.where(*store().made_ready(step_id, at))]
    dropped = sorted(pk for pk, state, left in after if left == 0 and state == StepState.CANCELLED)
    return sorted(_STEPS.made_of(ready), key=lambda step: step.number), dropped


def _among(ids: Sequence[int]) -> Statement:
    """As a condition, and its values."""
    return f"runs_step.id IN ({places(ids)})", ids
