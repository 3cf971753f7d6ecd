"""The audit refuses to be changed or emptied, by anybody; tests that must, take its triggers away for a moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import TransactionTestCase

from releaseorch.audit import append_only


@contextmanager
def unguarded() -> Iterator[None]:
    connection.check_constraints()  # PostgreSQL alters no table with checks pending
    with connection.cursor() as cursor:
        for name in append_only.names(connection):
            on = f" ON {append_only.table_of(name)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
    try:
        yield
    finally:
        append_only.guard(using=connection.alias)


def let_tables_be_emptied() -> None:
    """After a test with real transactions Django empties all tables."""
    case: Any = TransactionTestCase  # what it does after a test has no public name
    empty = case._fixture_teardown

    def unguarded_emptying(self: TransactionTestCase, *arguments: Any) -> None:
        with unguarded():
            empty(self, *arguments)

    case._fixture_teardown = unguarded_emptying
