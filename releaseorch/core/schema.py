"""Whether the tables are as this code knows them: by the migrations that were applied, and those it comes with."""

from collections.abc import Iterable
from functools import cache

from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

Migrations = frozenset[tuple[str, str]]  # (app, name)
ROOT = "releaseorch."


@cache
def _ours() -> frozenset[str]:
    return frozenset(app.label for app in apps.get_app_configs() if app.name.startswith(ROOT))


@cache
def _on_disk() -> Migrations:
    """Read once: a process keeps the code it was started with."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def missing() -> Migrations:
    """Migrations of this code that the database hasn't seen; one query."""
    return _on_disk() - frozenset(MigrationRecorder(connection).applied_migrations())


def newer() -> Migrations:
    """Migrations of ours that the database has seen and this code doesn't know; one query."""
    rows = MigrationRecorder.Migration.objects.filter(app__in=_ours()).values_list("app", "name")
    return frozenset(rows) - _on_disk()


def unknown(applied: Iterable[str]) -> list[str]:
    """Of these migrations (`app.name`) those that are ours and that this code doesn't know; no query."""
    known = {".".join(one) for one in _on_disk()}
    return sorted(name for name in applied if name.partition(".")[0] in _ours() and name not in known)


_newest_known: list[int] = []  # the id of the newest migration up to which this process knew all of them


def newest_known() -> int | None:
    """The id of the newest migration, if this process has seen that it knows all up to it."""
    return _newest_known[0] if _newest_known else None


def why_too_old(newest: int | None = None) -> str:
    """Empty, or why this process must not touch steps: its code is older than the tables.

    Who has read the id of the newest migration says it: nothing is asked again before there is a newer one.
    """
    if newest is not None and _newest_known == [newest]:
        return ""
    found = sorted(newer())
    if not found:
        _newest_known[:] = [] if newest is None else [newest]
        return ""
    return _(
        "The database is newer than this program: it has %(migration)s, which this program doesn't know. "
        "Install the same version everywhere and restart it."
    ) % {"migration": ".".join(found[-1])}
