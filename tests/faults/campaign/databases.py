"""The databases of a campaign: a PostgreSQL of its own, or the file that an installation has without one."""

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from releaseorch.launcher import postgres
from tests.faults.campaign.servers import Away, Server

# Commits are safe from a kill of the server; nobody pulls the plug of the machine.
OPTIONS = "-c fsync=off -c synchronous_commit=on -c max_connections=200 -c jit=off -c max_wal_size=128MB"
Row = dict[str, Any]


class Postgres(Server):
    """Its data folder outlives it."""

    name = "postgres"
    now = "clock_timestamp()"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.user = postgres.UNPRIVILEGED if os.geteuid() == 0 else ""
        folder.chmod(0o755)
        self.install = postgres.binaries(folder, reachable_for_all=bool(self.user))
        self.data = folder / "data"
        self.data.chmod(0o700)
        if self.user:
            shutil.chown(self.data, self.user)
        made = [self.install / "bin" / "initdb", "-D", self.data, *postgres.INITDB.split()]
        subprocess.run(made, check=True, capture_output=True, cwd="/", **self.options())

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.data}"

    def rows(self, statement: str) -> list[Row]:
        """By a connection of its own; raises `Away`."""
        try:
            with psycopg.connect(self.url, row_factory=dict_row) as database:
                return list(database.execute(statement))  # type: ignore[arg-type]
        except psycopg.OperationalError as away:
            raise Away from away

    def options(self) -> dict[str, Any]:
        return postgres.as_user(self.user)

    def program(self) -> list[str]:
        place = ["-D", str(self.data), "-k", str(self.data), "-h", ""]
        return [str(self.install / "bin" / "postgres"), *place, *OPTIONS.split()]

    def answers(self) -> bool:
        try:
            return "ready" in (self.data / "postmaster.pid").read_text().splitlines()[-1]
        except (OSError, IndexError):
            return False

    def kill(self) -> None:
        """At once, as `pg_ctl stop -m immediate`: no checkpoint, no farewell."""
        self.signal(signal.SIGQUIT)


class Sqlite:
    """Nobody serves it, so it is never away; what it holds is read as PostgreSQL would give it."""

    name = "sqlite"
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"

    def __init__(self, state: Path) -> None:
        self.file = state / "db.sqlite3"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    def rows(self, statement: str) -> list[Row]:
        try:
            with closing(sqlite3.connect(self.file, detect_types=sqlite3.PARSE_DECLTYPES)) as database:
                database.row_factory = sqlite3.Row
                return [
                    {name: _aware(row[name]) for name in row.keys()}  # noqa: SIM118 (a row is no mapping)
                    for row in database.execute(statement)
                ]
        except sqlite3.OperationalError as away:
            raise Away from away

    def start(self) -> None:
        """It is made by who first writes to it."""

    def revive(self) -> None:
        """It can't die."""

    def kill(self) -> None:
        """It can't die."""


def _aware(value: Any) -> Any:
    """Django has taught this module to read its times, without a zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


Database = Postgres | Sqlite
