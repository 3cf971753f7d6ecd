"""An installation that isn't safe to run doesn't start, and says in a sentence what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from releaseorch.config import env

ROOT = Path(__file__).resolve().parents[2]


def started(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RELEASEORCH_", "DATABASE_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**kept, "RELEASEORCH_STATE_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("key", ["", "short", "x" * 60], ids=["missing", "short", "one letter over and over"])
def test_without_a_good_secret_key_nothing_starts(tmp_path: Path, key: str) -> None:
    done = started(tmp_path, RELEASEORCH_SECRET_KEY=key)
    assert done.returncode == 1
    assert "RELEASEORCH_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_flag_excuses_nobody(tmp_path: Path) -> None:
    assert started(tmp_path, RELEASEORCH_DEMO="1").returncode == 1


@pytest.mark.parametrize(
    ("url", "engine"),
    [
        ("", "django.db.backends.sqlite3"),
        ("sqlite:////var/lib/releaseorch.sqlite3", "django.db.backends.sqlite3"),
        ("postgresql://rel:s%40crt@db.example:5433/releases", "django.db.backends.postgresql"),
    ],
)
def test_the_database_comes_from_one_variable(tmp_path: Path, url: str, engine: str) -> None:
    assert env.database(url, tmp_path / "db.sqlite3")["ENGINE"] == engine


def test_the_parts_of_a_postgresql_address_are_read() -> None:
    found = env.postgresql("postgresql://rel:s%40crt@db.example:5433/releases")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (
        "rel", "s@crt", "db.example", "5433", "releases",
    )  # fmt: skip


def test_another_database_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="mysql"):
        env.database("mysql://db.example/releases", tmp_path / "db.sqlite3")


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_a_flag_is_read_as_people_write_it(monkeypatch: pytest.MonkeyPatch, value: str, is_on: bool) -> None:
    monkeypatch.setenv("RELEASEORCH_ANY", value)
    assert env.flag("RELEASEORCH_ANY") is is_on


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASEORCH_ANY", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="RELEASEORCH_ANY"):
        env.flag("RELEASEORCH_ANY")


@pytest.mark.parametrize(
    "issuer",
    [
        "id.example",
        "http://id.example",
        "https://",
        "https://id.example/?x=1",
        "https://a:b@id.example",
        "ftp://x",
    ],
)
def test_a_provider_without_https_or_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    monkeypatch.setenv("RELEASEORCH_OIDC_ISSUER", issuer)
    with pytest.raises(ImproperlyConfigured, match="RELEASEORCH_OIDC_ISSUER"):
        env.issuer("RELEASEORCH_OIDC_ISSUER")


@pytest.mark.parametrize("issuer", ["https://id.example/realms/company/", "http://127.0.0.1:9400", ""])
def test_a_provider_is_taken_as_it_calls_itself(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    monkeypatch.setenv("RELEASEORCH_OIDC_ISSUER", issuer)
    assert env.issuer("RELEASEORCH_OIDC_ISSUER") == issuer


GOOD_KEY = {"RELEASEORCH_SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijkl"}


def test_a_log_in_by_which_nobody_could_come_in_does_not_start(tmp_path: Path) -> None:
    for wrong, named in (
        ({"RELEASEORCH_OIDC_ISSUER": "https://id.example"}, "RELEASEORCH_OIDC_CLIENT_ID"),
        ({"RELEASEORCH_PASSWORD_LOGIN": "0"}, "nobody could log in"),
    ):
        done = started(tmp_path, **GOOD_KEY, **wrong)
        assert done.returncode == 1 and named in done.stderr and "Traceback" not in done.stderr


def test_with_a_provider_its_apps_are_there_and_sound(tmp_path: Path) -> None:
    client = {"RELEASEORCH_OIDC_CLIENT_ID": "releaseorch", "RELEASEORCH_OIDC_CLIENT_SECRET": "x"}
    done = started(tmp_path, **GOOD_KEY, **client, RELEASEORCH_OIDC_ISSUER="https://id.example")
    assert done.returncode == 0, done.stderr
