"""What a worker does with one step: claim → check → intent → start → poll → finish; rows decide, messages only hint.

1. claim by a guarded update; anything but "ready, with this token, in a running run" ends here
2. read what is to be run and refuse what isn't what was approved
3. commit the intent: from here on nobody can say that nothing happened
4. start the tool, then poll it, renewing the lease and storing the log, until it has ended or must be stopped
5. finish in one transaction; an attempt that was lost meanwhile gets a late report instead
"""

import logging
import os
import platform
from collections.abc import Mapping
from types import MappingProxyType

from django.conf import settings
from django.db import Error, connection
from django.utils.translation import gettext as _

from releaseorch.audit import high_water
from releaseorch.core import logs, schema
from releaseorch.core.actor import SYSTEM
from releaseorch.executors.base import Cancelled, Errored, Failed, Result, Running, Unknown
from releaseorch.executors.shell import wrapper
from releaseorch.runs import progress, restored
from releaseorch.runs.engine import endings
from releaseorch.runs.engine.connections import CannotRun, without_secrets
from releaseorch.runs.engine.effect import Effect
from releaseorch.runs.engine.job import Job, job_of
from releaseorch.runs.engine.lease import DATABASE_AWAY, Fenced, Lease, NotOurs, persist
from releaseorch.runs.engine.limits import Limits
from releaseorch.runs.engine.logs import sink_for
from releaseorch.runs.models import Attempt
from releaseorch.runs.store import Claim, Worker, store

logger = logging.getLogger(__name__)
CLAIM_TRIES_S = 10.0
# What has ended stays true: reporting it is worth more patience than holding a lease.
REPORT_TRIES_S = 900.0


def run_step(step_id: int, token: int) -> None:
    """Carry out one step, if it is still to be had; any number of deliveries cause at most one start."""
    try:
        claim = persist(lambda: claim_step(step_id, token), CLAIM_TRIES_S)
    except Fenced:
        return  # nothing was done; the sweep nudges again
    if claim is not None:
        with logs.about(run=claim.run_id, step=claim.step_id, attempt=claim.attempt_id):
            _carry_out(claim)


def claim_step(step_id: int, token: int) -> Claim | None:
    """Take the step for this process; None when somebody was first, the run doesn't run, or this code is too old."""
    high_water.look_if_due()
    known = store().before_claim(step_id, token)
    if known is None:
        return None
    if too_old := schema.why_too_old(known.newest_migration):
        logger.error("step %s is left to another worker. %s", step_id, too_old)
        return None
    if known.has_been_held and restored.keeps_back(known.run_id, step_id, token):
        return None
    with progress.moving(known.run_id) as run:
        claim = store().claim(step_id, token, this_worker(), settings.ENGINE["lease"])
        if claim is None:
            return None
        step = progress.step_now(step_id)
        progress.note(SYSTEM, "step.claimed", step, attempt=claim.number, host=this_worker().host)
        progress.settle(run, [step])
    return claim


def this_worker() -> Worker:
    return Worker(platform.node()[:200], wrapper.boot_id()[:64], os.getpid())


def _carry_out(claim: Claim) -> None:
    """Whatever happens here ends as an outcome with a sentence, or as a lease that lapses since nothing began."""
    with Lease(claim) as lease:
        try:
            job = lease.keep(lambda: _checked(claim))
        except NotOurs as lost:
            _log_lost(claim, lost)
            return  # nothing began: the reaper queues it again
        result = job if isinstance(job, Errored) else _work(job, lease)
    if isinstance(job, Errored):
        _report(claim, job)
    elif result and _report(claim, result, job.secrets) and not isinstance(result, Unknown):
        job.tidy_up()


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


def _work(job: Job, lease: Lease) -> Result | None:
    """Steps 3 and 4; None when the attempt was lost before anything began, and the reaper knows that too."""
    try:
        job.clear_place()
        if not _intends(job.claim, lease):
            return Cancelled()  # asked to stop before anything began
        lease.check()
    except NotOurs as lost:
        _log_lost(job.claim, lost)
        return _nothing_began(job.claim)
    except OSError as problem:
        said = _("The folder of the attempt can't be prepared (%(fault)s).")
        return Errored(said % {"fault": type(problem).__name__})
    return _under_watch(job, lease)


