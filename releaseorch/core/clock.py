"""The one clock of the domain. It can be set, so that a demo or a test lives through days in a moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.utils import timezone

_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC; inside `at` the moment that was set."""
    return _set_to.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Everything inside happens at `moment` (aware)."""
    token = _set_to.set(moment)
    try:
        yield
    finally:
        _set_to.reset(token)


def advance(by: timedelta) -> None:
    """Move a clock that is set; refused on the real one."""
    current = _set_to.get()
    if current is None:
        raise RuntimeError("The clock is not set; use clock.at(moment) first.")
    _set_to.set(current + by)
