"""From Wikimedia's rows to an import document: services, components, change requests, history and dependencies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from releaseorch.integrations.sources.document import (
    ChangeFound,
    ComponentKey,
    DependencyFound,
    EnvironmentFound,
    FeatureFound,
    HistoryRow,
    ImportDocument,
    InstallationFound,
    PlaceKey,
    RecordFound,
    Refused,
    RequestFound,
    VersionFound,
)
from releaseorch.integrations.sources.validate import Spelling
from releaseorch.integrations.sources.wikimedia import rows
from releaseorch.integrations.sources.wikimedia.rows import DependencyRow, DeploymentRow, StateRow

_BUILT = re.compile(r"(?:^|-)(20\d\d-\d\d-\d\d-\d{6})(?:-|$)")


class WikimediaSource:
    """Reads the folder `wikimedia`: one row per service, component and environment whose image version changed."""

    kind = "wikimedia"

    def read(self, folder: Path, *, history: bool) -> ImportDocument:
        """Return what runs now and the dependencies; with `history` also every change, request and feature.

        A commit states what should run; that it did, and when exactly, the data doesn't say: its merge counts.
        """
        found = _read(folder, history=history)
        components = sorted({_component(place) for place in found.places()})
        applications = sorted({component.application for component in components})
        return ImportDocument(
            source=self.kind,
            environments=tuple(EnvironmentFound(name, rank) for name, rank in rows.RANKS.items()),
            applications=tuple(applications),
            components=tuple(components),
            dependencies=_dependencies(found.dependencies, components),
            versions=_versions(found),
            features=_features(found.changes),
            installations=_installations(found),
            history=_history(found),
            requests=tuple(_request(changes) for changes in found.commits().values()),
            records=tuple(_records(found)),
            refused=tuple(found.refused),
        )


@dataclass(slots=True)
class _Found:
    """The rows of the four files that can be used."""

    now: list[StateRow]
    dependencies: list[DependencyRow]
    before: list[StateRow] = field(default_factory=list)
    changes: list[DeploymentRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def places(self) -> Iterable[PlaceKey]:
        yield from (row.place for row in (*self.before, *self.now))
        yield from (row.place for row in self.changes)

    def commits(self) -> Mapping[str, Sequence[DeploymentRow]]:
        """Return commit → its rows, in the order of the merges."""
        commits: dict[str, list[DeploymentRow]] = {}
        for row in self.changes:
            commits.setdefault(row.commit, []).append(row)
        return commits


def _read(folder: Path, *, history: bool) -> _Found:
    spelling = Spelling()
    now, refused_now = rows.read_states(folder, "state_at_end.csv", spelling)
    dependencies, refused_dependencies = rows.read_dependencies(folder)
    found = _Found(now, dependencies, refused=[*refused_now, *refused_dependencies])
    if history:
        found.before, refused_before = rows.read_states(folder, "state_at_start.csv", spelling)
        found.changes, refused_changes = rows.read_deployments(folder, spelling)
        found.refused += [*refused_before, *refused_changes]
    found.refused.sort()
    return found


def _component(place: PlaceKey) -> ComponentKey:
    return ComponentKey(place.application, place.component)


def _dependencies(
    found: Iterable[DependencyRow], components: Iterable[ComponentKey]
) -> tuple[DependencyFound, ...]:
    """Keep calls between two services that have a component of their own name; the rest are records only."""
    own = {key.application: key for key in components if key.component == key.application}
    pairs = {(row.service, row.depends_on) for row in found if row.service in own and row.depends_on in own}
    return tuple(
        DependencyFound(own[service], own[needs], "runtime")
        for service, needs in sorted(pairs)
        if service != needs
    )


def _versions(found: _Found) -> tuple[VersionFound, ...]:
    """List each version once, with the merge that first named it; those from before the data have none."""
    seen: dict[tuple[ComponentKey, str], datetime | None] = {}
    for state in found.before:
        seen.setdefault((_component(state.place), state.version), None)
    for change in found.changes:
        for version in (change.old_version, change.new_version):
            if version is not None:
                seen.setdefault((_component(change.place), version), change.merged_at)
    for state in found.now:
        seen.setdefault((_component(state.place), state.version), None)
    return tuple(
        VersionFound(component, text, at, _built_at(text))
        for (component, text), at in sorted(seen.items(), key=lambda entry: entry[0])
    )


def _built_at(version: str) -> datetime | None:
    """Most versions are build times, as in 2024-12-17-110323-production; an impossible one tells nothing."""
    match = _BUILT.search(version)
    if match:
        with suppress(ValueError):
            return datetime.strptime(match.group(1), "%Y-%m-%d-%H%M%S").replace(tzinfo=UTC)
    return None


def _features(changes: Iterable[DeploymentRow]) -> tuple[FeatureFound, ...]:
    """Make a feature of each T number; the data has no titles, so the first commit that names it gives one."""
    by_task: dict[str, list[DeploymentRow]] = {}
    for change in changes:
        for task in change.tasks:
            by_task.setdefault(task, []).append(change)
    return tuple(
        FeatureFound(
            key=task,
            title=named[0].subject or task,
            applications=tuple(sorted({change.place.application for change in named})),
            created_at=min(change.requested_at for change in named),
        )
        for task, named in sorted(by_task.items(), key=lambda entry: int(entry[0][1:]))
    )


def _installations(found: _Found) -> tuple[InstallationFound, ...]:
    last = {change.place: change for change in found.changes}
    installations = []
    for state in sorted(found.now, key=lambda state: state.place):
        change = last.get(state.place)
        is_known = change is not None and change.new_version == state.version
        installations.append(
            InstallationFound(
                place=state.place,
                version=state.version,
                since=change.merged_at if change and is_known else None,
                source_key=change.key if change and is_known else "/".join(("state_at_end", *state.place)),
            )
        )
    return tuple(installations)


def _history(found: _Found) -> tuple[HistoryRow, ...]:
    """Put what ran at the start in front of all changes, dated to the first merge: nothing is known before it."""
    if not found.changes:
        return ()
    beginning = found.changes[0].merged_at
    initial = [
        HistoryRow(
            state.place, state.version, beginning, "initial", "/".join(("state_at_start", *state.place))
        )
        for state in sorted(found.before, key=lambda state: state.place)
    ]
    changes = [
        HistoryRow(change.place, change.new_version, change.merged_at, change.kind, change.key)
        for change in found.changes
    ]
    return (*initial, *changes)


def _request(changes: Sequence[DeploymentRow]) -> RequestFound:
    first = changes[0]
    return RequestFound(
        key=first.commit,
        requester=first.requester,
        integrated_by=first.integrated_by,
        requested_at=first.requested_at,
        merged_at=first.merged_at,
        subject=first.subject,
        features=first.tasks,
        changes=tuple(
            ChangeFound(change.place, change.kind, change.old_version, change.new_version)
            for change in sorted(changes, key=lambda change: change.place)
        ),
    )


def _records(found: _Found) -> Iterable[RecordFound]:
    """Keep as read what the domain has no notion of: commits, their rows, and dependencies on outside systems."""
    for commit, changes in found.commits().items():
        first = changes[0]
        payload: dict[str, Any] = {
            "merged_at": first.merged_at.isoformat(),
            "requested_at": first.requested_at.isoformat(),
            "requester": first.requester,
            "integrated_by": first.integrated_by,
            "change_requests": list(first.tasks),
            "change_id": first.change_id,
            "subject": first.subject,
        }
        yield RecordFound("commit", commit, payload)
    for change in found.changes:
        payload = {
            **change.place._asdict(),
            "commit": change.commit,
            "merged_at": change.merged_at.isoformat(),
            "kind": change.kind,
            "old_version": change.old_version,
            "new_version": change.new_version,
        }
        yield RecordFound("change", change.key, payload)
    for row in sorted(found.dependencies, key=lambda row: (row.service, row.depends_on, row.declared_in)):
        payload = {"service": row.service, "depends_on": row.depends_on, "declared_in": row.declared_in}
        yield RecordFound("dependency", "/".join((row.service, row.depends_on, row.declared_in)), payload)
