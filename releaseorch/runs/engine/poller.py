"""Polls the tools of attempts that no thread stays with, so that a job of hours holds no place in a worker's pool.

One thread knows when whom to ask, a few ask: a tool that is slow to answer keeps nobody else waiting. The process keeps
holding the attempts by their leases. When it is told to end, it hands them over: their leases lapse at once, and the
workers who may go on with them are asked to.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import Error, connection

from releaseorch.runs.engine import reattach
from releaseorch.runs.engine.attendance import Attendance
from releaseorch.runs.models import Attempt
from releaseorch.runs.store import store

logger = logging.getLogger(__name__)
AT_ONCE = 8
LOOK_S = 1.0


class Poller:
    """Any thread may hand it what it stays with no longer."""

    def __init__(self) -> None:
        self.is_closing = False
        self._changed = threading.Condition()
        self._waiting: list[Attendance] = []
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def take(self, one: Attendance) -> None:
        with self._changed:
            if not self.is_closing:
                self._waiting.append(one)
                self._be_there()
                self._changed.notify()
                return
        _hand_over(one)

    def close(self) -> None:
        """Hand over everything; what is being asked just now as soon as it has answered."""
        with self._changed:
            self.is_closing = True
            left, self._waiting = self._waiting, []
            self._changed.notify()
        for one in left:
            _hand_over(one)
        connection.close()

    def _be_there(self) -> None:
        if self._thread is None:
            self._pool = self._pool or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="poller")
            self._thread = threading.Thread(target=self._ask_in_time, name="poller", daemon=True)
            self._thread.start()

    def _ask_in_time(self) -> None:
        while True:
            with self._changed:
                due = [one for one in self._waiting if one.is_urgent or one.due <= time.monotonic()]
                self._waiting = [one for one in self._waiting if one not in due]
                for one in due:
                    assert self._pool is not None, "there is a pool as long as there is a thread"
                    self._pool.submit(self._ask, one)
                if not self._waiting:
                    self._thread = None
                    return
                self._changed.wait(self._pause_s())

    def _pause_s(self) -> float:
        """Until the next is due; at most a moment, since a stop may be asked for meanwhile."""
        soonest = min(one.due for one in self._waiting)
        return min(max(soonest - time.monotonic(), 0.0), LOOK_S)

    def _ask(self, one: Attendance) -> None:
        try:
            one.lease.context.copy().run(self._poll, one)
        except Exception:  # its lease lapses, and workers are asked about it
            one.lease.let_go()
            logger.exception("attempt %s could not be polled", one.job.claim.attempt_id)
        finally:
            connection.close()

    def _poll(self, one: Attendance) -> None:
        one.poll()
        if one.is_over:
            one.conclude()
        else:
            self.take(one)


def _hand_over(one: Attendance) -> None:
    """Let its lease lapse now, so that who goes on with it need not wait for that."""
    one.lease.let_go()
    claim = one.job.claim
    try:
        if store().let_lapse(claim, settings.ENGINE["grace"]):
            reattach.ask_workers([Attempt.objects.select_related("step").get(pk=claim.attempt_id)])
            logger.warning("attempt %s is handed over", claim.attempt_id)
    except Error as away:
        logger.warning("attempt %s could not be handed over, its lease lapses: %s", claim.attempt_id, away)


poller = Poller()
