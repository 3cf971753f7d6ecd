"""Judging what came back: whether the database that this process uses is the one that the manifest speaks of."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.models import FileField

from releaseorch.audit import append_only, seals
from releaseorch.config.backup.making import EVIDENCE
from releaseorch.config.backup.manifest import Manifest, facts_of
from releaseorch.core import sealing
from releaseorch.environments import rotation

MOST_TOLD = 5


def differences(manifest: Manifest) -> list[str]:
    """Before anything is written: the same migrations, as many rows in each table, the same last seal."""
    wanted, found = manifest.facts, facts_of()
    told = [
        f"The table {table} has {found.rows.get(table)} rows instead of {wanted.rows.get(table)}."
        for table in sorted(set(wanted.rows) | set(found.rows))
        if wanted.rows.get(table) != found.rows.get(table)
    ]
    if wanted.migrations != found.migrations:
        told.append("Its migrations are not those of the backup.")
    if (wanted.seq, wanted.hash) != (found.seq, found.hash):
        told.append(f"The last seal is {found.seq} instead of {wanted.seq}.")
    return told


def faults(folder: Path) -> list[str]:
    """After `migrate`: the chain of seals, what points to what, and a file for every row that names one."""
    return [*_of_the_chain(), *_of_the_database(), *_missing_files(folder)]


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def _of_the_chain() -> Iterator[str]:
    verdict = seals.verify()
    if not verdict.is_unbroken:
        yield f"The chain of seals is broken at {verdict.broken_at}: {verdict.why}"
    if append_only.missing(connection):
        yield "The database would let events and seals be changed."


def _of_the_database() -> Iterator[str]:
    """PostgreSQL checks when it loads; SQLite takes what it is given."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            said = cursor.execute("PRAGMA integrity_check").fetchone()[0]
            if said != "ok":
                yield f"SQLite says: {said}."
            if broken := cursor.execute("PRAGMA foreign_key_check").fetchall():
                yield f"{len(broken)} rows point to rows that aren't there, the first in {broken[0][0]}."


def _missing_files(folder: Path) -> Iterator[str]:
    with tarfile.open(folder / EVIDENCE) as archive:
        there = set(archive.getnames())
    missing = [name for name in _named_files() if name not in there]
    if missing:
        yield f"{len(missing)} files are not in the backup: {', '.join(missing[:MOST_TOLD])}."


def _named_files() -> Iterator[str]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField):
                yield from model._default_manager.exclude(**{field.name: ""}).values_list(
                    field.name, flat=True
                )


def warnings() -> list[str]:
    """What a restore brings back and this installation can't use."""
    lost = sorted(rotation.keys_in_use() - set(sealing.known_keys()))
    if not lost:
        return []
    return [
        f"What the keys {', '.join(lost)} sealed can't be opened here: bring them back, or set these secrets anew."
    ]
