"""What CI would have built: one archive per version, and what earlier releases left on the targets."""

import gzip
import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from pathlib import Path

from releaseorch.integrations.demo.fixtures import Places

EPOCH = 1_700_000_000  # the same bytes at every load, hence the same digests


def build(places: Places, component: str, kind: str, version: str) -> tuple[str, str]:
    """Write the archive of a version; returns its URI and its digest."""
    file = places.artifacts / component / f"{component}-{version}.tar.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    content = archive(files_of(component, kind, version))
    file.write_bytes(content)
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
    return gzip.compress(plain.getvalue(), mtime=EPOCH)


def leave_on_target(folder: Path, component: str, kind: str, version: str) -> None:
    """What a deployment of this version left behind: an unpacked folder and a symlink, or a migrated database."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "database":
        with sqlite3.connect(folder / "data.sqlite3") as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version TEXT NOT NULL, at TEXT NOT NULL)"
            )
            database.execute("INSERT INTO schema_version VALUES (?, datetime('now'))", (version,))
        database.close()
        return
    unpacked = folder / version
    unpacked.mkdir(exist_ok=True)
    for name, text in files_of(component, kind, version).items():
        (unpacked / name).write_text(text, encoding="utf-8")
    (folder / "current").unlink(missing_ok=True)
    (folder / "current").symlink_to(version)


def clear(places: Places) -> None:
    shutil.rmtree(places.state / "demo", ignore_errors=True)
