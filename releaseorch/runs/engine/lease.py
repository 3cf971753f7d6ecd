"""Holding an attempt: its lease is renewed beside the work, and who can't renew it stops the work."""

import logging
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import TypeVar

from django.conf import settings
from django.db import Error, InterfaceError, InternalError, OperationalError, connection

from releaseorch.runs.engine.keeper import keeper
from releaseorch.runs.store import Claim, store

logger = logging.getLogger(__name__)
T = TypeVar("T")
LONGEST_PAUSE_S = 2.0
# An internal error is what a server says that has just become the read-only copy of another one.
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)


class NotOurs(Exception):
    """The attempt belongs to nobody or somebody else now; nothing may be written for it."""


class Fenced(NotOurs):
    """The database has been away for so long that somebody else may soon be given the step."""


def persist(work: Callable[[], T], for_s: float) -> T:
    """Do `work`, again while the database is away; raises `Fenced` after that many seconds.

    `work` is one transaction, guarded so that doing it twice is harmless.
    """
    until, pause = time.monotonic() + for_s, 0.1
    while True:
        try:
            return work()
        except DATABASE_AWAY as away:
            if connection.in_atomic_block:
                raise
            connection.close()
            if time.monotonic() + pause > until:
                raise Fenced(str(away)) from away
            logger.warning("the database is away, trying again: %s", away)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


class Lease:
    """The lease of one claim; between `hold` and `let_go` it is renewed, also while a tool keeps its caller waiting.

    `fence` stops the work when it could not be renewed for too long, `hangs` is called at `hangs_at`.
    """

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.is_asked_to_stop = False
        self.fence: Callable[[], object] = lambda: None
        self.hangs: Callable[[], object] = lambda: None
        self.hangs_at: float | None = None
        self.context = copy_context()
        self._is_lost = self._is_fenced = False
        self._renewed = time.monotonic()

    def hold(self) -> None:
        keeper.add(self)

    def let_go(self) -> None:
        keeper.remove(self)

    @property
    def left_s(self) -> float:
        """Seconds until this process must have stopped the work."""
        return self._renewed + settings.ENGINE["self_fence"] - time.monotonic()

    @property
    def may_be_elsewhere(self) -> bool:
        """Whether it has lapsed so long ago that another worker may hold the attempt by now."""
        return time.monotonic() > self._renewed + settings.ENGINE["lease"] + settings.ENGINE["grace"]

    @property
    def is_due(self) -> bool:
        """Whether it was not renewed just now; who asks a tool often need not ask the database as often."""
        age = settings.ENGINE["self_fence"] - self.left_s
        return bool(age >= settings.ENGINE["heartbeat"] / 10)

    def renew(self) -> None:
        began = time.monotonic()
        asked = store().heartbeat(self.claim, settings.ENGINE["lease"])
        if asked is None:
            self._is_lost = True
            return
        self._renewed = began
        self.is_asked_to_stop = asked

    def check(self) -> None:
        """Raise when the attempt isn't ours any more, or can't be kept."""
        if self._is_lost:
            raise NotOurs
        if self._is_fenced or self.left_s <= 0:
            raise Fenced("no renewal for too long")

    def keep(self, work: Callable[[], T]) -> T:
        """Write something while the lease lasts."""
        self.check()
        return persist(work, max(self.left_s, 0.0))

    def wait(self, seconds: float) -> None:
        """Wait until the next poll or until somebody asks to stop, then renew; raises once the attempt is lost."""
        until, was_asked = time.monotonic() + max(seconds, 0.0), self.is_asked_to_stop
        while (left := until - time.monotonic()) > 0 and self.is_asked_to_stop == was_asked:
            time.sleep(min(left, settings.ENGINE["poll"]))
            self.check()
        self.keep(self.renew)
        self.check()

    def try_to_renew(self) -> None:
        """Unless it was renewed a moment ago, as each poll does."""
        age = settings.ENGINE["self_fence"] - self.left_s
        if self._is_lost or age < settings.ENGINE["heartbeat"] / 2:
            return
        try:
            self.renew()
        except Error as away:  # whatever it is, the next beat may do better
            logger.warning("the lease of attempt %s was not renewed: %s", self.claim.attempt_id, away)
            connection.close()

    @property
    def next_alarm_s(self) -> float:
        hangs_in = float("inf") if self.hangs_at is None else self.hangs_at - time.monotonic()
        return min(hangs_in, float("inf") if self._is_fenced else self.left_s)

    def alarms(self) -> Iterator[Callable[[], object]]:
        """What must be done now, each once."""
        if self.left_s <= 0 and not self._is_fenced:
            # For good: what was stopped isn't taken up again when the database is back.
            self._is_fenced = True
            yield self._stop_in_time
        if self.hangs_at is not None and time.monotonic() > self.hangs_at:
            self.hangs_at = None
            yield self.hangs

    def _stop_in_time(self) -> None:
        """Who wakes too late (stopped, or on a host that was) leaves the tool alone: it may be another's by now."""
        number = self.claim.attempt_id
        if self.may_be_elsewhere:
            logger.error("attempt %s: no renewal for so long that another worker may hold it", number)
            return
        logger.error("attempt %s: no renewal for too long, stopping the tool", number)
        self.fence()
