"""What the two databases say differently."""

from datetime import datetime

from django.db import connection


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
