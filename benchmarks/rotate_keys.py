"""Do ten thousand secrets get a new key while others read them, carry them out and set new ones?"""

import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from benchmarks.import_govuk import longest_transaction, summed_up, timed, timed_ms
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.core import sealing
from releaseorch.environments import services
from releaseorch.environments.models import Connection, ConnectionSecret, Environment
from releaseorch.environments.services.connections import secrets_of
from releaseorch.integrations.scratch import scratch_installation

NEEDS_DATA = False
CONNECTIONS, EACH = 500, 20
BETWEEN_S = 0.01
WRITES = ("INSERT", "UPDATE", "DELETE")


def run(_data: Path) -> dict[str, Any]:
    """Rotate once; then every secret opens, under the new key, to what was set last."""
    with scratch_installation():
        person = Person.objects.create_user("keeper", name="Keeper")
        RoleGrant.objects.create(person=person, role=Role.ADMINISTRATOR)
        secrets = filled(person)
        with somebody(person) as told, longest_transaction() as longest, writes() as written:
            seconds, _nothing = timed(lambda: call_command("rotate_keys", verbosity=0))
        expected = {row.pk: f"secret {row.pk}".encode() for row in ConnectionSecret.objects.all()}
        expected |= {pk: text.encode() for pk, text in told.pop("set").items()}
        current = next(iter(sealing.known_keys()))
        return {
            "secrets": secrets,
            "seconds": seconds,
            "longest_write_transaction_s": round(max([*longest, *written]), 4),
            "writes": len(written),
            "meanwhile": told,
            "lost_or_changed": sum(opened(row) != expected[row.pk] for row in ConnectionSecret.objects.all()),
            "under_an_old_key": ConnectionSecret.objects.exclude(key_id=current).count(),
            "database": connection.vendor,
        }


def filled(person: Person) -> int:
    """So many connections with so many secrets each, sealed as the service does."""
    place = Environment.objects.create(name="Production", slug="production")
    made = Connection.objects.bulk_create(
        Connection(environment=place, name=f"c{number}", name_key=f"c{number}", kind="shell")
        for number in range(CONNECTIONS)
    )
    rows = ConnectionSecret.objects.bulk_create(
        ConnectionSecret(connection=one, name=f"s{number}", key_id="none", sealed=b"", set_by=person)
        for one in made
        for number in range(EACH)
    )
    for row in rows:
        row.key_id, row.sealed = sealing.seal(f"secret {row.pk}".encode(), row.place)
    ConnectionSecret.objects.bulk_update(rows, ["key_id", "sealed"], batch_size=500)
    return len(rows)


def opened(row: ConnectionSecret) -> bytes:
    return sealing.open_sealed(row.key_id, bytes(row.sealed), row.place)


@contextmanager
def writes() -> Iterator[list[float]]:
    """The seconds of each statement of this process that writes: outside of a transaction it is one of its own."""
    found: list[float] = []

    def clocked(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        began = time.monotonic()
        try:
            return execute(sql, *rest)
        finally:
            if sql.lstrip().upper().startswith(WRITES):
                found.append(time.monotonic() - began)

    with connection.execute_wrapper(clocked):
        yield found


@contextmanager
def somebody(person: Person) -> Iterator[dict[str, Any]]:
    """Inside, another process opens and sets secrets; afterwards what it set, and how long it had to wait."""
    told: dict[str, Any] = {}
    connections.close_all()  # a connection isn't to be shared by two processes, nor is a pool
    if connection.vendor == "postgresql":
        connection.close_pool()
    here, there = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_open_and_set, args=(person.pk, there))
    child.start()
    here.recv()
    try:
        yield told
    finally:
        here.send("enough")
        told.update(here.recv())
        child.join()


def _open_and_set(person_id: int, told: Pipe) -> None:
    person, rows = Person.objects.get(pk=person_id), list(Connection.objects.order_by("-pk"))
    reads: list[float] = []
    sets: list[float] = []
    values: dict[int, str] = {}
    told.send("ready")
    for number, row in enumerate(itertools.cycle(rows)):
        if told.poll():
            break
        reads.append(timed_ms(lambda row=row: secrets_of(row)))
        name, secret = f"s{number % EACH}", f"set anew {number}"

        def keep(row: Connection = row, name: str = name, secret: str = secret) -> None:
            services.set_connection_secret(actor=person, connection=row, name=name, secret=secret)

        sets.append(timed_ms(keep))
        values[ConnectionSecret.objects.get(connection=row, name=name).pk] = secret
        time.sleep(BETWEEN_S)
    told.send({"open_ms": summed_up(reads), "set_ms": summed_up(sets), "set": values})
