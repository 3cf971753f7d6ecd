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

from releaseorch.core import hold, schema
from releaseorch.core.database import database_now
from releaseorch.core.models import SignOfLife

logger = logging.getLogger(__name__)
# Given and asked in one statement, since every process does so for ever.
_GIVEN = (
    "UPDATE core_signoflife SET at = {now} WHERE process = %s AND host = %s AND pid = %s RETURNING note,"
    " EXISTS (SELECT 1 FROM core_hold WHERE is_open), (SELECT max(id) FROM django_migrations)"
)
_NOW = {"postgresql": "statement_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}
WORKER, HOUSEKEEPER, ANSWER = "worker", "housekeeper", "answer"
EVERY_S = 10.0
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


def say_how_it_is(process: str) -> None:
    """This process lives, and what keeps it from work; one statement as long as nothing has changed."""
    with connection.cursor() as cursor:
        mine: list[str | int | None] = [process, platform.node()[:200], os.getpid()]
        cursor.execute(_GIVEN.format(now=_NOW[connection.vendor]), mine)
        row = cursor.fetchone()
    if row is None:
        give(process, hold.what_keeps_from_work())
        return
    note, is_held, newest = row
    said = schema.why_too_old(newest) or (hold.sentence() if is_held else "")
    if said[:300] != note:
        give(process, said)


def heard(process: str) -> list[Heard]:
    """The last sign of each host, the freshest first; of processes on one host the youngest sign counts."""
    now, found = database_now(), dict[str, Heard]()
    for sign in SignOfLife.objects.filter(process=process).order_by("-at"):
        found.setdefault(sign.host, Heard(sign.host, (now - sign.at).total_seconds(), sign.note))
    return list(found.values())


def of_the_housekeeper() -> int:
    say_how_it_is(HOUSEKEEPER)
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
            say_how_it_is(WORKER)
        except Error as away:
            logger.warning("the sign of life was not given: %s", away)
            connection.close()
        pause.wait(EVERY_S)
