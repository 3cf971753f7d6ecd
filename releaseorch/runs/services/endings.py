"""Ending a run before it is through: stop it when it can't go on, or cancel it."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.catalog import deciding
from releaseorch.core import clock
from releaseorch.core.errors import NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import attempts, confirmations, outcomes, progress, rights
from releaseorch.runs.models import Attempt, Confirmation, DeploymentRun, Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RUN_BEFORE_START, STEP_MOVES, AttemptState, StepState
from releaseorch.runs.store import store
from releaseorch.waiting import ledger

AT_WORK = (StepState.RUNNING, StepState.CLAIMED)


def stop_run(*, actor: Person, run: DeploymentRun, seen: int | None = None, reason: str) -> DeploymentRun:
    """End a run that is to go no further; refused while somebody or something works, or may still work, on a step."""
    run.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, "run.stop", run)
        go(run, "stop")
        reasons = why_not_stop(run)
        if reasons:
            raise NotAllowed(*reasons)
        run.save()
        cancel_open_steps(actor, run, said)
        progress.close(run)
        events.record(
            actor=actor, verb="run.stopped", subject=run, reason=said, topics=progress.topics(run.pk)
        )
    return run


def cancel_run(*, actor: Person, run: DeploymentRun, seen: int | None = None, reason: str) -> DeploymentRun:
    """Before the start: cancelled. After it: what hasn't started is cancelled, what runs is asked to stop.

    The run is `cancelled` only when nothing runs any more and no outcome is left to a person: a step whose outcome
    nobody knows stays open, and its component held, until somebody has decided on it.
    """
    run.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, "run.cancel", run)
        is_before_start = run.state in RUN_BEFORE_START
        go(run, "cancel" if is_before_start else "begin_cancel")
        run.save()
        verb = "run.cancelled" if is_before_start else "run.cancelling"
        events.record(actor=actor, verb=verb, subject=run, reason=said, topics=progress.topics(run.pk))
        cancel_open_steps(actor, run, said)
        if is_before_start:
            progress.close(run)
        else:
            _ask_to_stop(run)
            _ask_no_second_person(run)
            progress.end_or_wait(run)
    return run


def cancel_open_steps(actor: Person, run: DeploymentRun, reason: str) -> None:
    """Whatever isn't running and isn't of unknown outcome: cancelled; what a person had taken is left uncertain."""
    known = run.steps.exclude(pk__in=list(outcomes.unknown(run).values_list("pk", flat=True)))
    steps = known.filter(state__in=STEP_MOVES["cancel"].sources).select_related(*WITH_NAMES)
    by_hand = [step for step in steps if step.state == StepState.CLAIMED]
    attempts.end_all(by_hand, "cancel", reason)
    cancel_steps(actor, run, steps, reason)
    for step in by_hand:
        progress.left_uncertain(actor, run, step)


def cancel_steps(actor: Person, run: DeploymentRun, steps: Iterable[Step], reason: str) -> None:
    """The verb `cancel` on these steps, with an event each; their components are free when nothing of them is open."""
    by_id = {step.pk: step for step in steps}
    cancelled = store().move_steps("cancel", by_id)
    for step_id in cancelled:
        progress.note(actor, "step.cancelled", by_id[step_id], reason=reason)
    ledger.end("step", cancelled)
    progress.give_back(run, {step.component_id for step in by_id.values() if step.component_id is not None})


def _ask_to_stop(run: DeploymentRun) -> None:
    running = Attempt.objects.filter(step__run=run, state=AttemptState.RUNNING, cancel_asked_at=None)
    running.update(cancel_asked_at=clock.now())


def _ask_no_second_person(run: DeploymentRun) -> None:
    """Nothing is tried again in a run that is being cancelled; who waited for a second person decides otherwise."""
    confirmations.lapse(Confirmation.objects.filter(step__run=run))
    for step in outcomes.unknown(run).select_related(*WITH_NAMES):
        progress.say_wait(run, step)


def why_not_stop(run: DeploymentRun) -> list[str]:
    """A sentence for each step that is at work, that may be, or that must be decided on first; one query."""
    may_be_at_work = Q(state__in=AT_WORK) | Q(pk__in=outcomes.unknown(run).values("pk"))
    undecided = Q(state=StepState.NEEDS_DECISION, decision_rules__stop=deciding.NEVER)
    return [
        _still_working(step) for step in run.steps.filter(may_be_at_work | undecided).select_related("owner")
    ]


def _still_working(step: Step) -> str:
    if step.state == StepState.CLAIMED and step.owner is not None:
        return _("%(person)s works on step %(step)s. Let it be finished or handed back first.") % {
            "person": step.owner.name,
            "step": step,
        }
    if step.state == StepState.NEEDS_DECISION and step.decision_rules.get("stop") == deciding.NEVER:
        return _("The procedure of step %(step)s lets nobody stop the run at it. Decide on it first.") % {
            "step": step
        }
    if step.state == StepState.NEEDS_DECISION:
        return _("Nobody knows how step %(step)s ended. Decide on it first.") % {"step": step}
    return _("Step %(step)s is running. Let it end, or cancel the run.") % {"step": step}
