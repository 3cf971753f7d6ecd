"""The files of the set `wikimedia`, row by row: checked, typed, and refused where they can't be used."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar, cast

from releaseorch.integrations.sources import validate
from releaseorch.integrations.sources.document import ChangeKind, PlaceKey, Refused
from releaseorch.integrations.sources.rows import Row, read_table
from releaseorch.integrations.sources.validate import BadRow

# staging comes first; eqiad and codfw are the two data centres of production, neither before the other.
RANKS = {"staging": 1, "eqiad": 2, "codfw": 2}
KINDS = ("deploy", "rollback", "add", "remove")
VERSION_LENGTH = 150
SUBJECT_LENGTH = 1_000
# A release of this name is the service itself; all others are components beside it.
OWN_RELEASES = frozenset({"main", "production", "staging"})

STATE_COLUMNS = ("service", "component", "environment", "version")
DEPENDENCY_COLUMNS = ("service", "depends_on", "declared_in")
DEPLOYMENT_COLUMNS = (
    "merged_at",
    "requested_at",
    "service",
    "component",
    "environment",
    "kind",
    "old_version",
    "new_version",
    "requester",
    "integrated_by",
    "change_requests",
    "change_id",
    "commit",
    "subject",
)
_OF_COMMIT = (
    "merged_at",
    "requested_at",
    "requester",
    "integrated_by",
    "change_requests",
    "change_id",
    "subject",
)
_TASK = re.compile(r"T[1-9][0-9]{0,8}")

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class StateRow:
    """A version in effect."""

    place: PlaceKey
    version: str


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """A service calls another one, or an outside system."""

    service: str
    depends_on: str
    declared_in: str


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One change of one component in one environment by one commit."""

    place: PlaceKey
    kind: ChangeKind
    old_version: str | None
    new_version: str | None
    merged_at: datetime
    requested_at: datetime
    requester: str
    integrated_by: str
    tasks: tuple[str, ...]
    change_id: str
    commit: str
    subject: str

    @property
    def key(self) -> str:
        return "/".join((self.commit, *self.place))


def read_states(folder: Path, file: str) -> tuple[list[StateRow], list[Refused]]:
    """Read state_at_start.csv or state_at_end.csv."""
    once = validate.Once()

    def read(row: Row) -> StateRow:
        found = StateRow(_place(row), validate.line_of_text(row, "version", max_length=VERSION_LENGTH))
        once.take(row, *found.place)
        return found

    return _read(folder, file, STATE_COLUMNS, read)


def read_dependencies(folder: Path) -> tuple[list[DependencyRow], list[Refused]]:
    """Read dependencies.csv."""
    once = validate.Once()

    def read(row: Row) -> DependencyRow:
        values = [validate.line_of_text(row, column, max_length=95) for column in DEPENDENCY_COLUMNS]
        once.take(row, *values)
        return DependencyRow(*values)

    return _read(folder, "dependencies.csv", DEPENDENCY_COLUMNS, read)


def read_deployments(folder: Path) -> tuple[list[DeploymentRow], list[Refused]]:
    """Read deployments.csv, in the order in which changes were merged."""
    once, agreement = validate.Once(), validate.Agreement(*_OF_COMMIT)

    def read(row: Row) -> DeploymentRow:
        found = _deployment(row)
        once.take(row, found.commit, *found.place)
        agreement.check(row, found.commit)
        return found

    rows, refused = _read(folder, "deployments.csv", DEPLOYMENT_COLUMNS, read)
    return sorted(rows, key=lambda row: row.merged_at), refused


def _read(
    folder: Path, file: str, columns: Sequence[str], read: Callable[[Row], Read]
) -> tuple[list[Read], list[Refused]]:
    table = read_table(folder, file, columns)
    rows: list[Read] = []
    refused = list(table.refused)
    for row in table.rows:
        try:
            rows.append(read(row))
        except BadRow as bad:
            refused.append(Refused(file, row.line, str(bad)))
    return rows, sorted(refused)


def _place(row: Row) -> PlaceKey:
    service = validate.line_of_text(row, "service", max_length=95)
    component = validate.line_of_text(row, "component", max_length=95)
    environment = validate.one_of(row, "environment", RANKS)
    return PlaceKey(service, service if component in OWN_RELEASES else component, environment)


def _deployment(row: Row) -> DeploymentRow:
    kind = cast(ChangeKind, validate.one_of(row, "kind", KINDS))
    place = _place(row)
    return DeploymentRow(
        place=place,
        kind=kind,
        old_version=_version(row, "old_version", is_there=kind != "add"),
        new_version=_version(row, "new_version", is_there=kind != "remove"),
        merged_at=validate.instant(row, "merged_at"),
        requested_at=validate.instant(row, "requested_at"),
        requester=validate.line_of_text(row, "requester"),
        integrated_by=validate.line_of_text(row, "integrated_by"),
        tasks=_tasks(row),
        change_id=validate.optional_line(row, "change_id"),
        commit=validate.line_of_text(row, "commit", max_length=64),
        subject=validate.optional_line(row, "subject", max_length=SUBJECT_LENGTH),
    )


def _version(row: Row, column: str, *, is_there: bool) -> str | None:
    if is_there:
        return validate.line_of_text(row, column, max_length=VERSION_LENGTH)
    if row[column].strip():
        raise BadRow(
            f"{column} is “{validate.shown(row[column])}”, but a row of kind {row['kind']} has none."
        )
    return None


def _tasks(row: Row) -> tuple[str, ...]:
    tasks = validate.optional_line(row, "change_requests", max_length=2_000).split()
    for task in tasks:
        if not _TASK.fullmatch(task):
            raise BadRow(f"change_requests holds “{validate.shown(task)}”, which is no T number.")
    return tuple(sorted(set(tasks), key=lambda task: int(task[1:])))
