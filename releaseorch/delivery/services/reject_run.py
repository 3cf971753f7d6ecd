"""Refuse a proposed run for good; its requests are free for another one."""

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.core.transitions import go
from releaseorch.delivery import composing, run_changes, run_waits, unlocking
from releaseorch.delivery.states import Verdict
from releaseorch.runs.models import DeploymentRun


def reject_run(*, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None) -> DeploymentRun:
    """proposed → rejected: it never ran. Its requests keep their approvals."""
    run_changes.check(actor, "run.reject", run, seen)
    said = reason_text(reason)
    with transaction.atomic():
        unlocking.record_verdict(run, actor, Verdict.REJECTED, said)
        go(run, "reject")
        run.save(update_fields=["state", "ended_at"])
        requests = composing.requests_of(run)
        run_changes.free_requests(actor=actor, run=run, requests=requests, reason=said)
        run_waits.end(run)
        run_changes.tell_run(
            actor=actor,
            verb="run.rejected",
            run=run,
            requests=requests,
            before={"requests": [request.pk for request in requests]},
            reason=said,
        )
    return run
