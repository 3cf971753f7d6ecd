"""Trying a backup, and putting it in place: with a hold on it, and with what was running given up as unknown."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import DatabaseError, connection

from releaseorch.audit import high_water
from releaseorch.audit.high_water import Mark
from releaseorch.audit.models import Event
from releaseorch.config.backup import judging, making, manifest
from releaseorch.config.backup.databases import Database, database
from releaseorch.config.backup.manifest import Manifest
from releaseorch.core import signs
from releaseorch.runs import restored

Say = Callable[[str], Any]


def read(folder: Path) -> Manifest:
    """Refuses what can't be put into this database by this program."""
    found = manifest.read(folder)
    if found.vendor != connection.vendor:
        raise CommandError(
            f"This is a backup of {found.vendor}, and DATABASE_URL leads to {connection.vendor}."
        )
    manifest.refuse_newer(found)
    return found


def verify(folder: Path) -> tuple[list[str], list[str]]:
    """Faults and warnings of the backup, found in a database of its own; the installation isn't touched.

    Another process looks, since a process has one database.
    """
    found, source = read(folder), database()
    with source.scratch(folder / source.file, found.tool) as url:
        done = subprocess.run(  # noqa: S603 (this very program)
            [sys.executable, settings.BASE_DIR / "manage.py", "restore", str(folder), "--judge"],
            env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    try:
        said = json.loads(done.stdout)
        return said["faults"], said["warnings"]
    except (ValueError, KeyError):
        return [f"It could not be looked at: {done.stderr.strip()[-2000:]}"], []


def judge(folder: Path) -> dict[str, list[str]]:
    """What `verify` asks the process that has the tried database."""
    told = judging.differences(manifest.read(folder))
    judging.migrate()
    return {"faults": [*told, *judging.faults(folder)], "warnings": judging.warnings()}


def refuse_company(source: Database) -> None:
    """Whoever is at work on the old database would go on with the new one."""
    try:
        alive = [
            f"{process} on {one.host}"
            for process in (signs.WORKER, signs.HOUSEKEEPER)
            for one in signs.heard(process)
            if not one.is_silent
        ]
    except DatabaseError:  # an empty database: nobody works with it
        alive = []
    if alive:
        raise CommandError(
            f"There are signs of life of the last {signs.SILENT_S:.0f} s: {', '.join(alive)}. Stop all processes of "
            "all hosts, and try again when they have been silent for that long."
        )
    if others := source.others():
        raise CommandError(f"{others} others are connected to the database. Stop all processes first.")


def restore(folder: Path, say: Say) -> list[str]:
    """Replace the database by the backup's; returns what is wrong with what is there now.

    1. refuse while anybody works
    2. raise every mark, so that whoever starts too early finds the database behind and holds
    3. put the copy in place; one that isn't what the manifest says is taken out again
    4. bring its tables up to this program, set the hold, give up what was running as unknown
    5. bring back files that are gone, and judge all of it
    """
    found, source = read(folder), database()
    refuse_company(source)
    before = _head()
    marked = (
        high_water.raise_above(found.facts.installation, found.facts.seq)
        if found.facts.installation
        else None
    )
    kept, bring_back = source.replace(folder / source.file, found.tool, making.stamp())
    say(f"The database is replaced; what was there before is kept as {kept}.")
    if told := judging.differences(found):
        bring_back()
        raise CommandError("Nothing was restored: what came back isn't what was saved. " + " ".join(told))
    judging.migrate()
    _hold(found, before, marked)
    said = f"The database was restored from the backup of {found.made_at}; nobody knows what became of this since."
    lost = restored.lose_what_was_running(said)
    say(f"The hold is set. Steps that were running and need a decision now: {lost}.")
    _unpack(folder / making.EVIDENCE, Path(settings.MEDIA_ROOT))
    return judging.faults(folder)


def _head() -> Mark | None:
    """How far the database is that goes away now."""
    try:
        head = high_water.of_the_database()
        last = Event.objects.filter(seal__seq=head.seq).values_list("at", flat=True).first() if head else None
    except DatabaseError:
        return None
    return replace(head, at=last.isoformat()) if head and last else head


def _hold(found: Manifest, before: Mark | None, marked: Mark | None) -> None:
    known = [one for one in (before, marked) if one and one.installation == found.facts.installation]
    furthest = max(known, key=lambda mark: mark.seq, default=None)
    here = high_water.of_the_database()
    high_water.set_anew(
        f"The database was restored from the backup of {found.made_at}.",
        {
            "backup": found.said,
            "found": {"seq": here.seq if here else 0},
            **({"mark": asdict(furthest)} if furthest else {}),
        },
    )


def _unpack(archive: Path, into: Path) -> None:
    """Only what is gone: what is there is what people put down, or newer."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            if member.isfile() and not (into / member.name).exists():
                into.mkdir(mode=0o700, parents=True, exist_ok=True)
                packed.extract(member, into, filter="data")
