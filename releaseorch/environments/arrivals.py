"""Where features have arrived: which environments have a version that holds them, or a later one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.features.models import FeatureInVersion


@dataclass(frozen=True)
class Arrival:
    """An application's part of a feature is in an environment, by what is installed there now."""

    environment: Environment
    component: Component
    version: ComponentVersion
    since: datetime


def of_features(
    feature_ids: Collection[int], environment_ids: Collection[int] | None = None
) -> dict[int, list[Arrival]]:
    """Arrivals by feature, in promotion order; two queries.

    What is uncertain hasn't arrived. A later version of the same component is taken to hold what earlier ones held.
    """
    first: dict[int, dict[int, ComponentVersion]] = defaultdict(dict)  # component → feature → first version
    lines = FeatureInVersion.objects.filter(feature__in=feature_ids).select_related("version")
    for line in lines.order_by("version__registered_at", "version_id"):
        first[line.version.component_id].setdefault(line.feature_id, line.version)
    found: dict[int, list[Arrival]] = defaultdict(list)
    if not first:
        return found
    for row in inventory.current(environment_ids, list(first)):
        if row.version is None or row.uncertain_with_id is not None:
            continue
        for feature_id, version in first[row.component_id].items():
            if _age(row.version) >= _age(version):
                found[feature_id].append(Arrival(row.environment, row.component, row.version, row.since))
    return found


def _age(version: ComponentVersion) -> tuple[datetime, int]:
    return version.registered_at, version.pk
