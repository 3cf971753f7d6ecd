"""How long does GOV.UK's year take, and do pages and heartbeats go on meanwhile?"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from django.db import connection, connections
from django.db.transaction import Atomic
from django.test import Client

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.core.actor import System
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.registry import source_of

PAGE = "/"
BETWEEN_S = 0.05
QUIET_S = 3.0


def run(data: Path) -> dict[str, Any]:
    """Import the year twice, while another process opens a page and writes a row as a heartbeat does."""
    with scratch_installation():
        person = Person.objects.create_user("reader", name="Reader")
        RoleGrant.objects.create(person=person, role=Role.RELEASE_MANAGER)
        with others(person) as quiet:
            time.sleep(QUIET_S)
        with others(person) as meanwhile, longest_transaction() as longest:
            seconds, summary = timed(lambda: imported(data))
        again_s, again = timed(lambda: imported(data))
    return {
        "seconds": seconds,
        "rows": summary.count("inventory").created,
        "longest_transaction_s": round(max(longest), 3),
        "transactions": len(longest),
        "quiet": quiet,
        "meanwhile": meanwhile,
        "again": {"seconds": again_s, "changed": again.changed},
        "database": connection.vendor,
    }


def imported(data: Path) -> Any:
    document = source_of("govuk").read(data / "govuk", history=True)
    return apply(document, actor=System("Import of govuk"))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.monotonic()
    result = work()
    return round(time.monotonic() - began, 2), result


@contextmanager
def longest_transaction() -> Iterator[list[float]]:
    """The seconds of each outermost transaction of this process, from its first statement to its commit."""
    taken: list[float] = []
    began: list[float] = []
    enter, leave = Atomic.__enter__, Atomic.__exit__

    def entered(self: Atomic) -> None:
        began.append(time.monotonic())
        enter(self)

    def left(self: Atomic, *error: Any) -> None:
        try:
            leave(self, *error)
        finally:
            since = began.pop()
            if not began:
                taken.append(time.monotonic() - since)

    with patch.object(Atomic, "__enter__", entered), patch.object(Atomic, "__exit__", left):
        yield taken


@contextmanager
def others(person: Person) -> Iterator[dict[str, Any]]:
    """Inside, another process reads and writes; afterwards the milliseconds that it had to wait."""
    told: dict[str, Any] = {}
    connections.close_all()  # a connection isn't to be shared by two processes, nor is a pool
    if connection.vendor == "postgresql":
        connection.close_pool()
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_read_and_write, args=(person.pk, there))
    child.start()
    here.recv()
    try:
        yield told
    finally:
        here.send("enough")
        told.update(here.recv())
        child.join()


def _read_and_write(person_id: int, told: Connection) -> None:
    person, team = (
        Person.objects.get(pk=person_id),
        Team.objects.create(name=f"T{time.time()}", slug=str(time.time_ns())),
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(PAGE)
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{PAGE} answered {answer.status_code}")
    told.send("ready")
    pages: list[float] = []
    heartbeats: list[float] = []
    while not told.poll():
        pages.append(timed_ms(lambda: client.get(PAGE)))
        heartbeats.append(
            timed_ms(lambda: Team.objects.filter(pk=team.pk).update(on_call_note=str(time.time())))
        )
        time.sleep(BETWEEN_S)
    told.send({"page_ms": summed_up(pages), "heartbeat_ms": summed_up(heartbeats)})


def timed_ms(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return (time.monotonic() - began) * 1000


def summed_up(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    return {
        "n": len(ordered),
        "p50": round(median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "max": round(ordered[-1], 1),
    }
