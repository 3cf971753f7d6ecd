"""What changed in GOV.UK's environments and what is there, read out of our inventory, by application.

The components of an application run the same image, so one of them tells for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.db.models import QuerySet

from releaseorch.environments.models import Environment, Installation
from releaseorch.integrations.models import SourceRecord

_NUMBERED = re.compile(r"v(\d+)")


@dataclass(frozen=True, slots=True)
class Change:
    """From `old` to `new` at that moment; None is nothing."""

    application: str
    environment: str
    at: datetime
    old: str | None
    new: str | None

    @property
    def kind(self) -> str:
        if self.old is None or self.new is None:
            return "add" if self.old is None else "remove"
        before, after = _NUMBERED.fullmatch(self.old), _NUMBERED.fullmatch(self.new)
        is_back = before and after and int(after[1]) < int(before[1])
        return "rollback" if is_back else "deploy"


class _Stay(NamedTuple):
    environment: str
    application: str
    component: str
    version: str
    since: datetime
    until: datetime | None
    source: str


def changes(environment: str | None = None) -> Iterator[Change]:
    """Every change in the environment, or in all of them, place by place and in the order in which it happened."""
    for (there, application), stays in _by_spot(environment):
        before: _Stay | None = None
        for stay in stays:
            was = before if before and before.until == stay.since else None
            if before and before.until and not was:
                yield Change(application, there, before.until, before.version, None)
            if stay.source != "govuk state_at_start":
                yield Change(application, there, stay.since, was.version if was else None, stay.version)
            before = stay
        if before and before.until:
            yield Change(application, there, before.until, before.version, None)


def installed() -> dict[tuple[str, str], str]:
    """(environment, application) → the version that is there now."""
    found = _installations().filter(until=None)
    names = ("environment__name", "component__application__name", "version__text")
    return {(environment, application): text for environment, application, text in found.values_list(*names)}


def _by_spot(environment: str | None) -> Iterator[tuple[tuple[str, str], list[_Stay]]]:
    found = _installations()
    if environment:
        found = found.filter(environment__name=environment)
    names = (
        "environment__name",
        "component__application__name",
        "component__name",
        "version__text",
        "since",
        "until",
        "source_name",
    )
    rows = map(_Stay._make, found.order_by(*names[:3], "since", "id").values_list(*names))
    for spot, stays in groupby(rows, key=lambda row: (row.environment, row.application)):
        first = list(next(groupby(stays, key=lambda row: row.component))[1])
        yield spot, first


def _installations() -> QuerySet[Installation]:
    """In the environments that this source brought, at a version that is known for certain."""
    known = SourceRecord.objects.filter(source="govuk", kind="environment")
    places = Environment.objects.filter(pk__in=known.values("object_id"))
    return Installation.objects.filter(environment__in=places, version__isnull=False)
