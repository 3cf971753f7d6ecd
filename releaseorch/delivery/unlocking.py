"""From a fixed plan back to a draft: by who sends it back, who unlocks it, or because a request left it."""

from collections.abc import Sequence

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.actor import Actor
from releaseorch.core.checked import reason_text
from releaseorch.core.transitions import go
from releaseorch.delivery import composing, run_changes, run_waits
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import Verdict
from releaseorch.runs.models import DeploymentRun


def to_draft(
    *, actor: Person, run: DeploymentRun, reason: str, seen: int | None, verb: str, event: str
) -> DeploymentRun:
    """`verb` is unlock or send_back; permission, reason, approvals, requests, ledger and audit in one transaction."""
    run_changes.check(actor, f"run.{verb}", run, seen)
    said = reason_text(reason)
    with transaction.atomic():
        if verb == "send_back":
            record_verdict(run, actor, Verdict.SENT_BACK, said)
        requests = composing.requests_of(run)
        reopen(actor=actor, run=run, requests=requests, verb=verb, event=event, reason=said)
    return run


def reopen(
    *,
    actor: Actor,
    run: DeploymentRun,
    requests: Sequence[DeploymentRequest],
    verb: str,
    event: str,
    reason: str,
) -> None:
    """The transition itself, inside the caller's transaction; the approvals fall, since the digest is emptied and the
    next round has another number. `requests` are those that stay in the run.
    """
    before = {"state": run.state, "plan": run.plan_digest, "round": run.round}
    go(run, verb)
    run.plan_digest = ""
    run.save(update_fields=["state", "plan_digest"])
    run_changes.unplan_requests(actor=actor, run=run, requests=requests, reason=reason)
    run_waits.update(run, requests)
    run_changes.tell_run(actor=actor, verb=event, run=run, requests=requests, before=before, reason=reason)


def record_verdict(run: DeploymentRun, actor: Person, verdict: Verdict, comment: str) -> None:
    """Keep who said no, to which plan."""
    Approval.objects.create(
        run=run,
        round=run.round,
        digest=run.plan_digest,
        slot="",
        approver=actor,
        verdict=verdict,
        comment=comment,
    )
