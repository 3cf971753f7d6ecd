"""Import tables: look at everything first, then write all of it, or nothing of what can't be taken."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from django.db import IntegrityError
from django.db.models import Model
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import edits, events
from releaseorch.audit.events import kind_of
from releaseorch.core import clock
from releaseorch.core.actor import Actor
from releaseorch.core.database import is_clash
from releaseorch.core.errors import Conflict
from releaseorch.core.models import GuardedModel
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureScope
from releaseorch.features.services.features import write_feature_status
from releaseorch.integrations.sources.document import Noted
from releaseorch.integrations.sources.ledger import Ledger, portion
from releaseorch.integrations.sources.summary import Summary
from releaseorch.integrations.tables import csv_folder, portions, xlsx
from releaseorch.integrations.tables.book import SHEETS, Book, Reading
from releaseorch.integrations.tables.cells import TEXT
from releaseorch.integrations.tables.found import MOST_BYTES, Problem, RawTable, TablesRefused, Unreadable
from releaseorch.integrations.tables.place_sheets import SOURCE
from releaseorch.integrations.tables.sheet import Change, Plan
from releaseorch.integrations.tables.world import World

TOPICS = ("applications", "inventory", "people", "releases", "requests", "teams", "work")
BATCH = 500


@dataclass(frozen=True)
class Told:
    """One value that changes, for people."""

    sheet: str
    row: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Looked:
    """What an import would do, or did."""

    plans: Sequence[Plan]
    noted: Sequence[Problem]
    moment: datetime

    @property
    def is_empty(self) -> bool:
        return all(plan.is_empty for plan in self.plans)

    def changes(self) -> Iterator[Told]:
        """What rows that are here would have instead."""
        for plan in self.plans:
            for change in plan.changed:
                yield from _told(plan, change)
            for row, name, added in plan.grown:
                yield Told(plan.sheet.title, str(row), plan.sheet.title_of(name), "", ", ".join(added))

    def summary(self, *, is_dry_run: bool) -> Summary:
        summary = Summary(SOURCE, is_dry_run)
        for plan in self.plans:
            counts = summary.count(plan.sheet.title)
            counts.created, counts.updated, counts.unchanged = len(plan.new), plan.updated, plan.unchanged
        summary.noted += [
            Noted(one.sheet, one.row, f"{one.column}: {one.sentence}" if one.column else one.sentence)
            for one in self.noted
        ]
        return summary


def _told(plan: Plan, change: Change) -> Iterator[Told]:
    sheet, cells = plan.sheet, {column.field: column.cell for column in plan.sheet.columns}
    for name, value in change.values.items():
        is_own = isinstance(change.row, sheet.model)
        before = sheet.standing(change.row, name) if is_own else getattr(change.row, name)
        write = cells.get(name, TEXT).write
        before, after = (str(one) if isinstance(one, Model) else write(one) for one in (before, value))
        yield Told(sheet.title, str(change.row), sheet.title_of(name), before, after)


def look(where: Path | bytes, *, actor: Actor) -> Looked:
    """What the tables would change; nothing is written. Raises `NotAllowed`, and `TablesRefused` with every problem."""
    if isinstance(actor, Person):
        policy.require(actor, "tables.import")
    reading = Reading()
    try:
        with _opened(where) as tables:
            book = reading.lines(tables)
    except Unreadable as wrong:
        reading.problems.append(Problem(wrong.table or _name_of(where), 0, "", str(wrong)))
        book = {}
    reading.finish()
    broken_off = portions.unfinished()
    if broken_off is not None:
        reading.noted.append(Problem(_("Import"), 0, "", str(broken_off)))
    return _planned(book, World(actor, clock.now(), broken_off), reading.noted)


def import_tables(where: Path | bytes, *, actor: Actor) -> Looked:
    """Bring the tables into the database; the same again writes nothing.

    Nothing is written before all of it could be taken. What is little goes into one transaction, more into portions;
    whatever stops an import between them, the next one of the same tables brings the rest.
    Raises `NotAllowed`, `TablesRefused`, and `Conflict` when somebody else changed the same meanwhile.
    """
    looked = look(where, actor=actor)
    parts = portions.portions(looked.plans)
    for number, part in enumerate(parts, start=1):
        try:
            with portion():
                _write_part(part, number, len(parts), looked, actor)
        except (Conflict, IntegrityError) as clash:
            if isinstance(clash, IntegrityError) and not is_clash(clash):
                raise
            raise _stopped(clash, number) from clash
    return looked


def _write_part(part: Sequence[Plan], number: int, last: int, looked: Looked, actor: Actor) -> None:
    for plan in part:
        _write(plan, actor)
    if part:
        said = {"n": number, "all": last}
        _record(part, actor, _("Portion %(n)d of %(all)d.") % said if last > 1 else "")
    if number == last:
        portions.finish()
    elif number == 1:
        portions.begin(looked.moment)


def _stopped(clash: Conflict | IntegrityError, number: int) -> Conflict:
    """What somebody else did, and what became of the import."""
    why = (
        [_("Somebody else wrote the same at the same moment.")]
        if isinstance(clash, IntegrityError)
        else clash.reasons
    )
    if number == 1:
        became = _("Nothing was imported; try again.")
    else:
        became = _("What was imported until then stays; import the same tables again, and the rest follows.")
    return Conflict(" ".join([*why, became]))


def _opened(where: Path | bytes) -> AbstractContextManager[list[RawTable]]:
    if isinstance(where, bytes):
        return xlsx.opened(BytesIO(where))
    if where.is_dir():
        return csv_folder.opened(where)
    try:
        if where.stat().st_size > MOST_BYTES:
            said = _("It is larger than %(mb)d MB.") % {"mb": MOST_BYTES // 1_000_000}
            raise Unreadable(said, where.name)
        return xlsx.opened(BytesIO(where.read_bytes()))
    except OSError as error:
        raise Unreadable(_("It can't be read: %(why)s.") % {"why": error.strerror}, where.name) from error


def _name_of(where: Path | bytes) -> str:
    return where.name if isinstance(where, Path) else _("The workbook")


def _planned(book: Book, world: World, noted: Sequence[Problem]) -> Looked:
    plans = [sheet.plan(book[sheet.title], world) for sheet in SHEETS if sheet.title in book]
    problems = [problem for plan in plans for problem in plan.problems]
    if problems:
        raise TablesRefused(problems)
    return Looked(plans, [*noted, *(one for plan in plans for one in plan.noted)], world.moment)


def _write(plan: Plan, actor: Actor) -> None:
    plan.sheet.before_write(plan)
    _insert(plan.new)
    for model in {type(row): None for row in plan.joins}:
        _insert([row for row in plan.joins if type(row) is model])
    for change in plan.changed:
        _change(change, actor)
    for row, name, added in plan.grown:
        if isinstance(row, GuardedModel):  # whoever looks at an older picture of it is told so
            fresh = edits.locked(row, row.row_version)
            fresh.save(update_fields=[])
            row.row_version = fresh.row_version
        events.record(
            actor=actor, verb=f"{kind_of(row)}.edited", subject=row, after={name: added}, topics=TOPICS
        )


def _insert(rows: Sequence[Any]) -> None:
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=BATCH)


def _change(change: Change, actor: Actor) -> None:
    row = change.row
    if isinstance(row, Installation):
        version: Any = change.values.get("version") or row.version
        inventory.install(
            actor=actor, component=row.component, environment=row.environment, target=row.target,
            version=version, source_kind=SourceKind.IMPORT, source_id=None,
            source_name=SOURCE,
        )  # fmt: skip
        return
    if isinstance(row, FeatureScope):  # told where the feature is, by its own verb
        write_feature_status(actor=actor, scope=copy.copy(row), status=change.values["status"])
        return
    fresh = edits.edit_row(actor=actor, row=row, seen=row.row_version, values=change.values, topics=TOPICS)
    row.row_version = fresh.row_version  # what comes with the row is written after it


def _record(part: Sequence[Plan], actor: Actor, reason: str) -> None:
    """One event for all that is written together, with what is new; each change of a row has its own."""
    after = {
        plan.sheet.title: {"created": len(plan.new), "updated": plan.updated, "new": names_of(plan.new)}
        for plan in part
    }
    ledger = Ledger.of(SOURCE, "import")
    ledger.write([ledger.entry("", after)])
    subject = Ledger.of(SOURCE, "import").records[""]
    events.record(
        actor=actor, verb="source.imported", subject=subject, after=after, reason=reason, topics=TOPICS
    )


def names_of(rows: Iterable[Any], most: int = 50) -> list[str]:
    """The first of them, as people know them."""
    names = [str(row) for row in rows]
    return [*names[:most], "…"] if len(names) > most else names


__all__ = ["Looked", "TablesRefused", "import_tables", "look"]
