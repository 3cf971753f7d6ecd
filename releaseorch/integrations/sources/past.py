"""The inventory of a document: for each place what was there from when until when, compared and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.environments import importing
from releaseorch.environments.importing import Place, Stay
from releaseorch.integrations.sources.document import (
    ImportDocument,
    InstallationFound,
    PlaceKey,
    Refused,
)
from releaseorch.integrations.sources.kind import Ground, key_of
from releaseorch.integrations.sources.ledger import Entry, Ledger, portion
from releaseorch.integrations.sources.summary import Summary
from releaseorch.runs.models import RunTarget

NAME = "inventory"
# One transaction takes this many places, or fewer when they have a long past.
PLACES_AT_ONCE, STAYS_AT_ONCE = 50, 500


@dataclass(frozen=True, slots=True)
class Told:
    """The source tells that this version was there; a moment that it doesn't know is empty."""

    version: str
    since: datetime | None
    until: datetime | None
    source_key: str

    def as_list(self) -> list[str | None]:
        moments = (moment.isoformat() if moment else None for moment in (self.since, self.until))
        return [self.version, *moments, self.source_key]

    @classmethod
    def from_list(cls, kept: Sequence[str | None]) -> Told:
        version, since, until, source_key = kept
        return cls(version or "", _moment(since), _moment(until), source_key or "")


def bring(document: ImportDocument, ground: Ground, summary: Summary) -> None:
    """Places whose past and present are as the last import left them aren't touched, whoever worked there since."""
    ledger, counts = Ledger.of(document.source, NAME), summary.count(NAME)
    todo: dict[PlaceKey, Entry] = {}
    for place, told in _told(document).items():
        key = key_of(*place)
        record = ledger.records.get(key)
        entry = ledger.entry(key, _payload(document, told, record.payload if record else None))
        if record and record.digest == entry.digest:
            counts.unchanged += 1
        else:
            todo[place] = entry
    todo = _without_held(document, todo, ground, summary)
    done = 0
    for some in portions(todo):
        _bring_some(document, some, ledger, ground, summary)
        done += len(some)
        summary.tell(f"{NAME}: {done:,} of {len(todo):,} places")


def portions(todo: Mapping[PlaceKey, Entry]) -> Iterator[dict[PlaceKey, Entry]]:
    """What goes into one transaction: nobody shall wait long for the database."""
    some: dict[PlaceKey, Entry] = {}
    stays = 0
    for place, entry in todo.items():
        number = len(entry.payload["stays"])
        if some and (len(some) == PLACES_AT_ONCE or stays + number > STAYS_AT_ONCE):
            yield some
            some, stays = {}, 0
        some[place] = entry
        stays += number
    if some:
        yield some


def _told(document: ImportDocument) -> dict[PlaceKey, list[Told]]:
    """The stays of each place, the oldest first; what is there at the end counts more than the history."""
    places: dict[PlaceKey, list[Told]] = {}
    for row in document.history:
        stays = places.setdefault(row.place, [])
        is_open = bool(stays) and stays[-1].until is None
        if is_open and stays[-1].version == row.version:
            continue
        if is_open:
            stays[-1] = replace(stays[-1], until=row.at)
        if row.version is not None:
            stays.append(Told(row.version, row.at, None, row.source_key))
    for found in document.installations:
        _add_present(places.setdefault(found.place, []), found)
    return places


def _add_present(stays: list[Told], found: InstallationFound) -> None:
    is_open = bool(stays) and stays[-1].until is None
    if is_open and stays[-1].version == found.version:
        return
    since = found.since or clock.now()
    if is_open:
        stays[-1] = replace(stays[-1], until=since)
    stays.append(Told(found.version, found.since, None, found.source_key))


def _payload(document: ImportDocument, told: list[Told], kept: dict[str, Any] | None) -> dict[str, Any]:
    """As a record keeps it; a beginning that nobody knows is the moment when the import first saw it."""
    before = [Told.from_list(one) for one in kept["stays"]] if kept else []
    if before and not document.history:
        # Only the present was read: it goes on from the past that is known.
        now, told = told[-1], list(before)
        _add_present(told, InstallationFound(PlaceKey("", "", ""), now.version, None, now.source_key))
    known = {(one.version, one.source_key): one.since for one in before}
    moment = clock.now()
    dated = [
        replace(one, since=one.since or known.get((one.version, one.source_key)) or moment) for one in told
    ]
    return {"stays": [one.as_list() for one in dated]}


def _without_held(
    document: ImportDocument, todo: dict[PlaceKey, Entry], ground: Ground, summary: Summary
) -> dict[PlaceKey, Entry]:
    """What a run works on just now can't be written behind its back."""
    active = RunTarget.objects.filter(is_active=True).select_related("run")
    held = {(row.component_id, row.environment_id): row.run for row in active}
    free: dict[PlaceKey, Entry] = {}
    for key, entry in todo.items():
        run = held.get(_place(key, ground) or (0, 0))
        if run is None:
            free[key] = entry
        else:
            _refuse(
                summary, entry, _("%(run)s works there now; import again when it is over.") % {"run": run}
            )
    return free


def _bring_some(
    document: ImportDocument, todo: dict[PlaceKey, Entry], ledger: Ledger, ground: Ground, summary: Summary
) -> None:
    places = {place: key for key in todo if (place := _place(key, ground))}
    if summary.is_dry_run:
        left_alone = importing.has_rows_of_others(places, source=document.source)
    else:
        stays = {place: _stays(document.source, key, todo[key], ground) for place, key in places.items()}
        with portion():
            left_alone = importing.write_stays(stays, source=document.source).left_alone
            ledger.write([todo[key] for place, key in places.items() if place not in left_alone])
    refused = {places[place] for place in left_alone}
    counts = summary.count(NAME)
    for key, entry in todo.items():
        if key in refused:
            said = _("a run or a person changed it since the last import; it stays as it is.")
            _refuse(summary, entry, said)
        elif entry.pk is None:
            counts.created += 1
        else:
            counts.updated += 1


def _stays(source: str, key: PlaceKey, entry: Entry, ground: Ground) -> list[Stay]:
    versions, place = ground.ids["version"], f"/{'/'.join(key)}"
    return [
        Stay(
            version_id=versions[key_of(*key[:2], told.version)],
            since=told.since or clock.now(),
            until=told.until,
            # The record's key without the place, which people see anyway: what is left names the commit or the file.
            source_name=f"{source} {told.source_key.removesuffix(place)}"[:200],
        )
        for told in map(Told.from_list, entry.payload["stays"])
    ]


def _place(key: PlaceKey, ground: Ground) -> Place | None:
    """The ids of the place; None in a dry run for what would be new."""
    component = ground.ids["component"].get(key_of(*key[:2]))
    environment = ground.ids["environment"].get(key.environment)
    return (component, environment) if component and environment else None


def _refuse(summary: Summary, entry: Entry, reason: str) -> None:
    summary.refuse(NAME, Refused(NAME, 0, f"{entry.key}: {reason}"))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
