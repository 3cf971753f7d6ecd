"""Bring the things of one kind from a document into the database: compared first, then written in bulk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from django.db import models

from releaseorch.audit.events import kind_of
from releaseorch.core.fields import NameKey
from releaseorch.core.models import GuardedModel
from releaseorch.integrations.sources.document import ImportDocument, Refused
from releaseorch.integrations.sources.kind import Facts, Ground, Kind
from releaseorch.integrations.sources.ledger import Entry, Ledger, chunks, portion
from releaseorch.integrations.sources.summary import Counts, Summary


@dataclass(slots=True)
class _Work:
    """What is to be written: new rows, rows whose facts changed, and rows found that only need a record."""

    new: list[tuple[Entry, Facts]] = field(default_factory=list)
    changed: list[tuple[Entry, Facts]] = field(default_factory=list)
    adopted: list[Entry] = field(default_factory=list)


def bring(kind: Kind, document: ImportDocument, ground: Ground, summary: Summary) -> None:
    """Afterwards `ground.ids` has the id of each thing of this kind, in a dry run of those there are."""
    ledger = Ledger.of(document.source, kind.name)
    counts = summary.count(kind.name)
    work = _compared(kind, document, ledger, ground, counts)
    objections = kind.objections({entry.key: facts for entry, facts in work.new}, ground)
    for key, reason in objections.items():
        summary.refuse(kind.name, Refused(kind.name, 0, f"{key}: {reason}"))
    work.new = [pair for pair in work.new if pair[0].key not in objections]
    counts.created += len(work.new)
    counts.updated += len(work.changed)
    if not summary.is_dry_run:
        _write(kind, ledger, ground, work)


def _compared(kind: Kind, document: ImportDocument, ledger: Ledger, ground: Ground, counts: Counts) -> _Work:
    work, find = _Work(), kind.find(ground)
    present = set(kind.model._base_manager.values_list("pk", flat=True))
    ids = ground.ids.setdefault(kind.name, {})
    for key, told in dict(kind.lines(document)).items():
        record = ledger.records.get(key)
        facts = _with_what_was_known(told, record.payload if record else {})
        entry = ledger.entry(key, facts)
        its_own = record.object_id if record and record.object_id in present else None
        pk = its_own or find(key)
        if pk is None:
            work.new.append((entry, facts))
            continue
        ids[key] = pk
        if record and its_own and record.digest != entry.digest:
            work.changed.append((replace(entry, object_id=pk), facts))
            continue
        counts.unchanged += 1
        if kind.is_recorded and not its_own:
            # It was there before the source named it: it stays as people made it.
            work.adopted.append(replace(entry, object_id=pk))
    return work


def _with_what_was_known(told: Facts, known: Facts) -> Facts:
    return {name: known.get(name) if value is None else value for name, value in told.items()}


def _write(kind: Kind, ledger: Ledger, ground: Ground, work: _Work) -> None:
    object_kind = kind_of(kind.model())
    for new in chunks(work.new):
        rows = [
            kind.model(**(kind.first_values(facts, ground) | kind.values(facts, ground)))
            for _entry, facts in new
        ]
        with portion():
            made = kind.model._base_manager.bulk_create(rows)
            entries = [
                replace(entry, object_id=row.pk) for (entry, _facts), row in zip(new, made, strict=True)
            ]
            if kind.is_recorded:
                ledger.write(entries, object_kind)
        ground.ids[kind.name].update({entry.key: entry.object_id or 0 for entry in entries})
    for changed in chunks(work.changed):
        with portion():
            _update(kind, changed, ground)
            ledger.write([entry for entry, _facts in changed], object_kind)
    for adopted in chunks(work.adopted):
        with portion():
            ledger.write(adopted, object_kind)


def _update(kind: Kind, changed: Sequence[tuple[Entry, Facts]], ground: Ground) -> None:
    rows = kind.model._base_manager.in_bulk([entry.object_id for entry, _facts in changed])
    by_columns: dict[tuple[str, ...], list[models.Model]] = {}
    for entry, facts in changed:
        row, values = rows[entry.object_id], kind.values(facts, ground)
        for name, value in values.items():
            setattr(row, name, value)
        by_columns.setdefault((*values, *_followers(row, values)), []).append(row)
    for columns, some in by_columns.items():
        if columns:
            kind.model._base_manager.bulk_update(some, columns, batch_size=100)


def _followers(row: models.Model, names: Collection[str]) -> list[str]:
    """What changes along with these columns: the key of a name, and the version by which a stale page is known."""
    keys = [one for one in row._meta.concrete_fields if isinstance(one, NameKey) and one.follows in names]
    for key in keys:
        key.pre_save(row, add=False)
    found = [key.name for key in keys]
    if names and isinstance(row, GuardedModel):
        row.row_version += 1
        found.append("row_version")
    return found
