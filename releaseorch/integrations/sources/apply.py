"""Apply an import document: everything is compared with the last import, then written in bulk, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from releaseorch.audit import events
from releaseorch.core.actor import Actor
from releaseorch.core.errors import Conflict
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.sources import past, things
from releaseorch.integrations.sources.document import ImportDocument, RecordFound
from releaseorch.integrations.sources.kind import Ground
from releaseorch.integrations.sources.kinds import KINDS
from releaseorch.integrations.sources.ledger import Entry, Ledger, chunks, portion
from releaseorch.integrations.sources.summary import Summary

REFUSED_IN_EVENT = 20


def apply(
    document: ImportDocument,
    *,
    actor: Actor,
    is_dry_run: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
) -> Summary:
    """Bring the document into the database; the same document again changes nothing.

    Many short transactions: an import that is broken off is completed by the next one. What a document no longer names
    stays. A dry run writes nothing and counts the same. `tell` hears how far it has come.
    Raises `Conflict` when somebody wrote the same at that moment.
    """
    summary = Summary(document.source, is_dry_run, tell)
    ground = Ground()
    try:
        for kind in KINDS:
            things.bring(kind, document, ground, summary)
            tell(f"{kind.name}: {summary.count(kind.name).seen:,}")
        past.bring(document, ground, summary)
        _keep_records(document, summary)
    except IntegrityError as clash:
        raise Conflict(
            _("Somebody else wrote the same things at the same moment. Import again; what is there stays.")
        ) from clash
    for refused in document.refused:
        summary.refuse(refused.file, refused)
    summary.noted += document.noted
    if summary.changed and not is_dry_run:
        _record(summary, actor)
    return summary


def _keep_records(document: ImportDocument, summary: Summary) -> None:
    by_kind: dict[str, list[RecordFound]] = {}
    for record in document.records:
        by_kind.setdefault(record.kind, []).append(record)
    for kind, records in by_kind.items():
        ledger, counts = Ledger.of(document.source, kind), summary.count(f"{kind} record")
        todo: list[Entry] = []
        for found in records:
            known = ledger.records.get(found.key)
            entry = ledger.entry(found.key, found.payload)
            if known and known.digest == entry.digest:
                counts.unchanged += 1
                continue
            todo.append(entry)
            counts.updated += known is not None
            counts.created += known is None
        for some in chunks(todo if not summary.is_dry_run else []):
            with portion():
                ledger.write(some)


def _record(summary: Summary, actor: Actor) -> None:
    """One event for the whole import; its subject is the record of the import itself."""
    said: Mapping[str, Any] = summary.as_dict()
    after = {
        "kinds": {kind: counts for kind, counts in said["kinds"].items() if any(counts.values())},
        "refused": said["refused"][:REFUSED_IN_EVENT],
    }
    with portion():
        ledger = Ledger.of(summary.source, "import")
        ledger.write([ledger.entry("", after)])
        subject = SourceRecord.objects.get(source=summary.source, kind="import", key="")
        events.record(
            actor=actor,
            verb="source.imported",
            subject=subject,
            after=after,
            topics=("inventory", "requests", "releases", "work"),
        )
