"""Signs of life: worker and housekeeper say every few seconds that they are there, and what keeps them from work."""

import logging
import os
import platform
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import Error, connection, transaction
from django.db.models.functions import Now

from releaseorch.core import hold
from releaseorch.core.database import database_now
from releaseorch.core.models import SignOfLife

logger = logging.getLogger(__name__)
WORKER, HOUSEKEEPER, ANSWER = "worker", "housekeeper", "answer"
EVERY_S = 5.0
SILENT_S = 30.0  # after that, something is wrong with it
FORGET = timedelta(days=1)


@dataclass(frozen=True)
class Heard:
    """The last sign of a kind of process on a host."""

    host: str
    age_s: float
    note: str

    @property
    def is_silent(self) -> bool:
        return self.age_s > SILENT_S


def give(process: str, note: str = "") -> None:
    """This process lives. The first sign of a new process also forgets those of long gone ones."""
    mine: dict[str, Any] = {"process": process, "host": platform.node()[:200], "pid": os.getpid()}
    if SignOfLife.objects.filter(**mine).update(at=Now(), note=note[:300]):
        return
    with transaction.atomic():
        SignOfLife.objects.filter(at__lt=database_now() - FORGET).delete()
        SignOfLife.objects.update_or_create(**mine, defaults={"at": Now(), "note": note[:300]})


def heard(process: str) -> list[Heard]:
    """The last sign of each host, the freshest first; of processes on one host the youngest sign counts."""
    now, found = database_now(), dict[str, Heard]()
    for sign in SignOfLife.objects.filter(process=process).order_by("-at"):
        found.setdefault(sign.host, Heard(sign.host, (now - sign.at).total_seconds(), sign.note))
    return list(found.values())


def of_the_housekeeper() -> int:
    give(HOUSEKEEPER, hold.what_keeps_from_work())
    return 0


def keep_giving_those_of_a_worker() -> threading.Thread:
    """Give them in a thread of their own until this process ends; a database that is away costs only silence."""
    thread = threading.Thread(target=_beat, name="signs-of-life", daemon=True)
    thread.start()
    return thread


def _beat() -> None:
    pause = threading.Event()
    while True:
        try:
            give(WORKER, hold.what_keeps_from_work())
        except Error as away:
            logger.warning("the sign of life was not given: %s", away)
        finally:
            connection.close()
        pause.wait(EVERY_S)
