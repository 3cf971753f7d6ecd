"""Keeps the leases of this process: two threads for all of them, which live as long as there is one.

One renews them. The other never asks the database, since the first may hang on a dead connection just then: it stops
the work whose lease could not be renewed for too long, and tells of calls that don't come back. Measured by this
host's monotonic clock alone, so jumps of the wall clock don't matter.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from releaseorch.runs.engine.lease import Lease


class Keeper:
    """The leases that this process holds; any thread may add and remove them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: list[Lease] = []
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()

    def add(self, lease: "Lease") -> None:
        with self._lock:
            self._leases.append(lease)
            if not self._threads:
                self._over = threading.Event()
                self._threads = [self._thread(work) for work in (self._renew, self._watch)]

    def remove(self, lease: "Lease") -> None:
        """With the last one the threads end, before this returns."""
        with self._lock:
            if lease in self._leases:
                self._leases.remove(lease)
            ended = [] if self._leases else self._threads
            if ended:
                self._threads = []
                self._over.set()
        for thread in ended:
            thread.join()

    def held(self) -> "list[Lease]":
        with self._lock:
            return list(self._leases)

    def _thread(self, work: Callable[[threading.Event], None]) -> threading.Thread:
        thread = threading.Thread(target=work, args=(self._over,), name=f"leases{work.__name__}", daemon=True)
        thread.start()
        return thread

    def _renew(self, over: threading.Event) -> None:
        try:
            while not over.wait(settings.ENGINE["heartbeat"]):
                for lease in self.held():
                    lease.context.copy().run(lease.try_to_renew)
        finally:
            connection.close()

    def _watch(self, over: threading.Event) -> None:
        while not over.wait(self._pause()):
            for lease in self.held():
                for alarm in lease.alarms():
                    # It may take long, or hang as the tool does; what it logs belongs to the same attempt.
                    run = lease.context.copy().run
                    threading.Thread(target=run, args=(alarm,), name="alarm", daemon=True).start()

    def _pause(self) -> float:
        left = [lease.next_alarm_s for lease in self.held()]
        return min(max(min(left, default=0.0), 0.0), settings.ENGINE["heartbeat"]) + 0.01


keeper = Keeper()
