"""Keeps the leases of this process: two threads for all of them, which live as long as there is one.

In a worker they stay: no step waits for threads that begin and end.

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

# At most so late is noticed what was begun after the watch began to wait.
LOOK_S = 1.0


class Keeper:
    """The leases that this process holds; any thread may add and remove them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leases: list[Lease] = []
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._stays = False

    def stay(self) -> None:
        """From now on the threads live as long as the process."""
        with self._lock:
            self._stays = True
            self._be_there()

    def add(self, lease: "Lease") -> None:
        with self._lock:
            self._leases.append(lease)
            self._be_there()

    def remove(self, lease: "Lease") -> None:
        """With the last one the threads end, before this returns."""
        with self._lock:
            if lease in self._leases:
                self._leases.remove(lease)
            ended = [] if self._leases or self._stays else self._threads
            if ended:
                self._threads = []
                self._over.set()
        for thread in ended:
            thread.join()

    def held(self) -> "list[Lease]":
        with self._lock:
            return list(self._leases)

    def _be_there(self) -> None:
        # Not alive any more: in a process that was forked from one with threads.
        if not self._threads or not all(thread.is_alive() for thread in self._threads):
            self._over = threading.Event()
            self._threads = [self._thread(work) for work in (self._renew, self._watch)]

    def _thread(self, work: Callable[[threading.Event], None]) -> threading.Thread:
        thread = threading.Thread(target=work, args=(self._over,), name=f"leases{work.__name__}", daemon=True)
        thread.start()
        return thread

    def _renew(self, over: threading.Event) -> None:
        try:
            while not over.wait(settings.ENGINE["heartbeat"]):
                held = self.held()
                for lease in held:
                    lease.context.copy().run(lease.try_to_renew)
                if not held:
                    connection.close()
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
        return min(max(min(left, default=LOOK_S), 0.0), settings.ENGINE["heartbeat"], LOOK_S) + 0.01


keeper = Keeper()
