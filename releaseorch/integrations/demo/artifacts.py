"""What CI would have built: one archive per version, and what earlier releases left on the targets."""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from functools import cache
from pathlib import Path

from releaseorch.integrations.demo.fixtures import Places

EPOCH = 1_700_000_000  # the same bytes at every load, hence the same digests


def build(places: Places, component: str, kind: str, version: str) -> tuple[str, str]:
    """Write the archive of a version; returns its URI and its digest."""
    file = places.artifacts / component / f"{component}-{version}.tar.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = archive(files_of(component, kind, version))
    _write(str(file), content)
    return f"file://{file}", "sha256:" + hashlib.sha256(content).hexdigest()


def files_of(component: str, kind: str, version: str) -> dict[str, str]:
    if kind == "database":
        table = f"{component}_{version}".replace("-", "_").replace(".", "_")
        return {"migration.sql": f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, note TEXT);"}
    health = {"component": component, "version": version, "status": "well"}
    return {
        "health.json": json.dumps(health),
        "index.html": f"<!doctype html><title>{component}</title><p>{component} {version}</p>",
    }


def archive(files: dict[str, str]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, text in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(text.encode()), EPOCH, 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), compresslevel=1, mtime=EPOCH)


def leave_on_target(folder: Path, component: str, kind: str, version: str) -> None:
    """What a deployment of this version left behind: an unpacked folder and a symlink, or a migrated database.

    Hundreds of them while somebody waits for the first page: plain strings and bytes, which are quicker than paths.
    """
    place = str(folder)
    os.mkdir(place)  # noqa: PTH102
    if kind == "database":
        _write(f"{place}/data.sqlite3", migrated(version))
        return
    os.mkdir(f"{place}/{version}")  # noqa: PTH102
    for name, text in files_of(component, kind, version).items():
        _write(f"{place}/{version}/{name}", text.encode())
    os.symlink(version, f"{place}/current")  # noqa: PTH211


def _write(file: str, content: bytes) -> None:
    with open(file, "wb", buffering=0) as opened:  # noqa: PTH123
        opened.write(content)


@cache
def migrated(version: str) -> bytes:
    """A database that was brought to this version, as its file holds it."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE schema_version (version TEXT NOT NULL, at TEXT NOT NULL)")
        database.execute("INSERT INTO schema_version VALUES (?, datetime('now'))", (version,))
        database.commit()
        return database.serialize()


def clear(places: Places) -> None:
    shutil.rmtree(places.state / "demo", ignore_errors=True)
