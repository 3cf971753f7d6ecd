"""Decisions of people on a step whose attempt failed, could not be run, or ended nobody knows how.

The reason of each is kept for ever. The token goes up first, so nothing the attempt before still says can count.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import checked
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import attempts, backoff, confirmations, evidence, progress, rights
from releaseorch.runs.models import Confirmation, Decision, DeploymentRun, Step
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


def retry_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Needs a decision → ready: a new attempt begins; the ones before stay as they are.

    Where nobody knows how the last one ended, on a protected environment, a second person is asked first, and the
    step stays as it is meanwhile.
    """
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run = _allowed(DecisionKind.RETRY, actor, step)
        rights.refuse(confirmations.why_not_ask(confirmations.asked([step.pk]).get(step.pk)))
        doubtful = confirmations.doubtful_attempt(run, [step])
        if doubtful is None or step.state != StepState.NEEDS_DECISION:
            try_again(run, step, actor, said)
        else:
            step.save()
            made = confirmations.ask(actor, run, step, doubtful, said)
            progress.note(actor, "step.second_person_asked", step, reason=said, until=made.until.isoformat())
            progress.settle(run, [step])
    return step


def try_again(
    run: DeploymentRun, step: Step, actor: Person, said: str, confirmation: Confirmation | None = None
) -> None:
    """The retry itself, within the transaction that has locked the run; `confirmation` by whom it was allowed."""
    with _carried_out(run, DecisionKind.RETRY, actor, step, said, confirmation):
        progress.announce(run, [step.pk])


def skip_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Needs a decision → skipped: it goes on without it; the inventory stays as it is."""
    with _decision(DecisionKind.SKIP, actor, step, seen, reason) as run:
        progress.go_on(run, [step.pk])
    return step


def take_over_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Needs a decision → taken by the actor, who does it by hand; no tool touches it again."""
    with _decision(DecisionKind.TAKE_OVER, actor, step, seen, reason):
        attempts.begin(step, actor)
    return step


def mark_done_step(
    *,
    actor: Person,
    step: Step,
    seen: int | None = None,
    reason: str,
    note: str = "",
    installed: ComponentVersion | None = None,
) -> Step:
    """Needs a decision → succeeded: `installed` (by default the planned version) is there.

    `note` is the evidence, by default the reason.
    """
    with _decision(DecisionKind.MARK_DONE, actor, step, seen, reason) as run:
        proof = evidence.checked_evidence(step, actor, checked.text_of(note, "note") or reason)
        proof.attempt = attempts.latest(step)
        proof.save()
        progress.took_effect(actor, run, step, installed)
        progress.go_on(run, [step.pk])
    return step


def mark_failed_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Needs a decision → failed for good: what waits for it never begins in this run.

    The inventory is uncertain since the attempt ended.
    """
    with _decision(DecisionKind.MARK_FAILED, actor, step, seen, reason):
        pass
    return step


@contextmanager
def _decision(
    kind: DecisionKind, actor: Person, step: Step, seen: int | None, reason: str
) -> Iterator[DeploymentRun]:
    """What every decision does, in one transaction around what only this one does."""
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run = _allowed(kind, actor, step)
        with _carried_out(run, kind, actor, step, said):
            yield run


def _allowed(kind: DecisionKind, actor: Person, step: Step) -> DeploymentRun:
    """The run, locked; raises `NotAllowed`, `Conflict`."""
    run = progress.locked(step.run_id)
    rights.refuse(rights.why_not_decide(actor, step, kind.value))
    _refuse_new_work(run, step, kind)
    return run


@contextmanager
def _carried_out(
    run: DeploymentRun,
    kind: DecisionKind,
    actor: Person,
    step: Step,
    said: str,
    confirmation: Confirmation | None = None,
) -> Iterator[None]:
    if backoff.is_waited_for(step):
        go(step, "stop_retrying")
    go(step, kind.value)
    if kind == DecisionKind.TAKE_OVER:
        step.owner = actor
    step.save()
    confirmations.lapse(step.confirmations.all())  # whoever was asked about something else
    Decision.objects.create(
        step=step, attempt=attempts.latest(step), kind=kind, reason=said, actor=actor, confirmation=confirmation
    )  # fmt: skip
    progress.note(actor, PAST[kind], step, reason=said)
    yield
    progress.settle(run, [step])


def _refuse_new_work(run: DeploymentRun, step: Step, kind: DecisionKind) -> None:
    if run.state == RunState.CANCELLING and kind in NEW_WORK and step.state == StepState.NEEDS_DECISION:
        raise NotAllowed(_("The run is being cancelled; nothing new begins in it."))
    if not run.is_active:
        raise Conflict(_("%(run)s is %(state)s now.") % {"run": run, "state": run.get_state_display()})
