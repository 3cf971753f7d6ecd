"""Steering a run that is under way: pause, resume, tell each other."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core import checked
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.core.transitions import go
from releaseorch.runs import bounds, progress, rights
from releaseorch.runs.models import Comment, DeploymentRun
from releaseorch.runs.states import RunState, StepState


def pause_run(
    *, actor: Person, run: DeploymentRun, seen: int | None = None, reason: str = ""
) -> DeploymentRun:
    """What is under way may finish; nothing more is started or taken."""
    return _switch(actor, run, seen, reason, "pause", "run.paused")


def resume_run(
    *, actor: Person, run: DeploymentRun, seen: int | None = None, reason: str = ""
) -> DeploymentRun:
    """Goes on where it was; ends at once when everything was over meanwhile."""
    return _switch(actor, run, seen, reason, "resume", "run.resumed")


def finish_run(*, actor: Person, run: DeploymentRun, seen: int | None = None, reason: str) -> DeploymentRun:
    """Its window has closed or a freeze has begun: let it go on to its end all the same; a pause takes that back.

    Raises `Conflict` when no bound holds it up.
    """
    run.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, "run.finish", run)
        despite = bounds.why_nothing_begins(run) if run.state == RunState.RUNNING else ""
        if not despite:
            raise Conflict(_("Neither its window nor a freeze holds %(run)s up now.") % {"run": run})
        run.is_to_finish, run.held_up_since = True, None
        bounds.reckon(run)
        run.save()
        events.record(
            actor=actor, verb="run.let_finish", subject=run, reason=said, after={"despite": despite},
            topics=progress.topics(run.pk),
        )  # fmt: skip
        _say_anew(run)
    return run


def comment_run(*, actor: Person, run: DeploymentRun, text: str) -> Comment:
    """A word to everybody of the run, kept with it."""
    rights.require_run(actor, "run.comment", run)
    clean = checked.text_of(text, "text")
    if not clean:
        raise Invalid({"text": _("Write something first.")})
    with transaction.atomic():
        comment = Comment.objects.create(run=run, person=actor, text=clean)
        events.record(actor=actor, verb="run.commented", subject=run, topics=progress.topics(run.pk))
    return comment


def _switch(
    actor: Person, run: DeploymentRun, seen: int | None, reason: str, verb: str, past: str
) -> DeploymentRun:
    run.check_version(seen)
    said = checked.text_of(reason, "reason")
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, f"run.{verb}", run)
        go(run, verb)
        run.is_to_finish, run.held_up_since = False, None
        bounds.reckon(run)
        run.save()
        events.record(actor=actor, verb=past, subject=run, reason=said, topics=progress.topics(run.pk))
        _say_anew(run)
    return run


def _say_anew(run: DeploymentRun) -> None:
    progress.announce(run, run.steps.filter(state=StepState.READY).values_list("pk", flat=True))
    progress.end_or_wait(run)
