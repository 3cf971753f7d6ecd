"""Threads for tools that keep whoever begins them waiting, such as a request that is answered after an hour.

A worker has few places and waits in none of them: after the first moments the thread that asks goes on by itself, and
the worker with other steps. A thread that had nothing to do for a moment ends, with its connection to the database.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextvars import copy_context

from django.db import connection

logger = logging.getLogger(__name__)
IDLE_S = 1.0
LOOK_S = 0.05
Work = Callable[[], object]


class _Call:
    """What is asked, and what follows if nobody waits for the answer any more."""

    def __init__(self, ask: Work, then: Work) -> None:
        self._ask, self._then = ask, then
        self._context = copy_context()
        self._lock, self._is_back = threading.Lock(), threading.Event()
        self._is_left = False
        self._broken: BaseException | None = None

    def __call__(self) -> None:
        self._context.run(self._work)

    def comes_back(self, within_s: float) -> bool:
        """Raises what the asking raised."""
        if not self._is_back.wait(within_s):
            with self._lock:
                self._is_left = not self._is_back.is_set()
        if self._broken is not None and not self._is_left:
            raise self._broken
        return not self._is_left

    def _work(self) -> None:
        try:
            self._ask()
        except BaseException as broken:
            self._broken = broken
        with self._lock:
            self._is_back.set()
        if not self._is_left:
            return
        try:
            if self._broken is not None:
                raise self._broken
            self._then()
        except Exception:  # its lease lapses, and workers are asked about it
            logger.exception("what a tool answered late could not be told")


class Starter:
    """Any thread may ask; as many threads as calls at the same time."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = self._busy = 0

    def answers(self, ask: Work, within_s: float, then: Work) -> bool:
        """Whether `ask` came back so soon; otherwise `then` follows in the thread that asks, as soon as it does."""
        call = _Call(ask, then)
        with self._lock:
            self._calls.put(call)
            self._busy += 1
            if self._idle:
                self._idle -= 1
            else:
                threading.Thread(target=self._serve, name="starter", daemon=True).start()
        return call.comes_back(within_s)

    def wait(self, at_most_s: float) -> None:
        """Until everything that was asked has come back: for a process that is told to end."""
        until = time.monotonic() + at_most_s
        while self._busy and time.monotonic() < until:
            time.sleep(LOOK_S)

    def _serve(self) -> None:
        try:
            while call := self._next():
                try:
                    call()
                finally:
                    connection.close_if_unusable_or_obsolete()
                    with self._lock:
                        self._busy -= 1
                        self._idle += 1
        finally:
            connection.close()

    def _next(self) -> _Call | None:
        try:
            return self._calls.get(timeout=IDLE_S)
        except queue.Empty:
            with self._lock:
                if self._calls.empty():
                    self._idle -= 1
                    return None
            return self._calls.get()


starter = Starter()
