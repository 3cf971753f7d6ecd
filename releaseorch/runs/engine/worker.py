"""What a worker does with one step: claim → check → intent → start → poll → finish; rows decide, messages only hint.

1. claim by a guarded update; anything but "ready, with this token, in a running run" ends here
2. read what is to be run and refuse what isn't what was approved
3. commit the intent: from here on nobody can say that nothing happened
4. start the tool, then poll it, renewing the lease and storing the log, until it has ended or must be stopped;
   after the first moments the poller does so, and the worker is free for other steps
5. finish in one transaction; an attempt that was lost meanwhile gets a late report instead

An attempt whose worker was lost after 3 is gone on with by another (`reattach`): it asks the tool what became of it,
and goes on with 4 and 5.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from releaseorch.core import logs, schema
from releaseorch.executors.base import Cancelled, Errored, Result, Unknown
from releaseorch.runs.engine import reattach, reports
from releaseorch.runs.engine.attendance import Attendance, log_lost
from releaseorch.runs.engine.connections import CannotRun
from releaseorch.runs.engine.effect import Effect
from releaseorch.runs.engine.job import Job, job_of
from releaseorch.runs.engine.lease import DATABASE_AWAY, Fenced, Lease, NotOurs, persist
from releaseorch.runs.engine.places import this_worker
from releaseorch.runs.engine.poller import Poller
from releaseorch.runs.engine.reattach import Orphan
from releaseorch.runs.engine.reports import report
from releaseorch.runs.engine.starter import starter
from releaseorch.runs.engine.turn import AT_A_STRETCH_S, CLAIM_TRIES_S, Hint, Turn, claim_step
from releaseorch.runs.models import Attempt
from releaseorch.runs.store import Claim, store

__all__ = ["claim_step", "reattach_step", "run_step", "run_steps", "take_orphan", "this_worker"]
logger = logging.getLogger(__name__)
# Most scripts have ended by then; what goes on is left to the poller.
STAYS_S = 2.0


@dataclass(frozen=True)
class Begun:
    """An attempt whose intent stands, and how its tool is told to begin, or asked what became of it."""

    attendance: Attendance
    ask: Callable[[Effect], Result]


def run_step(step_id: int, token: int, poller: Poller | None = None) -> None:
    """Carry out one step, if it is still to be had; any number of deliveries cause at most one start.

    Without a poller this returns when the step has ended.
    """
    _take(Turn([(step_id, token)]), poller)


def run_steps(hints: Iterable[Hint], poller: Poller | None = None) -> None:
    """These steps, and for a moment what they make ready."""
    _take(Turn(hints, AT_A_STRETCH_S), poller)


def _take(turn: Turn, poller: Poller | None) -> None:
    try:
        while claim := turn.begin():
            with logs.about(run=claim.run_id, step=claim.step_id, attempt=claim.attempt_id):
                _carry_out(claim, poller, turn)
    except Fenced:
        return  # nothing was done; the sweep nudges again
    finally:
        turn.close()


def reattach_step(attempt_id: int, token: int, poller: Poller | None = None) -> None:
    """Go on with an attempt whose worker was lost, if it is still to be had and known here."""
    try:
        orphan = persist(lambda: take_orphan(attempt_id, token), CLAIM_TRIES_S)
    except Fenced:
        return  # the housekeeper asks again
    if orphan is not None:
        with logs.about(run=orphan.claim.run_id, step=orphan.claim.step_id, attempt=attempt_id):
            logger.warning("goes on with attempt %s, whose worker was lost", attempt_id)
            _go_on(orphan, poller)


def take_orphan(attempt_id: int, token: int) -> Orphan | None:
    """Hold an attempt whose lease is over; None when somebody was first, it isn't known here, this code is too old."""
    if too_old := schema.why_too_old():
        logger.error("attempt %s is left to another worker. %s", attempt_id, too_old)
        return None
    engine = settings.ENGINE
    return reattach.take(attempt_id, token, this_worker(), engine["lease"], engine["grace"])


def _carry_out(claim: Claim, poller: Poller | None = None, turn: Turn | None = None) -> None:
    """Whatever happens here ends as an outcome with a sentence, or as a lease that lapses since nothing began."""
    taken = turn or Turn()
    _see_through(claim, lambda lease: _begun(claim, lease, taken.job), poller, taken)


def _go_on(orphan: Orphan, poller: Poller | None) -> None:
    _see_through(orphan.claim, lambda lease: _begun_by_another(orphan, lease), poller, Turn())


