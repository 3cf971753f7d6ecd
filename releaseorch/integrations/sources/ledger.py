"""The records of a source: what was read last time, its digest, and the row it became."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction

from releaseorch.core import clock
from releaseorch.integrations.models import SourceRecord

T = TypeVar("T")
# Rows per transaction: a tenth of a second or so, so that nobody waits long for the database.
CHUNK = 500
# Who waits for SQLite's lock looks at least so often.
LONGEST_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to be written; `pk` is the record's own id when there is one already."""

    key: str
    payload: Mapping[str, Any]
    digest: str
    pk: int | None = None
    object_id: int | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of one kind as they were before this import."""

    source: str
    kind: str
    records: Mapping[str, SourceRecord]

    @classmethod
    def of(cls, source: str, kind: str) -> Ledger:
        """One query."""
        rows = SourceRecord.objects.filter(source=source, kind=kind)
        return cls(source, kind, {row.key: row for row in rows})

    def entry(self, key: str, payload: Mapping[str, Any]) -> Entry:
        record = self.records.get(key)
        return Entry(key, payload, digest_of(payload), record.pk if record else None)

    def write(self, entries: Sequence[Entry], object_kind: str = "") -> None:
        """Two statements; inside the transaction that writes what the records stand for.

        A record that somebody else wrote meanwhile is an `IntegrityError`: its object would be there twice.
        """
        moment = clock.now()
        new = [self._row(entry, object_kind, moment) for entry in entries if entry.pk is None]
        again = [self._row(entry, object_kind, moment) for entry in entries if entry.pk is not None]
        SourceRecord.objects.bulk_create(new)
        SourceRecord.objects.bulk_create(
            again,
            update_conflicts=True,
            unique_fields=["source", "kind", "key"],
            update_fields=["payload", "digest", "object_kind", "object_id", "imported_at"],
        )

    def _row(self, entry: Entry, object_kind: str, moment: datetime) -> SourceRecord:
        return SourceRecord(
            source=self.source,
            kind=self.kind,
            key=entry.key,
            payload=dict(entry.payload),
            digest=entry.digest,
            object_kind=object_kind,
            object_id=entry.object_id,
            imported_at=moment,
        )


def digest_of(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chunks(things: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), size):
        yield things[start : start + size]


@contextmanager
def portion() -> Iterator[None]:
    """One transaction of the many of an import; after it others have as much time as it took.

    SQLite has one lock for all, and who waits for it only looks now and then: without a pause the next portion would
    take it again and again, and a heartbeat would wait for seconds.
    """
    began = time.monotonic()
    with transaction.atomic():
        yield
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(min(time.monotonic() - began, LONGEST_PAUSE_S))
