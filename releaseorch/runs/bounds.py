"""Bounds of a run under way: after its window, and inside a freeze, no new step begins; what has started may finish.

The moment of the next one stands on the run's row, so that a claim compares two times and asks nobody.
"""

from releaseorch.core import clock
from releaseorch.runs import guards
from releaseorch.runs.guards import Bound
from releaseorch.runs.models import DeploymentRun


def reckon(run: DeploymentRun) -> None:
    """Put the moment of the next bound on the run, which is saved by whoever asks for it."""
    found = _read(run)
    run.begins_until = None if run.is_to_finish else min((bound.at for bound in found), default=None)


def in_force(run: DeploymentRun) -> list[Bound]:
    """Why no step of the run begins now; asks the guards only when there may be a reason, and once per object."""
    if not run.is_past_bound:
        return []
    kept: list[Bound] | None = getattr(run, "_bounds", None)
    now = clock.now()
    return [bound for bound in (kept if kept is not None else _read(run)) if bound.at <= now]


def why_nothing_begins(run: DeploymentRun) -> str:
    """Empty when steps of a running run may begin now."""
    return " ".join(bound.sentence for bound in in_force(run))


def _read(run: DeploymentRun) -> list[Bound]:
    run._bounds = guards.bounds(run)  # type: ignore[attr-defined]
    return run._bounds  # type: ignore[attr-defined, no-any-return]
