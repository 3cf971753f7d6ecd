"""The imported world of a week: what its commits name, as rows, ready to be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from releaseorch.accounts.models import Team
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.catalog.services import ProcedureStepDraft
from releaseorch.core import clock
from releaseorch.core.actor import System
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature
from releaseorch.integrations.reenact.cast import Cast, make_cast
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.document import (
    ComponentKey,
    ImportDocument,
    PlaceKey,
    RequestFound,
)

COMMAND = ("true",)


class Way(NamedTuple):
    """How those who made the data deploy: the name of the procedure, and the title of its one step."""

    name: str
    title: str


HELMFILE = Way("helmfile apply", "helmfile apply ${component} ${version}")


@dataclass(frozen=True, slots=True)
class Stage:
    """Rows by the names that the data uses."""

    cast: Cast
    applications: dict[str, Application]
    components: dict[ComponentKey, Component]
    versions: dict[tuple[str, str, str], ComponentVersion]
    environments: dict[str, Environment]
    features: dict[str, Feature]

    def installed(self, environment: str) -> dict[PlaceKey, str]:
        """What our inventory has there now; uncertain places show as such."""
        found = inventory.current([self.environments[environment].pk])
        return {
            PlaceKey(row.component.application.name, row.component.name, environment): (
                row.version.text if row.version and not row.uncertain_with else "uncertain"
            )
            for row in found
        }


def set_up(world: ImportDocument, begins: datetime, asked: Sequence[RequestFound], way: Way) -> Stage:
    """Import the world as it stood at the beginning, into a database without it, and give everybody their roles."""
    with clock.at(begins):
        apply(world, actor=System(f"Import of {world.source}"))
    since = min(begins, *(commit.requested_at for commit in asked)) - timedelta(days=1)
    owned = Application.objects.filter(name__in=world.applications)
    teams = list(Team.objects.filter(pk__in=owned.values("team")))
    cast = make_cast(world.source, {commit.requester for commit in asked}, teams, since)
    with clock.at(begins):
        _give_procedure(world, cast, way)
    return _stage(cast)


def _give_procedure(world: ImportDocument, cast: Cast, way: Way) -> None:
    """The data doesn't say how a service is deployed: one command stands for it, so that the engine works for real."""
    draft = ProcedureStepDraft(
        key="apply",
        title=way.title,
        executor="shell",
        parameters={"argv": list(COMMAND)},
        installs=True,
    )
    procedure = catalog.create_procedure(actor=cast.manager, name=way.name, steps=[draft])
    Component.objects.filter(application__name__in=world.applications).update(procedure=procedure)


def _stage(cast: Cast) -> Stage:
    components = Component.objects.select_related("application__team")
    versions = ComponentVersion.objects.select_related("component__application")
    return Stage(
        cast=cast,
        applications={one.name: one for one in Application.objects.select_related("team")},
        components={ComponentKey(one.application.name, one.name): one for one in components},
        versions={(one.component.application.name, one.component.name, one.text): one for one in versions},
        environments={one.name: one for one in Environment.objects.all()},
        features={one.key: one for one in Feature.objects.all()},
    )
