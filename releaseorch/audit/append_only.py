"""The database itself refuses to change or delete what was recorded: triggers on events and seals.

They are set after each `migrate`, not by a migration: SQLite makes a table anew to change it, and forgets them.
Whoever owns the tables can still drop them; then the seals don't fit, and the doctor says that they are gone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

# Table → what is unique in it: SQLite's INSERT OR REPLACE deletes the row that has it, past triggers on DELETE.
KEPT: Mapping[str, tuple[str, ...]] = {"audit_event": ("id",), "audit_seal": ("seq", "event_id")}


def guard(*, using: str, **_signal: Any) -> None:
    """Set what is missing; a handler of `post_migrate`."""
    connection = connections[using]
    wanted = dict(_triggers(connection))
    absent = missing(connection)
    if not absent:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                f" BEGIN RAISE EXCEPTION '{_says()}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
        for name in absent:
            cursor.execute(wanted[name])


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that aren't there, though their tables are; one query, and one for the tables."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    return [name for name in names(connection) if name not in present and table_of(name) in tables]


def names(connection: BaseDatabaseWrapper) -> list[str]:
    return [name for name, _statement in _triggers(connection)]


def table_of(trigger: str) -> str:
    return trigger.rpartition("_no_")[0]


def _says() -> str:
    """In SQL, and in the language of the installation, as whatever is stored."""
    said = _("The audit is append-only: what was recorded is neither changed nor deleted.")
    return said.replace("'", "''")


def _triggers(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str]]:
    """Name and statement of each."""
    make = _postgresql if connection.vendor == "postgresql" else _sqlite
    for table, unique in KEPT.items():
        yield from make(table, unique)


def _postgresql(table: str, _unique: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for word, when in (
        ("change", f"UPDATE OR DELETE ON {table} FOR EACH ROW"),
        ("truncate", f"TRUNCATE ON {table}"),
    ):
        name = f"{table}_no_{word}"
        yield name, f"CREATE OR REPLACE TRIGGER {name} BEFORE {when} EXECUTE FUNCTION audit_refuse()"


def _sqlite(table: str, unique: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    same = " OR ".join(f"{column} = NEW.{column}" for column in unique)
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (names of ours)
    for word, when in (
        ("update", f"UPDATE ON {table}"),
        ("delete", f"DELETE ON {table}"),
        ("replace", f"INSERT ON {table} WHEN {there}"),
    ):
        name = f"{table}_no_{word}"
        yield name, f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{_says()}'); END"
