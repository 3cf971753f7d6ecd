"""A database as an old installation left it, in the place of the suite's own."""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

FILE = Path(__file__).with_name("spine.json.gz")
PASSWORD = "larch-birch-juniper"
Rows = dict[str, dict[str, Any]]


@cache
def told() -> dict[str, Any]:
    """The demo of the spine's last commit, with runs under way: its migrations, its tables with their rows."""
    found: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()), object_hook=_bytes)
    return found


def _bytes(found: dict[str, Any]) -> Any:
    return base64.b64decode(found["base64"]) if set(found) == {"base64"} else found


def rows() -> Rows:
    return deepcopy(told()["tables"])


@contextmanager
def empty_database(folder: Path) -> Iterator[None]:
    """Until the end of the block, "default" is a database of its own, and everything in it is for good."""
    suite = connections[DEFAULT_DB_ALIAS]
    is_file = suite.vendor == "sqlite"
    name = str(folder / "old.sqlite3") if is_file else f"{suite.settings_dict['NAME']}_old"
    options = {**suite.settings_dict["OPTIONS"]}
    options.pop("pool", None)  # pools are known by alias: this one would be the suite's
    settings = {**suite.settings_dict, "NAME": name, "OPTIONS": options}
    if not is_file:
        _statement(suite, f'DROP DATABASE IF EXISTS "{name}"')
        _statement(suite, f'CREATE DATABASE "{name}"')
    own = load_backend(suite.settings_dict["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = own
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        own.close()
        connections[DEFAULT_DB_ALIAS] = suite
        ContentType.objects.clear_cache()
        if not is_file:
            _statement(suite, f'DROP DATABASE "{name}"')


def _statement(suite: Any, sql: str) -> None:
    with suite._nodb_cursor() as cursor:
        cursor.execute(sql)


def make_old_tables() -> None:
    """Exactly what was applied then, by the migrations it was applied by, not by those that replace them since."""
    newest: dict[str, str] = {}
    for app, name in told()["migrations"]:
        newest[app] = max(name, newest.get(app, ""))
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    executor.migrate(sorted(newest.items()))


def fill(tables: Rows) -> None:
    """Every constraint counts, at the end of the transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name, table in tables.items():
            columns = ", ".join(map(connection.ops.quote_name, table["columns"]))
            places = ", ".join("%s" for _ in table["columns"])
            if table["rows"]:
                statement = f"INSERT INTO {connection.ops.quote_name(name)} ({columns}) VALUES ({places})"
                cursor.executemany(statement, table["rows"])
        if connection.vendor == "postgresql":
            _go_on_counting(cursor, tables)


def _go_on_counting(cursor: Any, tables: Rows) -> None:
    for name, table in tables.items():
        if "id" in table["columns"]:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM \"{name}\"",
                [f'"{name}"'],
            )


def add(tables: Rows, table: str, like: int, **values: Any) -> int:
    """A further row: the one with the id `like`, with some values of its own; returns its id."""
    columns = tables[table]["columns"]
    found = next(row for row in tables[table]["rows"] if row[columns.index("id")] == like)
    made = (
        dict(zip(columns, found, strict=True))
        | {"id": max(row[0] for row in tables[table]["rows"]) + 1}
        | values
    )
    tables[table]["rows"].append([made[column] for column in columns])
    return int(made["id"])
