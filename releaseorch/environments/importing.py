"""Installations written in bulk, as a source of real data tells them: a whole past and what is there now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from releaseorch.environments.models import Installation
from releaseorch.environments.states import SourceKind

Place = tuple[int, int]  # component id, environment id


@dataclass(frozen=True, slots=True)
class Stay:
    """A version was there from `since` until `until` (None: it still is); `source_name` says who tells it."""

    version_id: int
    since: datetime
    until: datetime | None
    source_name: str


@dataclass(slots=True)
class Written:
    """Places whose rows are now as told, and places that were left alone because others wrote there."""

    written: set[Place] = field(default_factory=set)
    left_alone: set[Place] = field(default_factory=set)


def write_stays(places: Mapping[Place, Sequence[Stay]], *, source: str) -> Written:
    """Make the rows of each place equal its stays; rows that are right already keep their ids.

    One transaction and a handful of statements: give some dozens of places at a time. A place with a row that isn't
    from an import of this source (a run, a person, a target of its own) is left alone as a whole.
    """
    outcome = Written()
    with transaction.atomic():
        rows = _rows_of(places)
        gone: list[int] = []
        ended: list[Installation] = []
        fresh: list[Installation] = []
        for place, stays in places.items():
            present = rows.get(place, [])
            if not all(_is_ours(row, source) for row in present):
                outcome.left_alone.add(place)
                continue
            outcome.written.add(place)
            _compare(place, stays, present, gone, ended, fresh)
        Installation.objects.filter(pk__in=gone).delete()
        # What ends comes before what begins: the database allows one open row per place.
        Installation.objects.bulk_update(ended, ["until"])
        Installation.objects.bulk_create(fresh, batch_size=500)
    return outcome


def has_rows_of_others(places: Iterable[Place], *, source: str) -> set[Place]:
    """The places that `write_stays` would leave alone; one query."""
    rows = _rows_of(places, lock=False)
    return {place for place, found in rows.items() if not all(_is_ours(row, source) for row in found)}


def _rows_of(places: Iterable[Place], *, lock: bool = True) -> dict[Place, list[Installation]]:
    wanted = set(places)
    which = Q(
        component_id__in={component for component, _environment in wanted},
        environment_id__in={environment for _component, environment in wanted},
    )
    rows = Installation.objects.filter(which).order_by("since", "id")
    found: dict[Place, list[Installation]] = {}
    for row in rows.select_for_update() if lock else rows:
        place = (row.component_id, row.environment_id)
        if place in wanted:
            found.setdefault(place, []).append(row)
    return found


def _is_ours(row: Installation, source: str) -> bool:
    return (
        row.source_kind == SourceKind.IMPORT
        and row.target_id is None
        and row.uncertain_with_id is None
        and row.source_name.startswith(f"{source} ")
    )


def _compare(
    place: Place,
    stays: Sequence[Stay],
    present: Sequence[Installation],
    gone: list[int],
    ended: list[Installation],
    fresh: list[Installation],
) -> None:
    left = {(row.version_id, row.since, row.source_name): row for row in present}
    for stay in stays:
        row = left.pop((stay.version_id, stay.since, stay.source_name), None)
        if row is None:
            fresh.append(_row(place, stay))
        elif row.until != stay.until:
            row.until = stay.until
            ended.append(row)
    kept = {row.pk for row in left.values()}
    known = {row.pk for row in ended}
    gone += [row.pk for row in present if row.pk in kept and row.pk not in known]


def _row(place: Place, stay: Stay) -> Installation:
    component_id, environment_id = place
    return Installation(
        component_id=component_id,
        environment_id=environment_id,
        version_id=stay.version_id,
        since=stay.since,
        until=stay.until,
        source_kind=SourceKind.IMPORT,
        source_id=None,
        source_name=stay.source_name,
    )
