"""Decisions of people on a step whose attempt failed, could not be run, or ended nobody knows how."""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import checked
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import attempts, evidence, progress, rights
from releaseorch.runs.models import Decision, DeploymentRun, Step
from releaseorch.runs.states import DecisionKind, RunState, StepState

PAST = {
    DecisionKind.RETRY: "step.retried",
    DecisionKind.SKIP: "step.skipped",
    DecisionKind.TAKE_OVER: "step.taken_over",
    DecisionKind.MARK_DONE: "step.marked_done",
    DecisionKind.MARK_FAILED: "step.marked_failed",
}
# These begin something new, which a run that is being cancelled doesn't.
NEW_WORK = frozenset({DecisionKind.RETRY, DecisionKind.TAKE_OVER})


def decide_step(
    *,
    actor: Person,
    step: Step,
    seen: int | None = None,
    kind: str,
    reason: str,
    installed: ComponentVersion | None = None,
    note: str = "",
) -> Step:
    """Needs a decision → retry, skip, take over, done by hand, failed for good; the reason is kept for ever.

    `installed` (by default the planned version) and the evidence `note` (by default the reason) count for
    `mark_done`. The token goes up first, so nothing the attempt before still says can count.
    """
    step.check_version(seen)
    chosen = _kind_of(kind)
    said = rights.reason(reason)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        rights.refuse(rights.why_not_decide(actor, step))
        _refuse_new_work(run, step, chosen)
        go(step, chosen.value)
        if chosen == DecisionKind.TAKE_OVER:
            step.owner = actor
        step.save()
        Decision.objects.create(
            step=step, attempt=attempts.latest(step), kind=chosen, reason=said, actor=actor
        )
        progress.note(actor, PAST[chosen], step, reason=said)
        _EFFECTS[chosen](actor, run, step, said, installed, note)
        progress.settle(run, [step])
    return step


def _kind_of(kind: str) -> DecisionKind:
    try:
        return DecisionKind(kind)
    except ValueError as unknown:
        raise Invalid({"kind": _("There is no such decision.")}) from unknown


def _refuse_new_work(run: DeploymentRun, step: Step, kind: DecisionKind) -> None:
    if run.state == RunState.CANCELLING and kind in NEW_WORK and step.state == StepState.NEEDS_DECISION:
        raise NotAllowed(_("The run is being cancelled; nothing new begins in it."))
    if not run.is_active:
        raise Conflict(_("%(run)s is %(state)s now.") % {"run": run, "state": run.get_state_display()})


def _retry(actor: Person, run: DeploymentRun, step: Step, *_more: object) -> None:
    progress.announce(run, [step.pk])


def _skip(actor: Person, run: DeploymentRun, step: Step, *_more: object) -> None:
    progress.go_on(run, [step.pk])


def _take_over(actor: Person, run: DeploymentRun, step: Step, *_more: object) -> None:
    attempts.begin(step, actor)


def _mark_done(
    actor: Person, run: DeploymentRun, step: Step, reason: str, installed: ComponentVersion | None, note: str
) -> None:
    proof = evidence.checked_evidence(step, actor, checked.text_of(note, "note") or reason)
    proof.attempt = attempts.latest(step)
    proof.save()
    progress.took_effect(actor, run, step, installed)
    progress.go_on(run, [step.pk])


def _mark_failed(*_all: object) -> None:
    """The inventory is uncertain since the attempt ended; the successors never become ready."""


_EFFECTS: dict[DecisionKind, Callable[..., None]] = {
    DecisionKind.RETRY: _retry,
    DecisionKind.SKIP: _skip,
    DecisionKind.TAKE_OVER: _take_over,
    DecisionKind.MARK_DONE: _mark_done,
    DecisionKind.MARK_FAILED: _mark_failed,
}
