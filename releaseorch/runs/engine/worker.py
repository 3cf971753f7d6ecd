"""What a worker does with one step: claim → check → intent → start → poll → finish; rows decide, messages only hint.

1. claim by a guarded update; anything but "ready, with this token, in a running run" ends here
2. read what is to be run and refuse what isn't what was approved
3. commit the intent: from here on nobody can say that nothing happened
4. start the tool, then poll it, renewing the lease and storing the log, until it has ended or must be stopped
5. finish in one transaction; an attempt that was lost meanwhile gets a late report instead
"""

import contextlib
import logging
import os
import platform

from django.conf import settings
from django.db import Error, transaction
from django.utils.translation import gettext as _

from releaseorch.core import logs, schema
from releaseorch.core.actor import SYSTEM
from releaseorch.executors.base import Cancelled, Context, Errored, Failed, Result, Running, Unknown
from releaseorch.executors.shell import wrapper
from releaseorch.runs import progress, restored
from releaseorch.runs.engine import endings
from releaseorch.runs.engine.connections import CannotRun, without_secrets
from releaseorch.runs.engine.job import Job, job_of
from releaseorch.runs.engine.lease import Fenced, Lease, NotOurs, persist
from releaseorch.runs.engine.logs import sink_for
from releaseorch.runs.models import Step
from releaseorch.runs.store import Claim, Worker, store

logger = logging.getLogger(__name__)
CLAIM_TRIES_S = 10.0
# What has ended stays true: reporting it is worth more patience than holding a lease.
REPORT_TRIES_S = 900.0


class _NoLog:
    """Takes what a tool says while it is being stopped for an attempt that isn't ours any more."""

    def write(self, data: bytes, /) -> None:
        return None


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
    if too_old := schema.why_too_old():
        logger.error("step %s is left to another worker. %s", step_id, too_old)
        return None
    run_id = Step.objects.filter(pk=step_id, token=token).values_list("run_id", flat=True).first()
    if run_id is None or restored.keeps_back(run_id, step_id, token):
        return None
    with transaction.atomic():
        run = progress.locked(run_id)
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
    try:
        job = job_of(claim)
    except CannotRun as problem:
        _report(claim, Errored(str(problem)))
        return
    result: Result
    with Lease(claim, fence=lambda: _stopped(job)) as lease:
        try:
            result = _work(job, lease)
        except (NotOurs, Error) as lost:
            logger.warning(
                "attempt %s is not ours any more: %s", claim.attempt_id, lost or "its lease is lost"
            )
            result = _stopped(job)
    result = without_secrets(result, job.secrets)
    if _report(claim, result) and not isinstance(result, Unknown):
        job.tidy_up()


def _work(job: Job, lease: Lease) -> Result:
    job.clear_place()
    if not lease.keep(lambda: store().record_intent(job.claim, settings.ENGINE["lease"])):
        lease.keep(lease.renew)
        lease.check()
        return Cancelled()  # asked to stop before anything began
    sink = sink_for(lease)
    context = job.context(sink)
    try:
        result = _poll_to_end(job, lease, context)
    except (NotOurs, Error):
        raise
    except Exception as broken:
        # A tool must not raise; what it did before, nobody knows.
        logger.exception("the tool %s broke off", job.step.executor)
        said = _("The tool %(tool)s broke off: %(error)s.")
        result = Unknown(said % {"tool": job.step.executor, "error": type(broken).__name__})
    sink.close()
    if isinstance(result, Cancelled) and not lease.is_asked_to_stop:
        return _stopped_by_us()
    return result


def _poll_to_end(job: Job, lease: Lease, context: Context) -> Result:
    result, known = job.executor.start(context), ""
    while isinstance(result, Running):
        external_id = result.external_id
        if external_id != known:
            lease.keep(lambda: store().keep_external_id(job.claim, external_id))  # noqa: B023 (called at once)
            known = external_id
        lease.wait(result.next_poll_s)
        ask = job.executor.cancel if lease.is_asked_to_stop else job.executor.poll
        result = ask(context, external_id)
    return result


def _stopped(job: Job) -> Result:
    """Stop what this process started for an attempt that it can't keep; what comes out is often a late report."""
    result: Result = Unknown(_("The worker lost its lease."))
    with contextlib.suppress(Exception):
        result = job.executor.cancel(job.context(_NoLog()), "")
    if isinstance(result, Running):
        return Unknown(_("The worker lost its lease; the tool may still be running."))
    return _stopped_by_us() if isinstance(result, Cancelled) else result


def _stopped_by_us() -> Failed:
    return Failed(_("Its worker stopped it, since it could not reach the database or had lost the step."))


def _report(claim: Claim, result: Result) -> bool:
    try:
        return persist(lambda: endings.finish(claim, result), REPORT_TRIES_S)
    except Fenced:
        logger.error("the outcome of attempt %s could not be written: %s", claim.attempt_id, result)
        return False
