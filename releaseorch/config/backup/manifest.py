"""The manifest of a backup: what was there when it was made, so that what comes back can be held to it."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from releaseorch.audit import high_water
from releaseorch.core import schema

NAME = "manifest.json"
FORMAT = 1
PIECE = 1024 * 1024


@dataclass(frozen=True)
class Facts:
    """What a database holds: its migrations, rows per table, and the head of the chain of seals."""

    migrations: list[str]
    rows: dict[str, int]
    installation: str = ""
    seq: int = 0
    hash: str = ""


@dataclass(frozen=True)
class Manifest:
    made_at: str
    vendor: str  # as Django calls the database
    tool: int  # the major version of the pg_dump that wrote it, which no older pg_restore reads; 0 for SQLite
    facts: Facts
    files: dict[str, str] = field(default_factory=dict)  # name → SHA-256

    @property
    def said(self) -> dict[str, Any]:
        """What the hold keeps of it."""
        return {"made_at": self.made_at, "seq": self.facts.seq}


def facts_of(using: str = "default") -> Facts:
    """Asked in one transaction of the caller's, where the database goes on meanwhile."""
    connection = connections[using]
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        rows = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {quote(table)}")  # noqa: S608 (names of tables, quoted)
            rows[table] = cursor.fetchone()[0]
    applied = sorted(".".join(one) for one in MigrationRecorder(connection).applied_migrations())
    head = high_water.of_the_database(using) if "audit_seal" in rows else None
    if head is None:
        return Facts(applied, rows)
    return Facts(applied, rows, head.installation, head.seq, head.hash)


def write(folder: Path, manifest: Manifest) -> None:
    (folder / NAME).write_text(json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, sort_keys=True))


def read(folder: Path) -> Manifest:
    """Refuses what is no backup of ours, and one whose files aren't what was written."""
    try:
        said = json.loads((folder / NAME).read_text())
        made = said.pop("format")
        facts = Facts(**said.pop("facts"))
        manifest = Manifest(facts=facts, **said)
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise CommandError(f"{folder} is no backup: its {NAME} can't be read ({wrong}).") from wrong
    if made != FORMAT:
        raise CommandError(f"{folder} has format {made}; this program reads format {FORMAT}.")
    for name, digest in manifest.files.items():
        if not (folder / name).is_file():
            raise CommandError(f"{folder} lacks its file {name}.")
        if digest_of(folder / name) != digest:
            raise CommandError(
                f"The file {name} of {folder} is not what was written: it is damaged or was changed."
            )
    return manifest


def refuse_newer(manifest: Manifest) -> None:
    """A backup of a newer program needs that program."""
    if unknown := schema.unknown(manifest.facts.migrations):
        raise CommandError(
            f"This backup was made by a newer program: it has {unknown[-1]}, which this one doesn't know. "
            "Install that version first."
        )


def digest_of(file: Path) -> str:
    with file.open("rb") as stream:
        digest = hashlib.sha256()
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
