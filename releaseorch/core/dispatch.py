"""Nudges: after commit, tell a worker what it may look at. Losing one costs time, never work."""

import logging
import time
from collections.abc import Iterable
from typing import Any

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# Whoever clicked waits for this; a broker that takes longer for all is left to the housekeeper's sweep.
LONGEST_S = 2.0
# So many are told one by one, so that as many workers begin at once; of more, several go in one message.
ALONE, MOST_IN_ONE = 16, 20


class _Nudges:
    """What is sent for one task once the present transaction is committed."""

    def __init__(self, task: str, queue: str | None) -> None:
        self.task, self.queue = task, queue
        self.hints: list[tuple[int, int]] = []

    def __call__(self) -> None:
        send_each(self.task, self.hints, self.queue)


def nudge_each(task: str, hints: Iterable[tuple[int, int]], queue: str | None = None) -> None:
    """Send `task` with these (id and token of each) once the present transaction is committed."""
    if listed := list(hints):
        nudges = _pending(task, queue)
        if nudges is None:
            nudges = _Nudges(task, queue)
            transaction.on_commit(nudges, robust=True)
        nudges.hints += listed


def keep_first(task: str, most: int = 1) -> list[tuple[int, int]]:
    """Take back the first nudges of the present transaction: their sender does that work itself."""
    nudges = _pending(task)
    if nudges is None:
        return []
    kept, nudges.hints = nudges.hints[:most], nudges.hints[most:]
    return kept


def _pending(task: str, queue: str | None = None) -> _Nudges | None:
    here = set(connection.savepoint_ids)
    for entry in connection.run_on_commit:
        work: object = entry[1]
        if isinstance(work, _Nudges) and (work.task, work.queue) == (task, queue) and entry[0] == here:
            return work
    return None


def send_each(
    task: str, hints: Iterable[tuple[int, int]], queue: str | None = None, alone: int = ALONE
) -> None:
    """Send them now, until the first message that the broker doesn't take or takes too long for.

    The task of a message that names several takes the others as a third argument; up to `alone` go one by one.
    """
    until, listed = time.monotonic() + LONGEST_S, list(hints)
    size = min(max(len(listed) // alone, 1), MOST_IN_ONE)
    for start in range(0, len(listed), size):
        first, *more = listed[start : start + size]
        if time.monotonic() > until or not send(task, *first, *([more] if more else []), queue=queue):
            break


def send(task: str, *args: Any, queue: str | None = None) -> bool:
    """Send `task` now; False when the broker is away (the housekeeper's sweep finds the row again)."""
    options: dict[str, Any] = {"queue": queue} if queue else {}
    try:
        current_app.send_task(task, args=list(args), **options)
    except (OperationalError, OSError, TimeoutError) as lost:
        logger.warning("nudge %s%s was not sent: %s", task, args, lost)
        return False
    return True
