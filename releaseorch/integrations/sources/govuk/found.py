"""The rows of GOV.UK's files together: which components an image tag is for, who owns what, what changed when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from releaseorch.integrations.sources.document import ComponentKey, PlaceKey, Refused
from releaseorch.integrations.sources.govuk import rows
from releaseorch.integrations.sources.govuk.repos import Repository, read_repositories
from releaseorch.integrations.sources.govuk.rows import (
    WITHOUT_VERSION,
    ComponentRow,
    DependencyRow,
    DeploymentRow,
    Spot,
    StateRow,
)
from releaseorch.integrations.sources.validate import Spelling

T = TypeVar("T")


@dataclass
class Found:
    """The rows of the files that can be used."""

    components: list[ComponentRow]
    dependencies: list[DependencyRow]
    repositories: list[Repository]
    now: list[StateRow]
    before: list[StateRow] = field(default_factory=list)
    changes: list[DeploymentRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _places: dict[Spot, list[PlaceKey]] = field(default_factory=dict)

    @cached_property
    def owners(self) -> Mapping[str, str]:
        return {one.application: one.team for one in self.repositories}

    @cached_property
    def _by_application(self) -> Mapping[str, list[ComponentRow]]:
        found: dict[str, list[ComponentRow]] = {}
        for row in sorted(self.components, key=lambda row: row.component):
            found.setdefault(row.application, []).append(row)
        return found

    def applications(self) -> set[str]:
        of_spots = {row.spot.application for row in (*self.before, *self.now)}
        of_spots |= {row.spot.application for row in self.changes}
        of_links = {name for row in self.dependencies for name in (row.application, row.depends_on)}
        return self._by_application.keys() | of_spots | of_links

    def components_of(self, application: str) -> list[ComponentKey]:
        """Those that are listed, or one of the application's own name where none is (it was gone before the list)."""
        listed = [
            ComponentKey(application, row.component) for row in self._by_application.get(application, ())
        ]
        return listed or [ComponentKey(application, application)]

    def main(self, application: str) -> ComponentKey:
        """The component that stands for the application: that of its own name, else the first one."""
        keys, own = self.components_of(application), ComponentKey(application, application)
        return own if own in keys else keys[0]

    def places(self, spot: Spot) -> list[PlaceKey]:
        """Where an image tag counts: the components there; the main one alone where no component is listed."""
        if spot not in self._places:
            listed = [
                row.component
                for row in self._by_application.get(spot.application, ())
                if spot.environment in row.environments
            ]
            names = listed or [self.main(spot.application).component]
            self._places[spot] = [PlaceKey(spot.application, name, spot.environment) for name in names]
        return self._places[spot]

    @cached_property
    def moved(self) -> list[DeploymentRow]:
        """The changes of a version; the others are records only."""
        return [change for change in self.changes if change.kind not in WITHOUT_VERSION]

    def commits(self) -> Mapping[str, Sequence[DeploymentRow]]:
        """Return commit → its changes of versions, in the order of the merges."""
        commits: dict[str, list[DeploymentRow]] = {}
        for row in self.moved:
            commits.setdefault(row.commit, []).append(row)
        return commits


def read_files(folder: Path, *, history: bool) -> Found:
    refused: list[Refused] = []
    spelling = Spelling()

    def take(read: tuple[list[T], list[Refused]]) -> list[T]:
        refused.extend(read[1])
        return read[0]

    found = Found(
        components=take(rows.read_components(folder, spelling)),
        dependencies=take(rows.read_dependencies(folder, spelling)),
        repositories=take(read_repositories(folder)),
        now=take(rows.read_states(folder, "state_at_end.csv", spelling)),
        refused=refused,
    )
    if history:
        found.before = take(rows.read_states(folder, "state_at_start.csv", spelling))
        found.changes = take(rows.read_deployments(folder, spelling))
    return found
