"""What is and was installed in the demo: inventory rows in bulk, and what deployments left on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.environments.models import Installation, Placement, Target
from releaseorch.environments.states import SourceKind
from releaseorch.integrations.demo import artifacts
from releaseorch.integrations.demo.world import World

ON_DISK = frozenset({"database", "service", "front", "batch"})  # kinds that tools deploy


@dataclass(frozen=True)
class Arrival:
    """From `since` on the version is there, until the next one arrives."""

    since: datetime
    version: ComponentVersion


@dataclass
class Arrivals:
    """By component and environment."""

    found: dict[tuple[str, str], list[Arrival]] = field(default_factory=dict)

    def add(self, component: str, environment: str, arrival: Arrival) -> None:
        self.found.setdefault((component, environment), []).append(arrival)


def place(world: World, components: Mapping[Component, bool]) -> None:
    """Put components on the first server of each environment, or on all of them."""
    Placement.objects.bulk_create(
        Placement(component=component, environment=world.environments[slug], target=target, order=order)
        for component, is_on_all in components.items()
        for slug, targets in world.targets.items()
        for order, target in enumerate(targets if is_on_all else targets[:1])
    )


def install(world: World, arrivals: Arrivals) -> None:
    """Everything that ever arrived, as the first import of a real installation would bring it."""
    placed: dict[tuple[int, int], list[Target | None]] = {}
    for one in Placement.objects.select_related("target").order_by("order"):
        placed.setdefault((one.component_id, one.environment_id), []).append(one.target)
    for slug, targets in world.targets.items():
        for server in targets:
            world.places.site(slug, None, server.name).mkdir(parents=True)
    rows = []
    for (name, slug), found in arrivals.found.items():
        component, environment = world.components[name], world.environments[slug]
        stays = sorted(found, key=lambda one: one.since)
        for target in placed.get((component.pk, environment.pk), [None]):
            rows += [
                Installation(
                    component=component, environment=environment, target=target, version=one.version,
                    since=one.since, until=following.since if following else None,
                    source_kind=SourceKind.IMPORT, source_name="first import",
                )
                for one, following in pairwise([*stays, None])
                if one is not None
            ]  # fmt: skip
            if component.kind in ON_DISK:
                folder = world.places.site(slug, target.name if target else None, name)
                artifacts.leave_on_target(folder, name, component.kind, stays[-1].version.text)
    Installation.objects.bulk_create(rows, batch_size=500)
