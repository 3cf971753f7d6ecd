"""Making a backup: the database of one moment, then the files that people put down, then what is in it."""

import os
import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from releaseorch.config.backup import manifest
from releaseorch.config.backup.databases import database
from releaseorch.config.backup.manifest import Manifest

EVIDENCE = "evidence.tar.gz"


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def make(into: Path) -> tuple[Path, Manifest]:
    """A folder of its own below `into`, which bears its name only when it is whole; everything goes on meanwhile.

    The files come after the database: they are only ever added, so every row finds its file.
    """
    whole = into / f"releaseorch-{stamp()}"
    half = whole.with_name(f".{whole.name}.half")
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        half.mkdir(mode=0o700)
    except OSError as refused:
        raise CommandError(f"No backup can be made in {into} ({refused}).") from refused
    try:
        made = _filled(half)
        half.replace(whole)
    except OSError as refused:
        raise CommandError(f"The backup could not be written ({refused}).") from refused
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return whole, made


def _filled(folder: Path) -> Manifest:
    source = database()
    made_at, tool = datetime.now(UTC).isoformat(timespec="seconds"), source.tool()
    facts = source.copy(folder / source.file)
    _pack(Path(settings.MEDIA_ROOT), folder / EVIDENCE)
    files = {name: manifest.digest_of(folder / name) for name in (source.file, EVIDENCE)}
    made = Manifest(made_at, connection.vendor, tool, facts, files)
    manifest.write(folder, made)
    for file in folder.iterdir():
        file.chmod(0o600)
        _to_disk(file)
    _to_disk(folder)
    return made


def _pack(folder: Path, into: Path) -> None:
    with tarfile.open(into, "w:gz") as archive:
        for file in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if file.is_file() and not file.is_symlink():
                archive.add(file, arcname=file.relative_to(folder).as_posix(), recursive=False)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
