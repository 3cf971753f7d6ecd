"""From GOV.UK's files to an import document: applications and their owners, what runs where, and a year of changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from releaseorch.integrations.sources.document import (
    ChangeFound,
    ChangeKind,
    ComponentKey,
    DependencyFound,
    EnvironmentFound,
    HistoryRow,
    ImportDocument,
    InstallationFound,
    PlaceKey,
    RecordFound,
    RequestFound,
    VersionFound,
)
from releaseorch.integrations.sources.govuk import rows
from releaseorch.integrations.sources.govuk.found import Found, read_files
from releaseorch.integrations.sources.govuk.replay import contradictions
from releaseorch.integrations.sources.govuk.rows import UNKNOWN, DependencyRow, DeploymentRow

ROBOT = "govuk-ci"


class GovukSource:
    """Reads the folder `govuk`: one image tag per application and environment, and each change of it.

    An image tag is for every component of its application there (frontend and draft-frontend run the same image).
    A merge states what should run; when Argo CD applied it the data doesn't say: the merge counts.
    """

    kind = "govuk"

    def read(self, folder: Path, *, history: bool) -> ImportDocument:
        """Return what runs now, with owners and dependencies; with `history` also every change and who asked for it."""
        found = read_files(folder, history=history)
        applications = sorted(found.applications())
        owners = {name: team for name in applications if (team := found.owners.get(name))}
        installations = tuple(_installations(found))
        past = tuple(_history(found))
        requests = tuple(_request(found, changes) for changes in found.commits().values())
        return ImportDocument(
            source=self.kind,
            environments=tuple(EnvironmentFound(name, rank) for name, rank in rows.RANKS.items()),
            applications=tuple(applications),
            components=tuple(sorted(key for name in applications for key in found.components_of(name))),
            dependencies=_dependencies(found),
            versions=_versions(past, installations),
            features=(),
            installations=installations,
            history=past,
            requests=requests,
            records=tuple(_records(found)),
            refused=tuple(sorted(found.refused)),
            teams=tuple(sorted({one.team for one in found.repositories if one.team})),
            owners=owners,
            robots=frozenset({ROBOT}),
            noted=tuple(contradictions(found.before, found.changes, found.now)),
        )


def _dependencies(found: Found) -> tuple[DependencyFound, ...]:
    """A token belongs to a component; what is declared for local development is said of the application."""
    pairs = {
        (component, found.main(row.depends_on))
        for row in found.dependencies
        if (component := _caller(found, row)).application != row.depends_on
    }
    return tuple(DependencyFound(component, needs, "runtime") for component, needs in sorted(pairs))


def _caller(found: Found, row: DependencyRow) -> ComponentKey:
    named = ComponentKey(row.application, row.component)
    return named if named in found.components_of(row.application) else found.main(row.application)


def _installations(found: Found) -> Iterator[InstallationFound]:
    last = {change.spot: change for change in found.moved}
    for state in sorted(found.now, key=lambda state: state.spot):
        change = last.get(state.spot)
        is_known = change is not None and change.new == state.version
        for place in found.places(state.spot):
            key = change.commit if change and is_known else "state_at_end"
            since = change.merged_at if change and is_known else state.since
            yield InstallationFound(place, state.version, since, _key(key, place))


def _history(found: Found) -> Iterator[HistoryRow]:
    """What was there at the start, since when it says, and then the changes."""
    if not found.moved:
        return
    beginning = found.moved[0].merged_at
    for state in sorted(found.before, key=lambda state: state.spot):
        since = min(state.since or beginning, beginning)
        for place in found.places(state.spot):
            yield HistoryRow(place, state.version, since, "initial", _key("state_at_start", place))
    for change in found.moved:
        for place in found.places(change.spot):
            yield HistoryRow(place, change.new, change.merged_at, _kind(change), _key(change.commit, place))


def _versions(
    past: Iterable[HistoryRow], installations: Iterable[InstallationFound]
) -> tuple[VersionFound, ...]:
    """List each version once, with the merge that first named it; those from before the data have none."""
    seen: dict[tuple[ComponentKey, str], datetime | None] = {}
    for row in past:
        if row.version is not None:
            seen.setdefault((_component(row.place), row.version), None if row.kind == "initial" else row.at)
    for there in installations:
        seen.setdefault((_component(there.place), there.version), None)
    return tuple(
        VersionFound(component, text, at, None, is_unknown=text == UNKNOWN)
        for (component, text), at in sorted(seen.items(), key=lambda entry: entry[0])
    )


def _request(found: Found, changes: Sequence[DeploymentRow]) -> RequestFound:
    first = changes[0]
    return RequestFound(
        key=first.commit,
        requester=first.requester,
        integrated_by=first.approver,
        requested_at=first.requested_at,
        merged_at=first.merged_at,
        subject=_subject(changes),
        features=(),
        changes=tuple(
            ChangeFound(place, _kind(change), change.old, change.new)
            for change in sorted(changes, key=lambda change: change.spot)
            for place in found.places(change.spot)
        ),
    )


def _subject(changes: Sequence[DeploymentRow]) -> str:
    first = changes[0]
    if first.pull_request:
        return f"Pull request {first.pull_request}"
    application, environment = first.spot
    if first.kind == "rollback":
        return f"{application} back to {first.new} in {environment}"
    return f"{application} {first.new} to {environment}"


def _records(found: Found) -> Iterator[RecordFound]:
    """Keep as read what the domain has no notion of: switches, changes by people, repositories, evidence."""
    by_people: dict[str, list[DeploymentRow]] = {}
    for change in found.changes:
        if change.kind in rows.WITHOUT_VERSION:
            yield RecordFound(change.kind, "/".join((change.commit, *change.spot)), _said(change))
        if change.pull_request:
            by_people.setdefault(change.commit, []).append(change)
    for commit, changes in by_people.items():
        payload = {"pull_request": changes[0].pull_request, "changes": [_said(change) for change in changes]}
        yield RecordFound("pull request", commit, payload)
    for one in sorted(found.repositories, key=lambda one: (one.name, one.application)):
        yield RecordFound("repository", "/".join((one.name, one.application)), one.payload)
    for row in sorted(found.dependencies, key=lambda row: (row.component, row.depends_on, row.evidence)):
        payload = {name: getattr(row, name) for name in rows.DEPENDENCY_COLUMNS}
        yield RecordFound("dependency", "/".join((row.component, row.depends_on, row.evidence)), payload)


def _said(change: DeploymentRow) -> dict[str, Any]:
    return {
        **change.spot._asdict(),
        **change.flags,
        "kind": change.kind,
        "old_version": change.old,
        "new_version": change.new,
        "merged_at": change.merged_at.isoformat(),
        "requested_at": change.requested_at.isoformat(),
        "requester": change.requester,
        "approver": change.approver,
        "pull_request": change.pull_request,
        "commit": change.commit,
    }


def _kind(change: DeploymentRow) -> ChangeKind:
    return cast(ChangeKind, change.kind)  # a change of a version is nothing else


def _component(place: PlaceKey) -> ComponentKey:
    return ComponentKey(place.application, place.component)


def _key(told_by: str, place: PlaceKey) -> str:
    return "/".join((told_by, *place))
