"""What the two databases say differently."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

# A row of the same name was first, or one that is pointed to is gone; anything else is a mistake of ours.
_CLASHES = frozenset({
    "23505", "23503", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY",
})  # fmt: skip


def database_now() -> datetime:
    """The database's own time: leases are measured by it, never by a host's clock."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0]  # type: ignore[no-any-return]
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0])


def hold_references() -> None:
    """Let the foreign keys of what was written so far be checked now, so that the rows they name can't be locked away.

    PostgreSQL would check, and lock, at commit only. In SQLite there is one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def is_clash(error: IntegrityError) -> bool:
    """Whether somebody else's write broke it: what is unique, or what is pointed to."""
    cause = error.__cause__
    return bool({getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorname", None)} & _CLASHES)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is of the same moment, whatever is written meanwhile, and nobody waits for the reader.

    Nothing is written inside. Within another transaction there is only that one's view.
    """
    if connection.in_atomic_block:
        yield
        return
    with _reading(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def _reading() -> Iterator[None]:
    """SQLite's transactions take the lock of the one writer when they begin; this one shall not."""
    if connection.vendor != "sqlite":
        yield
        return
    sqlite: Any = connection
    sqlite.ensure_connection()  # which reads the mode from the settings
    usual = sqlite.transaction_mode
    sqlite.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        sqlite.transaction_mode = usual
