"""The parts of the installation, looked at from one of its own hosts."""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from django.conf import settings
from django.core import mail
from django.db import Error, connection

from releaseorch.audit import append_only
from releaseorch.config.doctor.findings import Finding, failed, ok, warn
from releaseorch.core import dispatch, readiness, schema, sealing, signs
from releaseorch.core import hold as holds
from releaseorch.core.database import database_now
from releaseorch.core.tasks import ANSWER
from releaseorch.web import figures

POSTGRESQL = 15
ANSWERS_IN_S = 10.0
SKEW_S = 2.0
BEHIND = timedelta(minutes=1)
GIGABYTE = 10**9
SQLITE = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def database() -> Finding:
    """Reachable, new enough, set as we need it."""
    try:
        _ask_without_pool()
        connection.ensure_connection()
    except (Error, psycopg.Error) as away:
        return failed(
            f"The database doesn't answer: {readiness.first_line(away)}.",
            "Check DATABASE_URL, and that PostgreSQL runs.",
        )
    if connection.vendor == "sqlite":
        return _sqlite()
    version = connection.cursor().connection.info.server_version // 10_000
    if version < POSTGRESQL:
        return failed(f"PostgreSQL {version} is too old.", f"Install PostgreSQL {POSTGRESQL} or newer.")
    return ok(f"PostgreSQL {version} answers.")


def _ask_without_pool() -> None:
    """The pool would only say how long it waited, and not why."""
    if connection.vendor == "postgresql":
        psycopg.connect(**connection.get_connection_params()).close()


def _sqlite() -> Finding:
    with connection.cursor() as cursor:
        for name, wanted in SQLITE.items():
            found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            if found != wanted:
                return failed(f"SQLite has {name} = {found} instead of {wanted}.", "Let nothing else set it.")
    return warn(
        "SQLite answers, set as it must be; one host is all it can serve.",
        "Set DATABASE_URL to a PostgreSQL before others depend on this installation.",
    )


def migrations() -> Finding:
    missing = sorted(schema.missing())
    if missing:
        names = f"{len(missing)} migrations are missing, the first is {'.'.join(missing[0])}."
        return failed(names, "Run manage.py migrate.")
    too_old = schema.why_too_old()
    return failed(too_old) if too_old else ok("All migrations are applied.")


def audit() -> Finding:
    """That the database refuses to change what was recorded."""
    if append_only.missing(connection):
        return failed("The database would let events and seals be changed.", "Run manage.py migrate.")
    return ok("The database refuses to change or delete events and seals.")


def hold() -> Finding:
    """That automated steps may begin, as far as a restore is concerned."""
    if held := holds.why_held():
        return failed(held, f"{settings.BASE_URL}/holds/newest")
    return ok("No hold after a restore is open.")


def broker() -> Finding:
    problem = readiness.broker_problem()
    if problem:
        return failed(problem, "Check CELERY_BROKER_URL, and that the broker runs.")
    return ok(f"The broker answers ({settings.CELERY_BROKER_URL.partition(':')[0]}).")


def worker() -> Finding:
    """Signs of life, then a task that some worker must answer by a row."""
    found = _living(signs.WORKER)
    if found.state == "failed":
        return found
    asked = database_now()
    if not dispatch.send(ANSWER):
        return failed("No task could be sent.", "See the broker.")
    until = time.monotonic() + ANSWERS_IN_S
    while time.monotonic() < until:
        age_s = min((one.age_s for one in signs.heard(signs.ANSWER)), default=float("inf"))
        if age_s < (database_now() - asked).total_seconds():
            return found
        time.sleep(0.1)
    return failed(
        f"No worker answered a task in {ANSWERS_IN_S:.0f} s.",
        "Let it listen to the queues engine, exec.default, notify and maint of this broker.",
    )


def housekeeper() -> Finding:
    """Signs of life, and that its chores keep up."""
    found = _living(signs.HOUSEKEEPER)
    since = min((at for at in (figures.unsealed(), figures.undelivered()) if at), default=None)
    behind = database_now() - since if since else timedelta()
    if found.state == "ok" and behind > BEHIND:
        minutes = behind.total_seconds() / 60
        return warn(f"The housekeeper is {minutes:.0f} min behind with seals or news.", "Read its log.")
    return found


def _living(process: str) -> Finding:
    heard = signs.heard(process)
    if not heard:
        return failed(f"No {process} was ever heard of.", f"Start the {process}.")
    freshest = heard[0]
    if freshest.is_silent:
        return failed(
            f"The {process} on {freshest.host} was last heard {freshest.age_s:.0f} s ago.",
            f"Start the {process}.",
        )
    if notes := [one.note for one in heard if one.note and not one.is_silent]:
        return failed(notes[0])
    if silent := [one.host for one in heard if one.is_silent]:
        return warn(f"The {process} on {', '.join(silent)} is silent.", "Start it, unless it was taken away.")
    return ok(f"The {process} lives on {', '.join(one.host for one in heard)}.")


def clock() -> Finding:
    skew_s = (datetime.now(UTC) - database_now()).total_seconds()
    if abs(skew_s) <= SKEW_S:
        return ok("This host's clock agrees with the database's.")
    way = "ahead of" if skew_s > 0 else "behind"
    return warn(
        f"This host's clock is {abs(skew_s):.0f} s {way} the database's.",
        "Let both hosts ask the same time server.",
    )


def mail_server() -> Finding:
    if not settings.SENDS_MAIL:
        return warn("No mail is sent: nobody is told outside the pages.", "Set EMAIL_URL.")
    link = mail.get_connection()
    try:
        link.open()
    except OSError as refused:
        return failed(
            f"The mail server doesn't take us: {readiness.first_line(refused)}.", "Check EMAIL_URL."
        )
    finally:
        link.close()
    return ok("The mail server takes us; nothing was sent.")


def disk() -> Finding:
    free = shutil.disk_usage(settings.STATE_DIR).free / GIGABYTE
    said = f"{free:.1f} GB are free in {settings.STATE_DIR}."
    if free < 0.5:
        return failed(said, "Make room: logs and evidence are written there.")
    return warn(said, "Make room soon.") if free < 2 else ok(said)


def secret_key() -> Finding:
    """Too short ones don't start at all."""
    source = "RELEASEORCH_SECRET_KEY" if os.environ.get("RELEASEORCH_SECRET_KEY") else "a file"
    sealing.self_test()
    return ok(f"The secret key has {len(settings.SECRET_KEY)} characters, from {source}; sealing works.")


def state_directory() -> Finding:
    """Whoever reads it reads keys, logs and evidence."""
    folder = Path(settings.STATE_DIR)
    if not os.access(folder, os.W_OK):
        return failed(
            f"{folder} can't be written to.", "Run doctor and all processes as the user that owns it."
        )
    open_to_others = [
        path for path in _private(folder) if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o007
    ]
    if open_to_others:
        names = ", ".join(str(path) for path in open_to_others)
        return failed(f"Everybody on this host can read {names}.", "chmod -R o= it.")
    return ok(f"{folder} is closed to other users of this host.")


def _private(folder: Path) -> Iterator[Path]:
    if stat.S_IMODE(folder.stat().st_mode) & 0o007:
        yield folder
        yield from (folder / name for name in ("secret_key", "sealing_keys", "db.sqlite3"))
