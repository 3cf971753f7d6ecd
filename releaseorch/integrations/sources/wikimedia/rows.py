"""The files of the set `wikimedia`, row by row: checked, typed, and refused where they can't be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from django.utils.translation import gettext as _

from releaseorch.integrations.sources import validate
from releaseorch.integrations.sources.document import ChangeKind, PlaceKey, Refused
from releaseorch.integrations.sources.rows import Row, read_table
from releaseorch.integrations.sources.validate import BadRow, Spelling

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


def read_states(folder: Path, file: str, spelling: Spelling) -> tuple[list[StateRow], list[Refused]]:
    """Read state_at_start.csv or state_at_end.csv."""
    once = validate.Once()

    def read(row: Row) -> StateRow:
        found = StateRow(
            _place(row, spelling), validate.line_of_text(row, "version", max_length=VERSION_LENGTH)
        )
        once.take(row, *found.place)
        return found

    return validate.checked(read_table(folder, file, STATE_COLUMNS), read)


def read_dependencies(folder: Path) -> tuple[list[DependencyRow], list[Refused]]:
    """Read dependencies.csv."""
    once = validate.Once()

    def read(row: Row) -> DependencyRow:
        values = [validate.line_of_text(row, column, max_length=95) for column in DEPENDENCY_COLUMNS]
        once.take(row, *values)
        return DependencyRow(*values)

    return validate.checked(read_table(folder, "dependencies.csv", DEPENDENCY_COLUMNS), read)


def read_deployments(folder: Path, spelling: Spelling) -> tuple[list[DeploymentRow], list[Refused]]:
    """Read deployments.csv, in the order in which changes were merged."""
    once, agreement = validate.Once(), validate.Agreement(*_OF_COMMIT)

    def read(row: Row) -> DeploymentRow:
        found = _deployment(row, spelling)
        once.take(row, found.commit, *found.place)
        agreement.check(row, found.commit)
        return found

    rows, refused = validate.checked(read_table(folder, "deployments.csv", DEPLOYMENT_COLUMNS), read)
    return sorted(rows, key=lambda row: row.merged_at), refused


def _place(row: Row, spelling: Spelling) -> PlaceKey:
    service = spelling.take(validate.line_of_text(row, "service", max_length=95))
    component = validate.line_of_text(row, "component", max_length=95)
    spelling.take(f"{service}/{component}")
    environment = validate.one_of(row, "environment", RANKS)
    return PlaceKey(service, service if component in OWN_RELEASES else component, environment)


def _deployment(row: Row, spelling: Spelling) -> DeploymentRow:
    kind = cast(ChangeKind, validate.one_of(row, "kind", KINDS))
    place = _place(row, spelling)
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
        said = _("%(column)s is “%(value)s”, but a row of kind %(kind)s has none.")
        named = {"column": column, "value": validate.shown(row[column]), "kind": row["kind"]}
        raise BadRow(said % named)
    return None


def _tasks(row: Row) -> tuple[str, ...]:
    tasks = validate.optional_line(row, "change_requests", max_length=2_000).split()
    for task in tasks:
        if not _TASK.fullmatch(task):
            said = _("change_requests holds “%(value)s”, which is no T number.")
            raise BadRow(said % {"value": validate.shown(task)})
    return tuple(sorted(set(tasks), key=lambda task: int(task[1:])))
