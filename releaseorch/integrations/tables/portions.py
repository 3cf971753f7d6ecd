"""A large import is written in portions: none holds the database for long, and what belongs together goes together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.sources.ledger import Ledger
from releaseorch.integrations.tables.place_sheets import SOURCE
from releaseorch.integrations.tables.sheet import Plan

# In rows that are inserted: what fits goes into one transaction, of half a second at most.
AT_ONCE, PORTION = 4_000, 500
CHANGE = 80  # a row that is changed is locked, checked, and told in the audit: it takes as long as so many new ones
KIND = "unfinished"


@dataclass(frozen=True)
class Unfinished:
    """An import that broke off after some portions; `moment` is that of what it wrote."""

    moment: datetime

    def __str__(self) -> str:
        at = localtime(self.moment).strftime("%Y-%m-%d %H:%M")
        return _("The import of %(at)s broke off half-way; this one brings what is still missing.") % {
            "at": at
        }


def unfinished() -> Unfinished | None:
    """One query."""
    row = SourceRecord.objects.filter(source=SOURCE, kind=KIND).first()
    moment = parse_datetime(row.payload["moment"]) if row is not None else None
    return Unfinished(moment) if moment is not None else None


def begin(moment: datetime) -> None:
    """In the transaction of the first portion; one that broke off before stays the one to be finished."""
    ledger = Ledger.of(SOURCE, KIND)
    if not ledger.records:
        ledger.write([ledger.entry("", {"moment": moment.isoformat()})])


def finish() -> None:
    """In the transaction of the last one."""
    SourceRecord.objects.filter(source=SOURCE, kind=KIND).delete()


def portions(plans: Sequence[Plan]) -> list[list[Plan]]:
    """What each transaction writes, in order: all of it in one where that is little."""
    full = [plan for plan in plans if not plan.is_empty]
    if sum(map(_cost, full)) <= AT_ONCE:
        return [full]
    return [[part] for plan in full for part in _parts(plan)]


def _cost(plan: Plan) -> int:
    return len(plan.new) + len(plan.joins) + CHANGE * (len(plan.changed) + len(plan.grown))


def _parts(plan: Plan) -> Iterator[Plan]:
    """A row and what comes with it are never parted: a procedure without its steps would be another one."""
    part = Plan(plan.sheet)
    for unit in _units(plan):
        if _cost(part) and _cost(part) + _cost(unit) > PORTION:
            yield part
            part = Plan(plan.sheet)
        part.new += unit.new
        part.joins += unit.joins
        part.changed += unit.changed
        part.grown += unit.grown
    yield part


def _units(plan: Plan) -> Iterator[Plan]:
    sheet = plan.sheet
    joins: dict[int, list[Model]] = {}
    for join in plan.joins:
        joins.setdefault(id(sheet.owner_of(join)), []).append(join)
    for row in plan.new:
        yield Plan(sheet, new=[row], joins=joins.pop(id(row), []))
    for change in plan.changed:
        yield Plan(sheet, changed=[change])
    for grown in plan.grown:
        yield Plan(sheet, grown=[grown], joins=joins.pop(id(grown[0]), []))
    yield from (Plan(sheet, joins=rest) for rest in joins.values())
