"""A stretch of real history: what was asked for in it, and what ran before and after, as the data set has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from releaseorch.integrations.sources.document import ImportDocument, PlaceKey, RequestFound


@dataclass(frozen=True, slots=True)
class Week:
    """From `begins` until before `ends`; `day` is the one whose changes go into one run."""

    begins: datetime
    ends: datetime
    day: str


JUNE = Week(datetime(2024, 6, 10, tzinfo=UTC), datetime(2024, 6, 17, tzinfo=UTC), "2024-06-12")


def commits_of(document: ImportDocument, week: Week) -> list[RequestFound]:
    """What was merged in the week, in the order of the merges."""
    return [found for found in document.requests if week.begins <= found.merged_at < week.ends]


def as_it_stood(document: ImportDocument, week: Week) -> ImportDocument:
    """What an import at the beginning of the week would have found; versions and features of the week are known."""
    requests = tuple(found for found in document.requests if found.merged_at < week.ends)
    features = {key for found in requests for key in found.features}
    return replace(
        document,
        versions=tuple(one for one in document.versions if one.seen_at is None or one.seen_at < week.ends),
        features=tuple(one for one in document.features if one.key in features),
        installations=(),  # what the history leaves is what was there
        history=tuple(row for row in document.history if row.at < week.begins),
        requests=requests,
        records=(),
        refused=(),
    )


def state_at(document: ImportDocument, moment: datetime, environment: str) -> dict[PlaceKey, str]:
    """What the data set says was there just before the moment."""
    state: dict[PlaceKey, str | None] = {}
    for row in document.history:
        if row.place.environment == environment and row.at < moment:
            state[row.place] = row.version
    return {place: version for place, version in state.items() if version is not None}
