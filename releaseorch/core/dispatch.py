"""Nudges: after commit, tell a worker what it may look at. Losing one costs time, never work."""

import logging
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def nudge(task: str, *args: Any, queue: str | None = None) -> None:
    """Send `task` (ids and tokens only) once the present transaction is committed."""
    transaction.on_commit(partial(send, task, *args, queue=queue), robust=True)


def send(task: str, *args: Any, queue: str | None = None) -> bool:
    """Send `task` now; False when the broker is away (the housekeeper's sweep finds the row again)."""
    options: dict[str, Any] = {"queue": queue} if queue else {}
    try:
        current_app.send_task(task, args=list(args), **options)
    except (OperationalError, OSError, TimeoutError) as lost:
        logger.warning("nudge %s%s was not sent: %s", task, args, lost)
        return False
    return True
