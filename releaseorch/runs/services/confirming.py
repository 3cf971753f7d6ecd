"""What a second person says to a retry of unknown outcome: confirm or decline it, or review what was decided alone."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import confirmations, progress, rights
from releaseorch.runs.models import Confirmation, DeploymentRun, Step
from releaseorch.runs.services import decisions, repeating
from releaseorch.runs.states import ConfirmationState, RunState


def confirm_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """What was asked for begins, in the name of who asked; kept with what both have typed.

    Who asked may do so alone once nobody has in time: the decision is marked, everybody of the run is told, and it
    stands in lists until another person has reviewed it.
    """
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run, asked = _asked(actor, step)
        first = asked.asked_by
        rights.refuse(rights.why_not_decide(actor, step, asked.verb))
        rights.refuse(confirmations.why_not_confirm(actor, asked))
        _refuse_outdated(run, step, asked)
        alone = first == actor
        go(asked, "decide_alone" if alone else "confirm")
        _answer(asked, actor, said)
        progress.note(actor, "step.confirmed", step, reason=said, alone=alone, asked_by=first.name)
        begin = repeating.begin_again if asked.from_here else decisions.try_again
        begin(run, step, first, asked.reason, asked)
    return step


def decline_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """It isn't tried again; the step stays as it was. Also by who asked, who thought better of it."""
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run, asked = _asked(actor, step)
        go(asked, "decline")
        _answer(asked, actor, said)
        step.save()
        progress.note(actor, "step.declined", step, reason=said, asked_by=asked.asked_by.name)
        progress.settle(run, [step])
    return step


def review_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Another person has looked at what was decided alone about this step; also when its run is over."""
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        progress.locked(step.run_id)
        rights.refuse(rights.why_not_decide(actor, step))
        alone = list(step.confirmations.filter(state=ConfirmationState.ALONE))
        if not alone:
            raise Conflict(
                _("Nothing that was decided alone about %(step)s waits for a review.") % {"step": step}
            )
        rights.refuse(confirmations.why_not_review(actor, alone))
        for one in alone:
            if one.asked_by_id != actor.pk:
                go(one, "review")
                one.reviewed_by, one.review_note = actor, said
                one.save()
        progress.note(actor, "step.reviewed", step, reason=said)
    return step


def _asked(actor: Person, step: Step) -> tuple[DeploymentRun, Confirmation]:
    """The run, locked, and what is asked; raises `NotAllowed`, `Conflict`."""
    run = progress.locked(step.run_id)
    rights.refuse(rights.why_not_decide(actor, step))
    asked = confirmations.asked([step.pk]).get(step.pk)
    if asked is None:
        raise Conflict(_("Nobody asks for a second person about %(step)s now.") % {"step": step})
    return run, asked


def _refuse_outdated(run: DeploymentRun, step: Step, asked: Confirmation) -> None:
    """What was asked must still mean the same, and be asked by somebody who may decide."""
    if run.state not in {RunState.RUNNING, RunState.PAUSED} or step.token != asked.token:
        raise Conflict(
            _("%(step)s isn't as it was when this was asked. Look at how it stands now.") % {"step": step}
        )
    if rights.why_not_decide(asked.asked_by, step, asked.verb):
        raise NotAllowed(
            _("%(who)s, who asked for this, may not decide here any more. Decline it, and decide yourself.")
            % {"who": asked.asked_by.name}
        )


def _answer(asked: Confirmation, actor: Person, said: str) -> None:
    asked.answered_by, asked.answer = actor, said
    confirmations.closed(asked)
