"""Release the hold after a restore."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind
from releaseorch.audit import events
from releaseorch.catalog.states import StepKind
from releaseorch.core import checked, clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.core.models import Hold
from releaseorch.runs import restored
from releaseorch.runs.models import Step
from releaseorch.runs.states import RunState, StepState


def release_hold(
    *, actor: Person, hold: Hold, seen: int | None = None, reason: str, untouched: Sequence[int] = ()
) -> Hold:
    """Let automated steps begin again: of the runs in `untouched`, of which the actor vouches that nothing of them
    happened since the backup, and of new ones. Each step of another run that isn't over asks a person first.

    Raises `NotAllowed`, `Invalid`, and `Conflict` when somebody released it already.
    """
    if why_not := why_not_release(actor):
        raise NotAllowed(why_not)
    hold.check_version(seen)
    said = checked.reason_text(reason)
    with transaction.atomic():
        if not hold.is_open:
            raise Conflict(_("This hold was released already."))
        doubted = restored.runs_in_doubt(hold)
        if strangers := sorted(set(untouched) - set(doubted)):
            raise Invalid(
                {"untouched": _("Run #%(id)d doesn't stand here, or is over.") % {"id": strangers[0]}}
            )
        hold.is_open, hold.released_at, hold.release_reason = False, clock.now(), said
        hold.released_by_id, hold.released_by_name = actor.pk, actor.name
        hold.doubted_runs = sorted(set(doubted) - set(untouched))
        hold.save()
        events.record(
            actor=actor, verb="hold.released", subject=hold, reason=said,
            after={"untouched": sorted(set(untouched)), "asked_step_by_step": hold.doubted_runs},
            topics=("hold", "runs", "work"),
        )  # fmt: skip
        _let_them_be_nudged()
    return hold


def why_not_release(actor: Person) -> str:
    """Empty for who may, else who may."""
    if actor.kind == PersonKind.ROBOT:
        return _("A robot releases no hold: somebody must have looked.")
    return policy.why_not(actor, "hold.release")


def _let_them_be_nudged() -> None:
    """What is ready was not nudged during the hold, or in vain."""
    ready = Step.objects.filter(state=StepState.READY, kind=StepKind.AUTOMATED, run__state=RunState.RUNNING)
    ready.update(nudged_at=None, nudges=0)
