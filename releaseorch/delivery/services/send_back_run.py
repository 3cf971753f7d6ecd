"""Give a proposed run back to who composed it, with what should be different."""

from releaseorch.accounts.models import Person
from releaseorch.delivery import unlocking
from releaseorch.runs.models import DeploymentRun


def send_back_run(
    *, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None
) -> DeploymentRun:
    """proposed → draft; its approvals fall, its requests are approved again and stay in it."""
    return unlocking.to_draft(
        actor=actor, run=run, reason=reason, seen=seen, verb="send_back", event="run.sent_back"
    )
