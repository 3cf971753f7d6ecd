"""Who this process is; the names of attempts, which no other has, also not after a restore, and their folders."""

import os
import platform
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from django.conf import settings

from releaseorch.executors.shell import wrapper
from releaseorch.runs.store import Worker


def this_worker() -> Worker:
    return _worker(os.getpid())


@cache
def _worker(pid: int) -> Worker:
    return Worker(platform.node()[:200], wrapper.boot_id()[:64], pid)


def folder() -> Path:
    """The folder of all attempts on this host."""
    return Path(settings.STATE_DIR) / "attempts"


def place_of(attempt_id: int, began_at: datetime) -> Path:
    """The folder of one attempt, from its row.

    A database that was restored gives its numbers out again, while scripts that it has forgotten still write where they
    began. To the microsecond two attempts of one number don't begin together.
    """
    return folder() / name_of(attempt_id, began_at)


def name_of(attempt_id: int, began_at: datetime) -> str:
    """What nobody else bears, here and on the far side: the key by which a tool finds its own work again."""
    return f"{attempt_id}.{began_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
