"""What the two kinds of databases do differently: copied out, put back in place, tried in one of its own."""

import contextlib
import os
import secrets
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.core.management import CommandError
from django.db import connection, connections, transaction
from psycopg import sql

from releaseorch.config.backup import programs
from releaseorch.config.backup.manifest import Facts, facts_of


class Database(ABC):
    """The database of this installation; `file` is the name of its copy within a backup."""

    file: str

    @abstractmethod
    def copy(self, to: Path) -> Facts:
        """Copy it while everything goes on; what is said of the copy is of the same moment."""

    @abstractmethod
    def replace(self, copy: Path, tool: int, stamp: str) -> tuple[str, Callable[[], None]]:
        """Put the copy in its place; returns where what was there is kept, and how to bring that back."""

    @abstractmethod
    def scratch(self, copy: Path, tool: int) -> contextlib.AbstractContextManager[str]:
        """The copy in a database of its own, gone afterwards; yields its DATABASE_URL."""

    def tool(self) -> int:
        """The version of the program that writes the copy, where only a like or newer one can read it."""
        return 0

    def others(self) -> int:
        """How many others are connected, where that can be asked."""
        return 0


@contextlib.contextmanager
def _opened(**changed: Any) -> Iterator[str]:
    """Another connection beside the usual one, without its pool and its limits of time."""
    alias = f"backup-{secrets.token_hex(4)}"
    usual = connections["default"].settings_dict
    options = {
        key: value
        for key, value in usual["OPTIONS"].items()
        if key not in {"pool", "options", "init_command"}
    }
    connections.databases[alias] = {**usual, "OPTIONS": options, **changed}
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


class SQLite(Database):
    file = "database.sqlite3"

    @property
    def path(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    def copy(self, to: Path) -> Facts:
        if not self.path.is_file():
            raise CommandError(f"There is no database at {self.path}.")
        _copy_sqlite(self.path, to)
        with _opened(NAME=str(to)) as alias:
            return facts_of(alias)

    def replace(self, copy: Path, tool: int, stamp: str) -> tuple[str, Callable[[], None]]:
        connection.close()
        kept = self.path.with_name(f"{self.path.name}.before-restore-{stamp}")
        if self.path.exists():
            _copy_sqlite(self.path, kept)
        try:
            _copy_sqlite(copy, self.path)
        except sqlite3.Error as busy:
            raise CommandError(f"The database can't be replaced ({busy}). Stop what uses it.") from busy

        def bring_back() -> None:
            connection.close()
            if kept.exists():
                _copy_sqlite(kept, self.path)

        return str(kept), bring_back

    @contextlib.contextmanager
    def scratch(self, copy: Path, tool: int) -> Iterator[str]:
        tried = self.path.with_name(f"verify-{secrets.token_hex(4)}.sqlite3")
        try:
            _copy_sqlite(copy, tried)
            yield f"sqlite://{quote(str(tried))}"
        finally:
            for name in (tried.name, f"{tried.name}-wal", f"{tried.name}-shm"):
                tried.with_name(name).unlink(missing_ok=True)


def _copy_sqlite(source: Path, to: Path) -> None:
    """SQLite's own backup: page by page, of one moment, also while others write."""
    to.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(source, timeout=20)) as old,
        contextlib.closing(sqlite3.connect(to, timeout=20)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file


class PostgreSQL(Database):
    file = "database.dump"

    def server(self) -> int:
        connection.ensure_connection()
        return int(connection.cursor().connection.info.server_version // 10_000)

    def tool(self) -> int:
        return programs.major_of(programs.program("pg_dump", self.server()))

    def copy(self, to: Path) -> Facts:
        dump = programs.program("pg_dump", self.server())
        with _opened() as alias, transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
            facts = facts_of(alias)
            programs.run(
                dump, "--format=custom", "--no-owner", "--no-privileges", "--exclude-schema=before_restore_*",
                f"--snapshot={snapshot}", f"--file={to}", env=_environment(),
            )  # fmt: skip
        return facts

    def others(self) -> int:
        _leave()
        with psycopg.connect(**_parameters()) as link:
            found = link.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        return int(found[0]) if found else 0

    def replace(self, copy: Path, tool: int, stamp: str) -> tuple[str, Callable[[], None]]:
        """The schema is renamed, so neither a right to make databases nor a moment without one is needed."""
        restore = programs.program("pg_restore", max(tool, self.server()))
        _leave()
        kept = f"before_restore_{stamp.lower()}"
        _execute(
            sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(kept)), "CREATE SCHEMA public"
        )

        def bring_back() -> None:
            _leave()
            _execute(
                "DROP SCHEMA public CASCADE",
                sql.SQL("ALTER SCHEMA {} RENAME TO public").format(sql.Identifier(kept)),
            )

        try:
            _load(restore, copy, _parameters()["dbname"])
        except CommandError:
            bring_back()
            raise
        return f"the schema {kept}", bring_back

    @contextlib.contextmanager
    def scratch(self, copy: Path, tool: int) -> Iterator[str]:
        restore = programs.program("pg_restore", max(tool, self.server()))
        name = f"releaseorch_verify_{secrets.token_hex(4)}"
        try:
            _execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as refused:
            raise CommandError(
                "This role may not make the database in which the backup would be tried. Let it, as the "
                f'superuser of PostgreSQL: ALTER ROLE "{_parameters().get("user", "")}" CREATEDB'
            ) from refused
        try:
            _load(restore, copy, name)
            yield _url(name)
        finally:
            _execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _leave() -> None:
    """Give back every connection of this process."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def _parameters() -> dict[str, Any]:
    found = connection.get_connection_params()
    return {name: found[name] for name in ("dbname", "user", "password", "host", "port") if found.get(name)}


def _environment() -> dict[str, str]:
    """How PostgreSQL's programs find the database: never as arguments, which others on this host can read."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    names = {
        "dbname": "PGDATABASE",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "host": "PGHOST",
        "port": "PGPORT",
    }
    return {**own, **{names[name]: str(value) for name, value in _parameters().items()}}


def _url(name: str) -> str:
    said = _parameters()
    who = quote(str(said.get("user", "")), safe="") + (
        ":" + quote(said["password"], safe="") if "password" in said else ""
    )
    where = "&".join(f"{one}={quote(str(said[one]), safe='/')}" for one in ("host", "port") if one in said)
    return f"postgresql://{who}@/{name}?{where}"


def _execute(*statements: Any) -> None:
    """All of them in one transaction; a single one without any, since databases are made and dropped outside."""
    with psycopg.connect(**_parameters(), autocommit=len(statements) == 1) as link:
        for statement in statements:
            link.execute(statement)


def _load(restore: Path, copy: Path, name: str) -> None:
    programs.run(
        restore, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments",
        f"--dbname={name}", str(copy), env=_environment(),
    )  # fmt: skip


def database() -> Database:
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()