def _see_through(
    claim: Claim, begin: Callable[[Lease], Begun | Result | None], poller: Poller | None, turn: Turn
) -> None:
    """Stay with it to its end; where there is a poller, only for the first moments, which is all that most take."""
    lease = Lease(claim)
    lease.hold()
    try:
        with turn.watched():
            found = begin(lease)
            if isinstance(found, Begun) and not _has_answered(found, poller):
                return  # who asks goes on with it
        begun = found.attendance if isinstance(found, Begun) else found
        while isinstance(begun, Attendance) and not begun.is_over:
            turn.hand_on()
            if poller and _takes_long(begun):
                poller.take(begun)
                return
            begun.stay()
    except BaseException:
        lease.let_go()
        raise
    if isinstance(begun, Attendance):
        begun.conclude(turn)
        return
    lease.let_go()
    if begun is not None:
        report(claim, begun, turn=turn)


def _has_answered(begun: Begun, poller: Poller | None) -> bool:
    """Tell the tool to begin; False when it keeps waiting for longer than a worker stays."""
    one = begun.attendance
    if poller is None or not one.job.executor.keeps_waiting:
        one.begin(begun.ask)
        return True
    return starter.answers(lambda: one.begin(begun.ask), STAYS_S, lambda: _leave(one, poller))


def _leave(one: Attendance, poller: Poller) -> None:
    if one.is_over:
        one.conclude()
    else:
        poller.take(one)


def _takes_long(begun: Attendance) -> bool:
    return max(begun.due, time.monotonic()) - begun.began > STAYS_S


def _begun(claim: Claim, lease: Lease, ready: Job | None) -> Begun | Result | None:
    """Steps 2 and 3; None when the attempt was lost before anything began, and the reaper knows that too.

    `ready` was checked with the claim, and its intent stands.
    """
    try:
        job = ready or lease.keep(lambda: _checked(claim))
    except NotOurs as lost:
        log_lost(claim, lost)
        return None
    if isinstance(job, Errored):
        return job
    try:
        if ready is None:
            job.clear_place()
            if not _intends(job.claim, lease):
                return Cancelled()  # asked to stop before anything began
        lease.check()
    except NotOurs as lost:
        log_lost(job.claim, lost)
        return _nothing_began(job.claim)
    except OSError as problem:
        said = _("The folder of the attempt can't be prepared (%(fault)s).")
        return Errored(said % {"fault": type(problem).__name__})
    return Begun(Attendance(job, lease), Effect.start)


def _begun_by_another(orphan: Orphan, lease: Lease) -> Begun | Result | None:
    claim = orphan.claim
    try:
        job = lease.keep(lambda: _checked_again(claim))
    except NotOurs as lost:
        log_lost(claim, lost)
        return None  # its lease lapses, and workers are asked again
    if isinstance(job, Unknown):
        return job
    ask = partial(Effect.reconcile, known_as=orphan.external_id)
    return Begun(Attendance(job, lease, orphan.age_s), ask)


def _checked(claim: Claim) -> Job | Errored:
    try:
        return job_of(claim)
    except CannotRun as problem:
        return Errored(str(problem))
    except DATABASE_AWAY:
        raise
    except Exception as broken:
        logger.exception("attempt %s broke off while it was checked", claim.attempt_id)
        said = _("It broke off before anything began, while it was checked: %(error)s.")
        return Errored(said % {"error": f"{type(broken).__name__}: {broken}"[:300]})


def _checked_again(claim: Claim) -> Job | Unknown:
    """What another worker began was checked before; when it can't be asked about any more, nobody knows."""
    said = _("Its worker was lost, and what became of it can't be asked: %(problem)s")
    try:
        return job_of(claim, has_begun=True)
    except CannotRun as problem:
        return Unknown(said % {"problem": problem})
    except DATABASE_AWAY:
        raise
    except Exception as broken:
        logger.exception("attempt %s broke off while it was checked again", claim.attempt_id)
        return Unknown(said % {"problem": f"{type(broken).__name__}: {broken}"[:300]})


def _intends(claim: Claim, lease: Lease) -> bool:
    """Commit the intent; False when somebody asked to stop. Raises `NotOurs`."""
    if lease.keep(lambda: store().record_intent(claim, settings.ENGINE["lease"])):
        return True
    lease.keep(lease.renew)
    lease.check()
    if lease.is_asked_to_stop:
        return False
    # An earlier try was committed and its answer lost; nobody else holds this token.
    if lease.keep(lambda: store().has_intent(claim)):
        return True
    raise NotOurs


def _nothing_began(claim: Claim) -> Result | None:
    """The intent of who lost the attempt may stand: then only they can tell that nothing followed."""
    stands = Attempt.objects.filter(pk=claim.attempt_id, effect_started_at__isnull=False)
    try:
        has_intent = persist(stands.exists, reports.TRIES_S)
    except Fenced:
        return None
    said = _("Its worker could not reach the database in time, so it did not begin.")
    return Errored(said) if has_intent else None
