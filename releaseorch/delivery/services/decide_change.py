"""What is said to a step that was added to a run under way: approved or declined by others, or taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text, text_of
from releaseorch.core.errors import Conflict
from releaseorch.core.transitions import go
from releaseorch.delivery import approvals, plan_changes, run_changes
from releaseorch.delivery.models import PlanChange, StepOrigin
from releaseorch.delivery.plan_changes import UNDER_WAY
from releaseorch.delivery.services.approve_run import insert
from releaseorch.runs import progress, rights
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.services import additions


def approve_change(
    *, actor: Person, run: DeploymentRun, seen: int | None = None, comment: str = "", slot: str | None = None
) -> DeploymentRun:
    """Fill one slot for the changed plan; with the last one it is the plan of the run, and the step begins in its turn.

    Bound to the digest of the plan that was approved before and of what is added. Raises `NotAllowed` for who added it
    or composed the run, `Conflict` when the rows are not what is to be signed.
    """
    said = text_of(comment, "comment")
    with _open(actor, "run.approve_change", run, seen) as change:
        row = plan_changes.step_of(change)
        if plan_changes.digest_of(change, row) != change.digest or change.before_digest != run.plan_digest:
            raise Conflict(
                _("“%(step)s” is not what was added. Decline it, and add it anew.") % {"step": change.title}
            )
        slots = plan_changes.slots_of(change)
        filled = approvals.slot_for(slots, actor, slot or None)
        insert(run, change.round, change.digest, actor, filled.name, said)
        is_last = approvals.missing(slots) == 1
        if is_last:
            _close(change, "approve", actor, said)
            run.round, run.plan_digest, run.edited_by = change.round, change.digest, change.proposed_by
            run.save(update_fields=["round", "plan_digest", "edited_by"])
            _belongs_to(row, change)
            additions.accept_step(run, row)
        else:
            run.save(update_fields=[])
            additions.say_waits(run, row)
        verb = "run.change_approved" if is_last else "run.change_slot_approved"
        _tell(actor, verb, change, said, slot=filled.name)
    return run


def decline_change(
    *, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None
) -> DeploymentRun:
    """The step is taken out as if it had never been added; by whoever may approve it, or composed the run."""
    return _refuse(actor, run, reason, seen, "decline", "run.change_declined")


def withdraw_change(
    *, actor: Person, run: DeploymentRun, reason: str, seen: int | None = None
) -> DeploymentRun:
    """Who added the step takes it back before it is approved."""
    return _refuse(actor, run, reason, seen, "withdraw", "run.change_withdrawn")


def _refuse(
    actor: Person, run: DeploymentRun, reason: str, seen: int | None, verb: str, event: str
) -> DeploymentRun:
    said = reason_text(reason)
    with _open(actor, f"run.{verb}_change", run, seen) as change:
        why_not = (
            plan_changes.why_not_withdraw(actor, change)
            if verb == "withdraw"
            else plan_changes.why_not_decline(actor, change, plan_changes.slots_of(change))
        )
        rights.refuse(why_not)
        row = plan_changes.step_of(change)
        _close(change, verb, actor, said)
        run.save(update_fields=[])
        additions.refuse_step(run, row)
        _tell(actor, event, change, said)
    return run


@contextmanager
def _open(actor: Person, permission: str, run: DeploymentRun, seen: int | None) -> Iterator[PlanChange]:
    """The change that waits for approval, with the run locked; raises `NotAllowed`, `Conflict`."""
    run_changes.check(actor, permission, run, seen)
    with transaction.atomic():
        present = progress.locked(run.pk)
        change = plan_changes.open_change(run)
        if change is None or present.state not in UNDER_WAY:
            raise Conflict(_("No added step of %(run)s waits for approval.") % {"run": run})
        yield change


def _close(change: PlanChange, verb: str, actor: Person, said: str) -> None:
    go(change, verb)
    change.closed_by, change.answer = actor, said
    change.save()


def _belongs_to(row: Step, change: PlanChange) -> None:
    """A step like another one is of the same requests: they end as it does, too."""
    like = change.content.get("like")
    rows = StepOrigin.objects.filter(step__run=row.run_id, step__key=like) if like else ()
    StepOrigin.objects.bulk_create(
        StepOrigin(step=row, item_id=one.item_id, request_id=one.request_id, rule=one.rule) for one in rows
    )


def _tell(actor: Person, verb: str, change: PlanChange, reason: str, **more: object) -> None:
    run_changes.tell_run(
        actor=actor,
        verb=verb,
        run=change.run,
        before={"plan": change.before_digest},
        after={"plan": change.digest, "round": change.round, "added": change.content, **more},
        reason=reason,
    )
