"""What the housekeeper repairs in runs: lost messages are sent again, lost workers are noticed."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from releaseorch.catalog.states import StepKind
from releaseorch.core import clock, dispatch, hold
from releaseorch.core.actor import SYSTEM
from releaseorch.executors.base import Unknown
from releaseorch.runs import limits, progress
from releaseorch.runs.engine import endings, reattach
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, AttemptState, RunState, StepState
from releaseorch.runs.store import Claim, Ending, store

logger = logging.getLogger(__name__)
PER_SWEEP = 200
MOST_DOUBLINGS = 6
MOST_REQUEUES = 3
# How often workers are asked about an attempt whose lease is over: counted, since housekeepers are stopped too.
MOST_ASKS = 12


def every() -> float:
    """Seconds between two rounds; faster where leases are shorter."""
    return max(0.5, float(settings.ENGINE["lease"]) / 12)


def is_anything_under_way() -> bool:
    """Whether any run goes on or will by itself, or any attempt has no end: else nothing is to mend; one query."""
    states = sorted([*RUN_ACTIVE, RunState.SCHEDULED])
    runs = DeploymentRun.objects.filter(state__in=states).order_by().values_list("pk")
    attempts = Attempt.objects.filter(state=AttemptState.RUNNING, person=None).order_by().values_list("pk")
    return runs.union(attempts, all=True).exists()


def sweep() -> int:
    """Nudge ready automated steps again: each at half a lease after its last nudge, then twice that, and so on.

    Stops at the first nudge that the broker doesn't take; a step counts as nudged only when it was.
    """
    sent = 0
    for step in [] if hold.is_open() else due_for_a_nudge():
        if not dispatch.send(progress.TASK, step.pk, step.token):
            break
        mine = Step.objects.filter(pk=step.pk, token=step.token, state=StepState.READY)
        sent += mine.update(nudged_at=clock.now(), nudges=F("nudges") + 1)
    return sent


def due_for_a_nudge() -> list[Step]:
    base, now = timedelta(seconds=float(settings.ENGINE["lease"]) / 2), clock.now()
    # A nudge later than now was noted by a host whose clock is wrong: it says nothing about how long ago it was.
    due = (
        Q(nudged_at=None)
        | Q(nudged_at__gt=now + base)
        | Q(nudges__gte=MOST_DOUBLINGS, nudged_at__lte=now - base * 2**MOST_DOUBLINGS)
    )
    for nudges in range(MOST_DOUBLINGS):
        due |= Q(nudges=nudges, nudged_at__lte=now - base * 2**nudges)
    ready = Step.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Q(run__begins_until=None) | Q(run__begins_until__gt=now),
        due,
        state=StepState.READY,
        kind=StepKind.AUTOMATED,
        is_taken_over=False,
        run__state=RunState.RUNNING,
    )
    if ready.filter(is_limited=True).exists():
        ready = ready.filter(Q(is_limited=False) | Q(pk__in=list(limits.next_in_line())))
    return list(ready.order_by(F("nudged_at").asc(nulls_first=True), "id").only("id", "token")[:PER_SWEEP])


def reap() -> int:
    """End attempts whose worker went silent; one that breaks here doesn't stop the others."""
    ended = 0
    for attempt_id in store().lapsed(settings.ENGINE["grace"], PER_SWEEP):
        try:
            ended += reap_one(attempt_id)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("attempt %s could not be reaped", attempt_id)
    return ended


def reap_one(attempt_id: int) -> bool:
    """No intent: nothing happened, so it is queued again, three times at most. Else workers are asked about it.

    Twelve times, for the length of a lease; when none can go on with it, it is unknown and a person decides.
    """
    found = Attempt.objects.select_related("step").get(pk=attempt_id)
    claim = Claim(found.step.run_id, found.step_id, found.pk, found.number, found.token)
    grace = float(settings.ENGINE["grace"])
    with transaction.atomic():
        run = progress.locked(claim.run_id)
        attempt = Attempt.objects.select_related("step").get(pk=attempt_id)
        if attempt.effect_started_at is not None:
            if _may_still_be_known(attempt):
                if store().note_ask(claim, _between_asks()):
                    reattach.ask_workers([found])
                return False
            said = _("The worker on %(host)s went silent after it had begun; nobody knows the outcome.")
            lost = endings.outcome_of(Unknown(said % {"host": attempt.host}))
            return endings.end_attempt(run, claim, lost, grace)
        return _nothing_happened(run, claim, attempt, grace)


def _may_still_be_known(attempt: Attempt) -> bool:
    return attempt.asks < MOST_ASKS and not hold.is_open() and reattach.can_be_known(attempt)


def _between_asks() -> float:
    """Seconds; a little less than between two rounds, so that a second housekeeper asks no oftener."""
    return 0.8 * float(settings.ENGINE["lease"]) / MOST_ASKS


def _nothing_happened(run: DeploymentRun, claim: Claim, attempt: Attempt, grace: float) -> bool:
    said = _("The worker on %(host)s went silent before it began; nothing happened.") % {"host": attempt.host}
    ending = Ending(said)
    if run.state == RunState.CANCELLING:
        return endings.end_attempt(run, claim, endings.Outcome("cancel", ending, False), grace)
    if progress.step_now(claim.step_id).requeues >= MOST_REQUEUES:
        return endings.end_attempt(run, claim, endings.Outcome("error", ending, False), grace)
    # The guard on the lease also covers an intent committed a moment ago: that renews the lease.
    if not store().finish_attempt(claim.attempt_id, claim.token, "error", ending, grace):
        return False
    store().move_steps("requeue", [claim.step_id], claim.token)
    _forget_start(claim.step_id)
    step = progress.step_now(claim.step_id)
    progress.note(SYSTEM, "step.requeued", step, reason=said, attempt=claim.number)
    progress.announce(run, [step.pk])
    progress.settle(run, [step])
    return True


def _forget_start(step_id: int) -> None:
    """A step none of whose attempts had an effect has not started: its request may wait for the next run."""
    if not Attempt.objects.filter(step_id=step_id, effect_started_at__isnull=False).exists():
        Step.objects.filter(pk=step_id).update(started_at=None)
