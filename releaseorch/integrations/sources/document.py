"""The import document: everything one reading of a source found, as plain facts, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

ChangeKind = Literal["initial", "deploy", "rollback", "add", "remove"]


class ComponentKey(NamedTuple):
    """Names a component in a document; applications are named by their name alone."""

    application: str
    component: str


class PlaceKey(NamedTuple):
    """Names a component in an environment."""

    application: str
    component: str
    environment: str


@dataclass(frozen=True, slots=True)
class EnvironmentFound:
    """An environment; of two with the same rank neither comes before the other."""

    name: str
    rank: int


@dataclass(frozen=True, slots=True)
class DependencyFound:
    """`component` calls `needs`; both are of this document (outside systems are source records only)."""

    component: ComponentKey
    needs: ComponentKey
    reason: Literal["deploy-before", "runtime"]


@dataclass(frozen=True, slots=True)
class VersionFound:
    """A version of a component; `seen_at` is when the source first names it, `built_at` what its text tells.

    `is_unknown`: something is there, and the source doesn't say at which version; nobody may deploy it.
    """

    component: ComponentKey
    text: str
    seen_at: datetime | None
    built_at: datetime | None
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class FeatureFound:
    """A feature with the applications it touches; `created_at` is the earliest time the source knows of it."""

    key: str
    title: str
    applications: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class InstallationFound:
    """What runs now; `since` is empty when it already ran before the source begins."""

    place: PlaceKey
    version: str
    since: datetime | None
    source_key: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """From `at` on this version runs there, or nothing when `version` is None.

    Of kind `initial`: it ran already when the source begins, and `at` is that beginning.
    """

    place: PlaceKey
    version: str | None
    at: datetime
    kind: ChangeKind
    source_key: str


@dataclass(frozen=True, slots=True)
class ChangeFound:
    """One line of a request as found; `version` is None for a removal, `old_version` for an addition."""

    place: PlaceKey
    kind: ChangeKind
    old_version: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class RequestFound:
    """A change that somebody asked for and that was merged, with everything it changed."""

    key: str
    requester: str
    integrated_by: str
    requested_at: datetime
    merged_at: datetime
    subject: str
    features: tuple[str, ...]
    changes: tuple[ChangeFound, ...]


@dataclass(frozen=True, slots=True)
class RecordFound:
    """A record as it was read; `kind` and `key` together name it within the source."""

    kind: str
    key: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A row that was left out: where it is (lines count from 1, the header included) and why, as a sentence."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Noted:
    """A row that was taken although the files contradict each other there: where it is and how, as a sentence."""

    file: str
    line: int
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDocument:
    """One reading of a source: sorted, without duplicates, and consistent in itself.

    Everything that is named (an application by a component, a version by an installation) is listed. History and
    requests are in the order in which they happened, and empty when they weren't asked for. `owners` names the team
    of each application whose team the source knows; `robots` are the requesters that are no people.
    """

    source: str
    environments: tuple[EnvironmentFound, ...]
    applications: tuple[str, ...]
    components: tuple[ComponentKey, ...]
    dependencies: tuple[DependencyFound, ...]
    versions: tuple[VersionFound, ...]
    features: tuple[FeatureFound, ...]
    installations: tuple[InstallationFound, ...]
    history: tuple[HistoryRow, ...]
    requests: tuple[RequestFound, ...]
    records: tuple[RecordFound, ...]
    refused: tuple[Refused, ...]
    teams: tuple[str, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    robots: frozenset[str] = frozenset()
    noted: tuple[Noted, ...] = ()
