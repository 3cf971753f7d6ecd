"""Give up a run: before it started its requests are free at once."""

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.delivery import composing, run_changes
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_BEFORE_START


def cancel_run(*, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None) -> DeploymentRun:
    """Before the start: cancelled, its requests approved and free. Afterwards the engine asks what runs to stop."""
    with transaction.atomic():
        had_started = run.state not in RUN_BEFORE_START
        runs.cancel_run(actor=actor, run=run, reason=reason, seen=seen)
        if not had_started:
            requests = composing.requests_of(run)
            run_changes.free_requests(actor=actor, run=run, requests=requests, reason=reason)
    return run
