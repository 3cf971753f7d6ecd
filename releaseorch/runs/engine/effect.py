"""What an attempt sets going outside: the tool at work, the name by which it is known there, and how it is stopped."""

import contextlib
import threading

from django.utils.translation import gettext as _

from releaseorch.executors.base import Errored, LogSink, Result, Running, Unknown
from releaseorch.runs.engine.job import Job
from releaseorch.runs.engine.lease import NotOurs


class _NoLog:
    """Takes what a tool says while it is being stopped for an attempt that isn't ours any more."""

    def write(self, data: bytes, /) -> None:
        return None

    def skip(self, count: int, /) -> None:
        return None


class Effect:
    """One tool at work for one attempt; the worker, the fence and the clock may stop it from their own threads."""

    def __init__(self, job: Job, log: LogSink) -> None:
        self._tool = job.executor
        self._context = job.context(log)
        self._context_without_log = job.context(_NoLog())
        self._stopping = threading.Lock()
        self._has_begun = self._is_stopped = False
        self._known_as: str | None = None
        self._stopped: dict[str | None, Result] = {}

    def start(self) -> Result:
        """Begin; raises `NotOurs` when somebody stopped it before."""
        with self._stopping:
            if self._is_stopped:
                raise NotOurs
            self._has_begun = True
        return self._noted(self._tool.start(self._context))

    def reconcile(self, known_as: str) -> Result:
        """Ask what became of what another worker began; raises `NotOurs` when somebody stopped it before."""
        with self._stopping:
            if self._is_stopped:
                raise NotOurs
            self._has_begun, self._known_as = True, known_as or None
        return self._noted(self._tool.reconcile(self._context, self._known_as))

    def poll(self) -> Result:
        return self._noted(self._tool.poll(self._context, self._known_as or ""))

    def cancel(self) -> Result:
        """Ask it to stop, on behalf of whoever may still write its log."""
        return self._noted(self._tool.cancel(self._context, self._known_as or ""))

    def stop(self) -> Result:
        """Stop it for an attempt that can't be kept; once for each name by which it is known, whoever asks."""
        with self._stopping:
            self._is_stopped = True
            if not self._has_begun:
                return Errored(_("It was stopped before it began."))
            known_as = self._known_as
            if known_as not in self._stopped:
                self._stopped[known_as] = self._stop(known_as or "")
            return self._stopped[known_as]

    def _stop(self, known_as: str) -> Result:
        result: Result = Unknown(_("The worker lost its lease."))
        with contextlib.suppress(Exception):
            result = self._tool.cancel(self._context_without_log, known_as)
        if isinstance(result, Running):
            return Unknown(_("The worker lost its lease; the tool may still be running."))
        return result

    def _noted(self, result: Result) -> Result:
        if not isinstance(result, Result):
            raise TypeError(f"{type(result).__name__} is no result")
        if isinstance(result, Running):
            self._known_as = result.external_id
        return result
