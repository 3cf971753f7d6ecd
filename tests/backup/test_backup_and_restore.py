"""A backup is made, tried and put back by real commands on a real database; nothing is done twice by it."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError

from releaseorch.config.backup import programs

ROOT = Path(__file__).resolve().parents[2]
IS_POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


@dataclass
class Installation:
    """A state directory and a database of its own, used by processes only."""

    folder: Path
    env: dict[str, str]

    def __post_init__(self) -> None:
        self.inhabitant = subprocess.Popen(
            [sys.executable, "-m", "tests.backup.an_installation", str(self.effects)],
            cwd=ROOT, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def close(self) -> None:
        self.inhabitant.communicate(timeout=60)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT, env=self.env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def done(self, *words: str) -> str:
        ended = self.command(*words)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def lives(self, *words: str) -> Any:
        """In one process; what the last word says."""
        assert self.inhabitant.stdin is not None and self.inhabitant.stdout is not None
        self.inhabitant.stdin.write(" ".join(words) + "\n")
        self.inhabitant.stdin.flush()
        said = json.loads(self.inhabitant.stdout.readline())
        assert "failed" not in said, said["failed"]
        return said["ok"]

    @property
    def effects(self) -> Path:
        return self.folder / "effects"

    def backup(self) -> Path:
        self.done("backup", str(self.folder / "backups"))
        return sorted((self.folder / "backups").iterdir())[-1]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    state = tmp_path / "state"
    state.mkdir(0o700)
    env = {
        **os.environ,
        "RELEASEORCH_STATE_DIR": str(state),
        "CELERY_BROKER_URL": "filesystem://",
        "DJANGO_SETTINGS_MODULE": "releaseorch.config.settings",
        "DATABASE_URL": "",
    }
    env.pop("PYTEST_XDIST_WORKER", None)
    with database_of_its_own() if IS_POSTGRESQL else nullcontext("") as url:
        here = Installation(tmp_path, {**env, "DATABASE_URL": url})
        yield here
        here.close()


class database_of_its_own:
    """On the server of the tests, owned by a role that may make databases and is nobody special otherwise."""

    def __init__(self) -> None:
        usual = settings.DATABASES["default"]
        self.where = {
            "host": usual["HOST"],
            "port": usual["PORT"] or None,
            "password": usual["PASSWORD"] or None,
        }
        self.admin = {**self.where, "user": usual["USER"], "dbname": "postgres"}
        self.name = f"backup_{uuid.uuid4().hex[:12]}"

    def __enter__(self) -> str:
        with psycopg.connect(**self.admin) as link:
            needs_programs(link.info.server_version // 10_000)
        self._do(f"CREATE ROLE {self.name} LOGIN CREATEDB PASSWORD 'secret'")
        self._do(f"CREATE DATABASE {self.name} OWNER {self.name} TEMPLATE template0")
        port = f"&port={self.where['port']}" if self.where["port"] else ""
        return f"postgresql://{self.name}:secret@/{self.name}?host={quote(str(self.where['host']), safe='/')}{port}"

    def __exit__(self, *_ended: object) -> None:
        self._do(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self._do(f"DROP ROLE IF EXISTS {self.name}")

    def _do(self, statement: str) -> None:
        with psycopg.connect(**self.admin, autocommit=True) as link:
            link.execute(statement)

    def databases(self) -> set[str]:
        with psycopg.connect(**self.admin) as link:
            return {row[0] for row in link.execute("SELECT datname FROM pg_database")}


def needs_programs(major: int) -> None:
    try:
        programs.program("pg_dump", major)
        programs.program("pg_restore", major)
    except CommandError as missing:
        pytest.skip(f"BACKUPS OF POSTGRESQL ARE NOT TESTED: {missing}")


@pytest.mark.slow
def test_what_ran_after_the_backup_is_never_run_again_by_a_machine(installation: Installation) -> None:
    """The story of a lost database, from the backup to the last decision."""
    here = installation
    here.lives("migrate", "begin")
    saved = here.backup()
    assert {path.name for path in saved.iterdir()} >= {"manifest.json", "evidence.tar.gz"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in saved.iterdir())
    now = here.lives("go_on", "give_a_sign", "work")
    assert now["steps"] == {"first": "succeeded", "second": "succeeded", "look": "claimed"}

    refused = here.command("restore", "--yes", str(saved))
    assert refused.returncode == 1 and "Stop all processes" in refused.stderr
    here.lives("be_silent")
    shutil.rmtree(here.folder / "state" / "evidence")
    assert "The hold is set" in here.done("restore", "--yes", str(saved))

    found = here.lives("work")
    assert found["steps"] == {"first": "needs_decision", "second": "pending", "look": "claimed"}
    assert found["attempts"][0] == ["first", "unknown"]
    assert (found["held"], found["file"]) == (True, "I saw it.")
    assert found["evidence"]["mark"]["seq"] > found["evidence"]["found"]["seq"]
    assert here.lives("decide_first", "work")["steps"]["second"] == "ready"  # and stays so while it is held
    now = here.lives("release", "work", "be_silent")
    assert (now["steps"]["second"], now["held"]) == ("needs_decision", False)
    assert here.effects.read_text() == "second\n"

    again = here.backup()  # what was restored can be saved and restored like any other
    here.done("restore", "--yes", str(again))
    assert here.lives("work")["held"]


@pytest.mark.slow
def test_a_restore_by_hand_is_found_by_whoever_begins(installation: Installation) -> None:
    """Nobody told the program: the mark in the state directory does. A damaged backup is refused before anything."""
    here = installation
    here.lives("migrate", "begin")
    saved = here.backup()
    assert "can be restored" in here.done("restore", "--verify", str(saved))
    here.lives("go_on")
    copy = next(path for path in saved.iterdir() if path.stem == "database")
    if IS_POSTGRESQL:
        url = here.env["DATABASE_URL"]
        restore = programs.program("pg_restore", json.loads((saved / "manifest.json").read_text())["tool"])
        done = subprocess.run(
            [restore, "--clean", "--no-owner", f"--dbname={url}", copy], capture_output=True
        )
        assert done.returncode == 0, done.stderr
    else:
        for rest in (here.folder / "state").glob("db.sqlite3-*"):
            rest.unlink()  # what the old file would still be told
        shutil.copy(copy, here.folder / "state" / "db.sqlite3")
    assert here.lives("work")["held"]
    assert here.effects.read_text() == "second\n"

    with copy.open("r+b") as file:
        file.seek(2000)
        file.write(b"damaged")
    for words in (["--verify"], ["--yes"]):
        refused = here.command("restore", *words, str(saved))
        assert refused.returncode == 1 and "damaged or was changed" in refused.stderr
    assert here.lives("work")["held"]


def test_where_a_program_of_postgresql_is_missing_the_sentence_says_what_to_install() -> None:
    with pytest.raises(
        CommandError, match=r"pg_dump of PostgreSQL 999 or newer .* apt install postgresql-client"
    ):
        programs.program("pg_dump", 999)
