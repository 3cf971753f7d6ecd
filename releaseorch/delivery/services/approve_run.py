"""Consent to a run: to this plan, in this window."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import text_of
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.delivery import approvals, composing, run_changes, run_waits
from releaseorch.delivery.models import Approval
from releaseorch.delivery.states import Verdict
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState


def approve_run(
    *, actor: Person, run: DeploymentRun, seen: int | None = None, comment: str = "", slot: str | None = None
) -> DeploymentRun:
    """Fill one slot; the last one that was missing moves the run to approved.

    Bound to the round and the plan's digest. Raises `NotAllowed` for who composed or last edited the plan, for robots
    and for people whom no slot asks.
    """
    run_changes.check(actor, "run.approve", run, seen)
    if run.state != RunState.PROPOSED:
        raise Conflict(
            _("%(run)s is %(state)s, so it can't be approved now.")
            % {"run": run, "state": run.get_state_display()}
        )
    said = text_of(comment, "comment")
    with transaction.atomic():
        # The run's row first: of two people who approve at once, the second sees what the first one did.
        run.save(update_fields=[])
        requests = composing.requests_of(run)
        applications = {request.application_id for request in requests}
        slots = approvals.slots_of_run(run, applications)
        filled = approvals.slot_for(slots, actor, slot or None)
        insert(run, run.round, run.plan_digest, actor, filled.name, said)
        is_last = approvals.missing(slots) == 1
        if is_last:
            go(run, "approve")
            run.save(update_fields=["state"])
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor,
            verb="run.approved" if is_last else "run.slot_approved",
            run=run,
            requests=requests,
            after={"slot": filled.name, "round": run.round, "plan": run.plan_digest},
            reason=said,
        )
    return run


def insert(run: DeploymentRun, number: int, digest: str, actor: Person, slot: str, comment: str) -> None:
    """One slot is filled, for this round (its number) and digest; raises `NotAllowed` for the same person twice."""
    try:
        with transaction.atomic():
            Approval.objects.create(
                run=run,
                round=number,
                digest=digest,
                slot=slot,
                approver=actor,
                verdict=Verdict.APPROVED,
                comment=comment,
            )
    except IntegrityError as twice:
        raise NotAllowed(_("You have approved this already.")) from twice