def _under_watch(job: Job, lease: Lease) -> Result:
    sink = sink_for(lease)
    effect = Effect(job, sink)
    lease.fence = effect.stop
    try:
        with Limits(job.step.timeout_s, lambda: _tell_that_it_hangs(job, effect)) as limits:
            result = _poll_to_end(job, lease, effect, limits)
    except NotOurs as lost:
        _log_lost(job.claim, lost)
        return _stopped_by_us(effect.stop())
    except Exception as broken:
        # A tool must not raise; what it did before, nobody knows. It isn't stopped: what it does may be well.
        logger.exception("the tool %s broke off", job.step.executor)
        said = _("The tool %(tool)s broke off: %(error)s.")
        if isinstance(broken, Error):
            said = _("What the tool %(tool)s said could not be stored: %(error)s.")
        result = Unknown(said % {"tool": job.step.executor, "error": type(broken).__name__})
    try:
        sink.close()
    except (NotOurs, Error):  # what has ended stays so, also without the last bytes of its log
        logger.exception("the end of the log of attempt %s was not stored", job.claim.attempt_id)
    return result if lease.is_asked_to_stop else _stopped_by_us(result)


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
        has_intent = persist(stands.exists, REPORT_TRIES_S)
    except Fenced:
        return None
    said = _("Its worker could not reach the database in time, so it did not begin.")
    return Errored(said) if has_intent else None


def _poll_to_end(job: Job, lease: Lease, effect: Effect, limits: Limits) -> Result:
    result, known_as = effect.start(), ""
    while isinstance(result, Running):
        if result.external_id != known_as:
            known_as = result.external_id
            storable = endings.storable(known_as)
            lease.keep(lambda: store().keep_external_id(job.claim, storable))  # noqa: B023 (called at once)
        lease.wait(limits.at_most(result.next_poll_s))
        if not (lease.is_asked_to_stop or limits.is_over):
            result = effect.poll()
        elif limits.is_worth_asking_to_stop():
            result = effect.cancel()
        else:
            result = Unknown(_("It was asked to stop, but it is not confirmed that it did."))
    if limits.was_asked_to_stop and not lease.is_asked_to_stop:
        return _took_too_long(job, result)
    return result


def _took_too_long(job: Job, result: Result) -> Result:
    """What became of a tool that was told to stop since its time was over."""
    named = {"timeout_s": job.step.timeout_s}
    if isinstance(result, Cancelled):
        return Failed(_("It was stopped: it took longer than %(timeout_s)g s.") % named)
    if isinstance(result, Unknown):
        return Unknown(_("It took longer than %(timeout_s)g s.") % named + " " + result.reason)
    return result


def _tell_that_it_hangs(job: Job, effect: Effect) -> None:
    """A call of the tool doesn't come back: a person is told, then the tool to stop; what it says to that is late."""
    said = _(
        "It took longer than %(timeout_s)g s, and the tool %(tool)s doesn't answer; it may still be at work."
    )
    named = {"timeout_s": job.step.timeout_s, "tool": job.step.executor}
    try:
        if _report(job.claim, Unknown(said % named)):
            _report(job.claim, _took_too_long(job, effect.stop()), job.secrets)
    finally:
        connection.close()


def _stopped_by_us(result: Result) -> Result:
    if not isinstance(result, Cancelled):
        return result
    return Failed(_("Its worker stopped it, since it could not reach the database or had lost the step."))


def _log_lost(claim: Claim, lost: NotOurs) -> None:
    logger.warning("attempt %s is not ours any more: %s", claim.attempt_id, lost or "its lease is lost")


def _report(claim: Claim, result: Result, secrets: Mapping[str, bytes] = MappingProxyType({})) -> bool:
    """Write the outcome; one that can't be written is told as unknown. True when it counts."""
    try:
        clean = without_secrets(result, secrets)
        return persist(lambda: endings.finish(claim, clean), REPORT_TRIES_S)
    except Fenced:
        logger.error("the outcome of attempt %s could not be written: %s", claim.attempt_id, result)
        return False
    except Exception as broken:
        logger.exception("the outcome of attempt %s could not be recorded", claim.attempt_id)
        said = _("It ended (%(outcome)s), but that could not be recorded: %(error)s.")
        named = {"outcome": endings.name_of(result), "error": type(broken).__name__}
        return persist(lambda: endings.finish(claim, Unknown(said % named)), REPORT_TRIES_S)
