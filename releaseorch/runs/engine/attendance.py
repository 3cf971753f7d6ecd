"""One attempt whose tool was told to begin, from its first word to its last: asked when it is time, until it has ended.

Whoever drives it, a thread that stays with it or the poller, does so from one thread at a time.
"""

import logging
import time
from collections.abc import Callable

from django.db import Error, connection
from django.utils.translation import gettext as _

from releaseorch.executors.base import Cancelled, Failed, Result, Running, Unknown
from releaseorch.runs.engine import endings
from releaseorch.runs.engine.effect import Effect
from releaseorch.runs.engine.job import Job
from releaseorch.runs.engine.lease import DATABASE_AWAY, Lease, NotOurs
from releaseorch.runs.engine.limits import Limits
from releaseorch.runs.engine.logs import sink_for
from releaseorch.runs.engine.reports import report
from releaseorch.runs.engine.turn import Turn
from releaseorch.runs.models import Attempt
from releaseorch.runs.states import AttemptState
from releaseorch.runs.store import Claim, store

logger = logging.getLogger(__name__)


class Attendance:
    """`result` is there once it is over; None then when another worker goes on with it.

    `age_s` is said of what another worker began: how long ago.
    """

    def __init__(self, job: Job, lease: Lease, age_s: float | None = None) -> None:
        self.job, self.lease = job, lease
        self.is_over = False
        self.result: Result | None = None
        self.due = self.began = time.monotonic()
        self._sink = sink_for(lease, is_begun=age_s is not None)
        self._effect = Effect(job, self._sink)
        self._limits = Limits(max(job.step.timeout_s - (age_s or 0.0), 0.0))
        self._known_as = ""
        lease.fence = self._effect.stop
        lease.hangs, lease.hangs_at = self._tell_that_it_hangs, self._limits.hangs_at

    def begin(self, ask: Callable[[Effect], Result]) -> None:
        """Start it, or ask what became of what another worker started."""
        self._hear(lambda: ask(self._effect))

    def stay(self) -> None:
        """Wait until it is time, then ask."""
        self._hear(self._wait_and_ask)

    def poll(self) -> None:
        """Ask now."""
        self._hear(self._renew_and_ask)

    def conclude(self, turn: Turn | None = None) -> None:
        """Let it go and tell the outcome, if there is one to tell; of what nobody knows the files stay."""
        self.lease.let_go()
        if self.result is None or not report(self.job.claim, self.result, self.job.secrets, turn):
            return
        if self.job.executor.keeps_files and not isinstance(self.result, Unknown):
            self.job.tidy_up()

    @property
    def is_urgent(self) -> bool:
        """Whether somebody asked to stop it and it doesn't know."""
        return self.lease.is_asked_to_stop and not self._limits.was_asked_to_stop

    def _wait_and_ask(self) -> Result:
        self.lease.wait(self.due - time.monotonic())
        return self._next()

    def _renew_and_ask(self) -> Result:
        if self.lease.is_due:
            self.lease.keep(self.lease.renew)
        self.lease.check()
        return self._next()

    def _next(self) -> Result:
        if not (self.lease.is_asked_to_stop or self._limits.is_over):
            return self._effect.poll()
        if self._limits.is_worth_asking_to_stop():
            return self._effect.cancel()
        return Unknown(_("It was asked to stop, but it is not confirmed that it did."))

    def _hear(self, ask: Callable[[], Result]) -> None:
        try:
            result = ask()
            if isinstance(result, Running):
                self._keep_id(result.external_id)
                self.due = time.monotonic() + self._limits.at_most(result.next_poll_s)
                return
            if self._limits.was_asked_to_stop and not self.lease.is_asked_to_stop:
                result = self._took_too_long(result)
        except NotOurs as lost:
            log_lost(self.job.claim, lost)
            is_elsewhere = _goes_on_elsewhere(self.job.claim, self.lease)
            self._is_over_with(None if is_elsewhere else _stopped_by_us(self._effect.stop()))
            return
        except Exception as broken:
            result = self._broken_off(broken)
        self._close_log()
        self._is_over_with(result if self.lease.is_asked_to_stop else _stopped_by_us(result))

    def _keep_id(self, external_id: str) -> None:
        if external_id != self._known_as:
            self._known_as = external_id
            storable = endings.storable(external_id)
            self.lease.keep(lambda: store().keep_external_id(self.job.claim, storable))

    def _broken_off(self, broken: Exception) -> Result:
        """A tool must not raise; what it did before, nobody knows. It isn't stopped: what it does may be well."""
        logger.exception("the tool %s broke off", self.job.step.executor)
        said = _("The tool %(tool)s broke off: %(error)s.")
        if isinstance(broken, Error):
            said = _("What the tool %(tool)s said could not be stored: %(error)s.")
        return Unknown(said % {"tool": self.job.step.executor, "error": type(broken).__name__})

    def _close_log(self) -> None:
        try:
            self._sink.close()
        except (NotOurs, Error):  # what has ended stays so, also without the last bytes of its log
            logger.exception("the end of the log of attempt %s was not stored", self.job.claim.attempt_id)

    def _is_over_with(self, result: Result | None) -> None:
        self.result, self.is_over = result, True

    def _took_too_long(self, result: Result) -> Result:
        """What became of a tool that was told to stop since its time was over."""
        named = {"timeout_s": self.job.step.timeout_s}
        if isinstance(result, Cancelled):
            return Failed(_("It was stopped: it took longer than %(timeout_s)g s.") % named)
        if isinstance(result, Unknown):
            return Unknown(_("It took longer than %(timeout_s)g s.") % named + " " + result.reason)
        return result

    def _tell_that_it_hangs(self) -> None:
        """A call doesn't come back: a person is told, then the tool to stop; what it says to that is late."""
        said = _(
            "It took longer than %(timeout_s)g s, and the tool %(tool)s doesn't answer; it may still be at work."
        )
        named = {"timeout_s": self.job.step.timeout_s, "tool": self.job.step.executor}
        try:
            if report(self.job.claim, Unknown(said % named)):
                report(self.job.claim, self._took_too_long(self._effect.stop()), self.job.secrets)
        finally:
            connection.close()


def log_lost(claim: Claim, lost: NotOurs) -> None:
    logger.warning("attempt %s is not ours any more: %s", claim.attempt_id, lost or "its lease is lost")


def _goes_on_elsewhere(claim: Claim, lease: Lease) -> bool:
    """Whether another worker holds the attempt; when the database can't say, whether one may."""
    held = Attempt.objects.filter(
        pk=claim.attempt_id, token__gt=claim.token, state=AttemptState.RUNNING, person=None
    )
    try:
        return held.exists()
    except DATABASE_AWAY:
        connection.close()
        return lease.may_be_elsewhere


def _stopped_by_us(result: Result) -> Result:
    if not isinstance(result, Cancelled):
        return result
    return Failed(_("Its worker stopped it, since it could not reach the database or had lost the step."))
