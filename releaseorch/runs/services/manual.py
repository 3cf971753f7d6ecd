"""Work by hand: take a step, hand it back, give it to somebody else, say how it went."""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import attempts, bounds, evidence, progress, rights
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState, StepState


def take_step(*, actor: Person, step: Step, seen: int | None = None) -> Step:
    """Ready → taken by the actor; refused while the run doesn't run."""
    step.check_version(seen)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        rights.refuse(rights.why_not_take(actor, step))
        refuse_unless_running(run)
        if not step.is_manual:
            raise NotAllowed(_("%(step)s is done by a tool; nobody takes it.") % {"step": step})
        go(step, "take")
        step.owner = actor
        step.save()
        attempts.begin(step, actor)
        progress.note(actor, "step.taken", step)
        progress.settle(run, [step])
    return step


def hand_back_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Taken → ready for somebody else; by its owner, or by whoever may reassign it."""
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        rights.refuse(rights.why_not_hand_back(actor, step))
        _put_back(step, said)
        progress.note(actor, "step.handed_back", step, reason=said)
        progress.settle(run, [step])
    return step


def reassign_step(
    *,
    actor: Person,
    step: Step,
    seen: int | None = None,
    to: Person | None = None,
    team: Team | None = None,
    reason: str,
) -> Step:
    """Ready or taken → ready for this person or team; it is theirs only when they take it."""
    step.check_version(seen)
    said = rights.reason(reason)
    if to is None and team is None:
        raise Invalid({"to": _("Say who shall do it: a person or a team.")})
    with transaction.atomic():
        run = progress.locked(step.run_id)
        rights.refuse(rights.why_not_reassign(actor, step))
        give(actor, run, step, to, team, said)
    return step


def give(
    actor: Person, run: DeploymentRun, step: Step, to: Person | None, team: Team | None, reason: str
) -> None:
    """Ready or taken → ready for them, whoever asks for it; the run's row is locked."""
    if step.state == StepState.CLAIMED:
        _put_back(step, reason)
    elif step.state != StepState.READY or not step.is_manual:
        raise NotAllowed(_("Only a step that people can take now can be given to somebody."))
    step.team, step.owner = team or step.team, to
    if to is not None:
        rights.refuse(rights.why_not_take(to, step))
    step.save()
    given = {"to": to.name if to else None, "team": step.team.name if step.team else None}
    progress.note(actor, "step.reassigned", step, reason=reason, **given)
    progress.settle(run, [step])


def done_step(
    *,
    actor: Person,
    step: Step,
    seen: int | None = None,
    note: str = "",
    url: str = "",
    file: UploadedFile | None = None,
    installed: ComponentVersion | None = None,
) -> Step:
    """Its owner says, with a note, that it is done: `installed` (by default the planned version) is there.

    Also while the run is paused.
    """
    step.check_version(seen)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        said = _say(actor, step, "succeed", "succeed", (note, url, file))
        progress.note(actor, "step.done", step, reason=rights.open_text(step, said))
        progress.took_effect(actor, run, step, installed)
        progress.go_on(run, [step.pk])
        progress.settle(run, [step])
    return step


def failed_step(
    *,
    actor: Person,
    step: Step,
    seen: int | None = None,
    note: str = "",
    url: str = "",
    file: UploadedFile | None = None,
) -> Step:
    """Its owner says, with a note, that it failed: somebody decides how it goes on. Also while the run is paused."""
    step.check_version(seen)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        said = _say(actor, step, "need_decision", "fail", (note, url, file))
        progress.note(actor, "step.failed", step, reason=rights.open_text(step, said))
        progress.left_uncertain(actor, run, step)
        progress.settle(run, [step])
    return step


Proof = tuple[str, str, UploadedFile | None]


def _say(actor: Person, step: Step, move: str, end: str, proof: Proof) -> str:
    """How it went: the step moves, its attempt ends, the evidence is kept; returns the note as it was kept."""
    if step.state == StepState.RUNNING:  # the same moves end what a tool does, but nobody makes them for it
        raise Conflict(_("A tool works on %(step)s and says itself how it went.") % {"step": step})
    if step.state == StepState.CLAIMED:
        rights.refuse(rights.why_not_owner(actor, step))
    go(step, move)
    clean = evidence.checked_evidence(step, actor, *proof)
    clean.attempt = attempts.end(step, end, clean.note)
    step.save()
    clean.save()
    return clean.note


def refuse_unless_running(run: DeploymentRun) -> None:
    if run.state == RunState.PAUSED:
        raise NotAllowed(_("The run is paused. Somebody resumes it first."))
    if run.state != RunState.RUNNING:
        raise NotAllowed(_("The run is %(state)s.") % {"state": run.get_state_display()})
    if stopped := bounds.why_nothing_begins(run):
        raise NotAllowed(stopped)


def _put_back(step: Step, reason: str) -> None:
    go(step, "hand_back")
    step.save()
    attempts.end(step, "cancel", reason)
