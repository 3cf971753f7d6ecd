"""Holding an attempt: its lease is renewed beside the work, and who can't renew it stops the work."""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from types import TracebackType
from typing import Self, TypeVar

from django.conf import settings
from django.db import Error, InterfaceError, InternalError, OperationalError, connection

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
    """The lease of one claim; inside `with` a thread renews it, also while a tool keeps the worker waiting.

    A second thread, which never asks the database, calls `fence` when it could not be renewed for too long: the
    others may hang on a dead connection just then. Measured by this host's monotonic clock alone: jumps of the wall
    clock don't matter.
    """

    def __init__(self, claim: Claim, fence: Callable[[], object] = lambda: None) -> None:
        self.claim = claim
        self.is_asked_to_stop = False
        self.fence = fence
        self._is_lost = self._is_fenced = False
        self._renewed = time.monotonic()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(  # what they log belongs to the same attempt
                target=copy_context().run,
                args=(work,),
                name=f"{work.__name__}-{claim.attempt_id}",
                daemon=True,
            )
            for work in (self._beat, self._watch)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def left_s(self) -> float:
        """Seconds until this process must have stopped the work."""
        return self._renewed + settings.ENGINE["self_fence"] - time.monotonic()

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

    def _beat(self) -> None:
        try:
            while not self._over.wait(settings.ENGINE["heartbeat"]) and not self._is_lost:
                self._try_to_renew()
        finally:
            connection.close()

    def _watch(self) -> None:
        while not self._over.wait(min(max(self.left_s, 0.0), settings.ENGINE["heartbeat"]) + 0.01):
            if self.left_s <= 0:
                logger.error("attempt %s: no renewal for too long, stopping the tool", self.claim.attempt_id)
                self._is_fenced = (
                    True  # for good: what was stopped isn't taken up again when the database is back
                )
                self.fence()
                return

    def _try_to_renew(self) -> None:
        try:
            self.renew()
        except Error as away:  # whatever it is, the next beat may do better
            logger.warning("the lease of attempt %s was not renewed: %s", self.claim.attempt_id, away)
            connection.close()
