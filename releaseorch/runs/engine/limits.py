"""How long an attempt may take; kept by the engine, since a tool may forget the time, hang, or never stop.

After `timeout_s` the tool has a moment (the setting `grace`) to say so itself, since it knows more. Then it is told to
stop, for as long as a lease lasts. When even a single call of the tool hasn't come back for another two leases, the
outcome is told as unknown beside it, so that nobody waits for a thread that may never return.
"""

import time

from django.conf import settings


class Limits:
    """The time of one attempt, by this host's monotonic clock; at `hangs_at` nobody waits for a call any longer."""

    def __init__(self, timeout_s: float) -> None:
        engine = settings.ENGINE
        self._until = time.monotonic() + timeout_s + engine["grace"]
        self._stop_s = engine["lease"]
        self._asked_until: float | None = None
        self.hangs_at = self._until + 3 * engine["lease"]

    @property
    def left_s(self) -> float:
        return max(self._until - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        return self.left_s == 0

    @property
    def was_asked_to_stop(self) -> bool:
        return self._asked_until is not None

    def at_most(self, seconds: float) -> float:
        """How long to wait when the tool wants to be asked after so many seconds."""
        return min(seconds, self.left_s or self._stop_s)

    def is_worth_asking_to_stop(self) -> bool:
        """Whether to ask (again) that it stops: for the length of a lease from the first time."""
        now = time.monotonic()
        if self._asked_until is None:
            self._asked_until = now + self._stop_s
        return now < self._asked_until
