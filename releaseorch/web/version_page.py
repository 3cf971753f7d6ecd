"""What the page of a version shows: its way through the environments, what it holds, who asked for it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from releaseorch.catalog.models import ComponentVersion
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments.models import Environment, Installation
from releaseorch.features.models import FeatureInVersion
from releaseorch.web import links

STAYS = 200  # of all environments together; the whole history stands with each place
REQUESTS = 10


@dataclass(frozen=True)
class Stay:
    """One time the version was somewhere; `url` leads to what brought it there."""

    row: Installation
    url: str


@dataclass(frozen=True)
class Stop:
    """An environment on the way, newest stay first; none: it was never there."""

    environment: Environment
    stays: Sequence[Stay]

    @property
    def is_there(self) -> bool:
        return any(stay.row.until is None for stay in self.stays)


def context(version: ComponentVersion, environments: Sequence[Environment]) -> dict[str, Any]:
    """Five queries."""
    siblings = ComponentVersion.objects.filter(component=version.component_id).exclude(pk=version.pk)
    moment = version.registered_at
    older = siblings.filter(Q(registered_at__lt=moment) | Q(registered_at=moment, pk__lt=version.pk))
    newer = siblings.filter(Q(registered_at__gt=moment) | Q(registered_at=moment, pk__gt=version.pk))
    held = FeatureInVersion.objects.filter(version=version).select_related("feature")
    requests = DeploymentRequest.objects.filter(items__version=version).distinct()
    return {
        "stops": _stops(version, environments),
        "features": [line.feature for line in held.order_by("feature__key")],
        "requests": list(requests.select_related("environment", "requester").order_by("-pk")[:REQUESTS]),
        "older": older.order_by("-registered_at", "-pk").first(),
        "newer": newer.order_by("registered_at", "pk").first(),
    }


def _stops(version: ComponentVersion, environments: Sequence[Environment]) -> list[Stop]:
    rows = Installation.objects.filter(Q(version=version) | Q(uncertain_with=version))
    stays: dict[int, list[Stay]] = defaultdict(list)
    for row in rows.select_related("target").order_by("-since", "-pk")[:STAYS]:
        stays[row.environment_id].append(Stay(row, links.page_of(row.source_kind, row.source_id)))
    return [Stop(environment, stays[environment.pk]) for environment in environments]
