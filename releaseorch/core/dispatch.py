"""Nudges: after commit, tell a worker what it may look at. Losing one costs time, never work."""

import logging
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)
# Whoever clicked waits for this; a broker that takes longer for all is left to the housekeeper's sweep.
LONGEST_S = 2.0


def nudge_each(task: str, messages: Iterable[tuple[Any, ...]], queue: str | None = None) -> None:
    """Send `task` with each of these (ids and tokens only) once the present transaction is committed."""
    if listed := list(messages):
        transaction.on_commit(partial(send_each, task, listed, queue), robust=True)


def send_each(task: str, messages: Iterable[tuple[Any, ...]], queue: str | None = None) -> int:
    """Send them now, until the first that the broker doesn't take or takes too long for; returns how many it took."""
    until, sent = time.monotonic() + LONGEST_S, 0
    for args in messages:
        if time.monotonic() > until or not send(task, *args, queue=queue):
            break
        sent += 1
    return sent


def send(task: str, *args: Any, queue: str | None = None) -> bool:
    """Send `task` now; False when the broker is away (the housekeeper's sweep finds the row again)."""
    options: dict[str, Any] = {"queue": queue} if queue else {}
    try:
        current_app.send_task(task, args=list(args), **options)
    except (OperationalError, OSError, TimeoutError) as lost:
        logger.warning("nudge %s%s was not sent: %s", task, args, lost)
        return False
    return True
