"""Again from a step that is over: it and everything after it, by a person who has read what that repeats."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import confirmations, progress, rights
from releaseorch.runs.models import Attempt, Confirmation, Decision, DeploymentRun, Step
from releaseorch.runs.repeats import Again
from releaseorch.runs.services import starting
from releaseorch.runs.states import STEP_MOVES, DecisionKind
from releaseorch.runs.store import store
from releaseorch.waiting import ledger


def retry_from_step(*, actor: Person, step: Step, seen: int | None = None, reason: str) -> Step:
    """Succeeded, skipped or failed for good → ready; what is after it waits again, also what was over.

    Attempts, evidence and decisions stay; the components that this touches are held again. Where nobody knows how one
    of these steps ended, on a protected environment, a second person is asked first. Raises `NotAllowed` with what
    speaks against it, `Conflict` naming the run that holds one of the components by now.
    """
    step.check_version(seen)
    said = rights.reason(reason)
    with transaction.atomic():
        run = progress.locked(step.run_id)
        rights.refuse(rights.why_not_decide(actor, step, "retry_from"))
        rights.refuse(confirmations.why_not_ask(confirmations.asked([step.pk]).get(step.pk)))
        again = _again(step)
        rights.refuse(rights.why_not_try_again(actor, again.begun))
        doubtful = confirmations.doubtful_attempt(run, again.begun)
        if doubtful is None:
            begin_again(run, step, actor, said)
        else:
            step.save()
            made = confirmations.ask(actor, run, step, doubtful, said, from_here=True)
            progress.note(actor, "step.second_person_asked", step, reason=said, until=made.until.isoformat())
    return step


def _again(step: Step) -> Again:
    if not step.is_final:
        raise Conflict(_("%(step)s isn't over; it can't begin again.") % {"step": step})
    if step.state not in STEP_MOVES["repeat"].sources:
        said = {"step": step, "state": step.get_state_display()}
        raise Conflict(_("%(step)s is %(state)s; it can't begin again.") % said)
    again = Again.of(progress.step_now(step.pk))
    if reasons := again.why_not():
        raise NotAllowed(*reasons)
    return again


def begin_again(
    run: DeploymentRun, step: Step, actor: Person, said: str, confirmation: Confirmation | None = None
) -> None:
    """What it causes, within the transaction that has locked the run; `confirmation` by whom it was allowed."""
    again = _again(step)
    go(step, "repeat")
    begun = again.begun
    confirmations.lapse(Confirmation.objects.filter(step__in=begun))
    _keep_decisions(actor, begun, said, confirmation)
    _set_back(actor, run, again, said)
    go(step, "become_ready")
    step.save()
    numbers = [one.number for one in begun]
    progress.note(actor, "step.retried_from", step, reason=said, steps=numbers)
    progress.announce(run, [step.pk])
    progress.end_or_wait(run)


def _set_back(actor: Person, run: DeploymentRun, again: Again, reason: str) -> None:
    """Everything after the first step waits for its predecessors once more, and its components are the run's."""
    others = again.begun[1:]
    starting.hold_components(run, run.targets.filter(component__in=[one.component_id for one in again.begun]))
    waits_for = again.open_predecessors()
    back = store().move_steps("repeat", [one.pk for one in others])
    for count in sorted(set(waits_for.values())):
        waiting = [pk for pk, open_ones in waits_for.items() if open_ones == count]
        changed = Step.objects.filter(pk__in=waiting).exclude(open_predecessors=count)
        changed.update(open_predecessors=count, row_version=F("row_version") + 1)
    ledger.end("step", back)
    for one in others:
        progress.note(actor, "step.set_back", one, reason=reason)


def _keep_decisions(
    actor: Person, begun: Sequence[Step], reason: str, confirmation: Confirmation | None
) -> None:
    """A retry of each that was tried before: attempts are counted against what people decided."""
    last = {one.step_id: one for one in Attempt.objects.filter(step__in=begun).order_by("number")}
    Decision.objects.bulk_create(
        Decision(
            step_id=pk,
            attempt=attempt,
            kind=DecisionKind.RETRY,
            reason=reason,
            actor=actor,
            confirmation=confirmation,
        )
        for pk, attempt in last.items()
    )
