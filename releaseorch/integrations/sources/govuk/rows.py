"""The tables of the set `govuk`, row by row: checked, typed, and refused where they can't be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, cast

from django.utils.translation import gettext as _

from releaseorch.integrations.sources import validate
from releaseorch.integrations.sources.document import Refused
from releaseorch.integrations.sources.rows import Row, read_table
from releaseorch.integrations.sources.validate import BadRow, Spelling

# A version goes from integration through staging to production; `test` is a leftover that leads nowhere.
RANKS = {"integration": 1, "test": 1, "staging": 2, "production": 3}
EVIDENCE = ("signon-token", "govuk-docker")
VERSION_LENGTH, NAME_LENGTH = 150, 95
# An image tag may be empty: something is there, and nobody knows at which version.
UNKNOWN = "unknown"

Kind = Literal["deploy", "rollback", "switch", "add", "remove", "noop"]
KINDS: tuple[Kind, ...] = ("deploy", "rollback", "switch", "add", "remove", "noop")
# These change who may deploy, not what is there.
WITHOUT_VERSION: frozenset[Kind] = frozenset({"switch", "noop"})

COMPONENT_COLUMNS = ("component", "application", "environments")
DEPENDENCY_COLUMNS = ("application", "depends_on", "evidence", "component")
STATE_COLUMNS = ("environment", "app", "version", "since")
_FLAGS = ("old_automatic_deploys", "new_automatic_deploys", "old_promote", "new_promote")
_OF_COMMIT = ("merged_at", "requested_at", "requester", "approver", "pull_request")
DEPLOYMENT_COLUMNS = (
    "environment",
    "app",
    "kind",
    "old_version",
    "new_version",
    "commit",
    *_FLAGS,
    *_OF_COMMIT,
)


class Spot(NamedTuple):
    """An application in an environment: what an image tag is for."""

    application: str
    environment: str


@dataclass(frozen=True, slots=True)
class ComponentRow:
    component: str
    application: str
    environments: frozenset[str]


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """`evidence` signon-token: `component` may call the other in production; else declared for local development."""

    application: str
    depends_on: str
    evidence: str
    component: str


@dataclass(frozen=True, slots=True)
class StateRow:
    """An image tag in effect."""

    spot: Spot
    version: str
    since: datetime | None
    line: int


@dataclass(frozen=True, slots=True)
class DeploymentRow:
    """One change of one application in one environment by one commit; `old` and `new` are None for nothing."""

    spot: Spot
    kind: Kind
    old: str | None
    new: str | None
    flags: Mapping[str, str]
    merged_at: datetime
    requested_at: datetime
    requester: str
    approver: str
    pull_request: str
    commit: str
    line: int


def read_components(folder: Path, spelling: Spelling) -> tuple[list[ComponentRow], list[Refused]]:
    once = validate.Once()

    def read(row: Row) -> ComponentRow:
        component, application = _name(row, "component", spelling), _name(row, "application", spelling)
        environments = frozenset(validate.optional_line(row, "environments").split())
        unknown = sorted(environments - RANKS.keys())
        if unknown:
            said = _("environments names “%(name)s”, which is not known.")
            raise BadRow(said % {"name": validate.shown(unknown[0])})
        once.take(row, component)
        return ComponentRow(component, application, environments)

    return validate.checked(read_table(folder, "components.csv", COMPONENT_COLUMNS), read)


def read_dependencies(folder: Path, spelling: Spelling) -> tuple[list[DependencyRow], list[Refused]]:
    once = validate.Once()

    def read(row: Row) -> DependencyRow:
        found = DependencyRow(
            application=_name(row, "application", spelling),
            depends_on=_name(row, "depends_on", spelling),
            evidence=validate.one_of(row, "evidence", EVIDENCE),
            component=_name(row, "component", spelling),
        )
        once.take(row, found.component, found.depends_on, found.evidence)
        return found

    return validate.checked(read_table(folder, "dependencies.csv", DEPENDENCY_COLUMNS), read)


def read_states(folder: Path, file: str, spelling: Spelling) -> tuple[list[StateRow], list[Refused]]:
    """Read state_at_start.csv or state_at_end.csv."""
    once = validate.Once()

    def read(row: Row) -> StateRow:
        since = validate.instant(row, "since") if row["since"].strip() else None
        found = StateRow(_spot(row, spelling), _version(row, "version"), since, row.line)
        once.take(row, *found.spot)
        return found

    return validate.checked(read_table(folder, file, STATE_COLUMNS), read)


def read_deployments(folder: Path, spelling: Spelling) -> tuple[list[DeploymentRow], list[Refused]]:
    """Read deployments.csv, in the order in which changes were merged."""
    once, agreement = validate.Once(), validate.Agreement(*_OF_COMMIT)

    def read(row: Row) -> DeploymentRow:
        found = _deployment(row, spelling)
        once.take(row, found.commit, *found.spot)
        agreement.check(row, found.commit)
        return found

    rows, refused = validate.checked(read_table(folder, "deployments.csv", DEPLOYMENT_COLUMNS), read)
    return sorted(rows, key=lambda row: row.merged_at), refused


def _deployment(row: Row, spelling: Spelling) -> DeploymentRow:
    kind = cast(Kind, validate.one_of(row, "kind", KINDS))
    old, new = _VERSIONS[kind](row)
    return DeploymentRow(
        spot=_spot(row, spelling),
        kind=kind,
        old=old,
        new=new,
        flags={column: validate.optional_line(row, column) for column in _FLAGS},
        merged_at=validate.instant(row, "merged_at"),
        requested_at=validate.instant(row, "requested_at"),
        requester=validate.line_of_text(row, "requester"),
        approver=validate.line_of_text(row, "approver"),
        pull_request=validate.optional_line(row, "pull_request", max_length=20),
        commit=validate.line_of_text(row, "commit", max_length=64),
        line=row.line,
    )


def _spot(row: Row, spelling: Spelling) -> Spot:
    return Spot(_name(row, "app", spelling), validate.one_of(row, "environment", RANKS))


def _name(row: Row, column: str, spelling: Spelling) -> str:
    return spelling.take(validate.line_of_text(row, column, max_length=NAME_LENGTH))


def _version(row: Row, column: str) -> str:
    return validate.optional_line(row, column, max_length=VERSION_LENGTH) or UNKNOWN


def _changed(row: Row) -> tuple[str | None, str | None]:
    old, new = (
        validate.line_of_text(row, name, max_length=VERSION_LENGTH) for name in ("old_version", "new_version")
    )
    if old == new:
        said = _("This row is a %(kind)s, but both of its versions are %(version)s.")
        raise BadRow(said % {"kind": row["kind"], "version": validate.shown(new)})
    return old, new


def _kept(row: Row) -> tuple[str | None, str | None]:
    old, new = _version(row, "old_version"), _version(row, "new_version")
    if old != new:
        raise BadRow(_("This row is a %(kind)s, but its versions differ.") % {"kind": row["kind"]})
    return old, new


def _added(row: Row) -> tuple[str | None, str | None]:
    _empty(row, "old_version")
    return None, _version(row, "new_version")


def _removed(row: Row) -> tuple[str | None, str | None]:
    _empty(row, "new_version")
    return _version(row, "old_version"), None


def _empty(row: Row, column: str) -> None:
    if row[column].strip():
        said = _("%(column)s is “%(value)s”, but a row of kind %(kind)s has none.")
        named = {"column": column, "value": validate.shown(row[column]), "kind": row["kind"]}
        raise BadRow(said % named)


_VERSIONS: Mapping[Kind, Callable[[Row], tuple[str | None, str | None]]] = {
    "deploy": _changed,
    "rollback": _changed,
    "switch": _kept,
    "noop": _kept,
    "add": _added,
    "remove": _removed,
}
