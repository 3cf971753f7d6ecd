"""Open a fixed plan again, so that it can be changed."""

from releaseorch.accounts.models import Person
from releaseorch.delivery import unlocking
from releaseorch.runs.models import DeploymentRun


def unlock_run(*, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None) -> DeploymentRun:
    """proposed | approved | scheduled → draft; the run's approvals fall, those of its requests stay."""
    return unlocking.to_draft(
        actor=actor, run=run, reason=reason, seen=seen, verb="unlock", event="run.unlocked"
    )
