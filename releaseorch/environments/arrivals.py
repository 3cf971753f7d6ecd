"""Where features have arrived: which environments have a version that holds them, or a later one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.features.models import FeatureInVersion


@dataclass(frozen=True)
class Arrival:
    """An application's part of a feature is in an environment, by what is installed there now."""

    environment: Environment
    component: Component
    version: ComponentVersion
    since: datetime


# Of an installation, its component and its version: what pages say of an arrival.
SAID = (
    "environment_id", "since", "component__name", "component__application_id",
    "version__text", "version__component_id", "version__registered_at",
)  # fmt: skip
Age = tuple[
    datetime, int
]  # of a version: when it was registered; of two at once the one with the higher id is newer


def of_features(
    feature_ids: Collection[int], environment_ids: Collection[int] | None = None
) -> dict[int, list[Arrival]]:
    """Arrivals by feature, in promotion order; three queries.

    What is uncertain hasn't arrived. A later version of the same component is taken to hold what earlier ones held.
    """
    first = _first_versions(feature_ids)
    found: dict[int, list[Arrival]] = defaultdict(list)
    if not first:
        return found
    places = Environment.objects.in_bulk()
    rows = _installed(first, environment_ids).select_related("component", "version").only(*SAID)
    for row in sorted(rows, key=lambda row: _in_order(row, places[row.environment_id])):
        if row.version is None:
            continue
        age = (row.version.registered_at, row.version.pk)
        for feature_id, oldest in first[row.component_id].items():
            if age >= oldest:
                found[feature_id].append(
                    Arrival(places[row.environment_id], row.component, row.version, row.since)
                )
    return found


def applications_there(
    feature_ids: Collection[int], environment_ids: Collection[int]
) -> dict[tuple[int, int], set[int]]:
    """By environment and feature, the applications whose part of it has arrived; two queries, no rows read in full."""
    first = _first_versions(feature_ids)
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    columns = (
        "environment_id",
        "component_id",
        "component__application_id",
        "version__registered_at",
        "version_id",
    )
    rows = _installed(first, environment_ids).values_list(*columns) if first else ()
    for environment_id, component_id, application_id, registered_at, version_id in rows:
        for feature_id, oldest in first[component_id].items():
            if (registered_at, version_id) >= oldest:
                found[(environment_id, feature_id)].add(application_id)
    return found


def _in_order(row: Installation, place: Environment) -> tuple[int, str, int, str, int]:
    """By promotion order, then by application, then by component."""
    return (place.rank, place.name, row.component.application_id, row.component.name, row.pk)


def _first_versions(feature_ids: Collection[int]) -> dict[int, dict[int, Age]]:
    """By component and feature, the age of the first version that holds it; one query."""
    lines = FeatureInVersion.objects.filter(feature__in=feature_ids).values_list(
        "version__component_id", "feature_id", "version__registered_at", "version_id"
    )
    first: dict[int, dict[int, Age]] = defaultdict(dict)
    for component_id, feature_id, registered_at, version_id in lines:
        age = (registered_at, version_id)
        first[component_id][feature_id] = min(age, first[component_id].get(feature_id, age))
    return first


def _installed(
    components: Collection[int], environment_ids: Collection[int] | None
) -> QuerySet[Installation]:
    """What is there now for sure of these components; None means in any environment."""
    rows = Installation.objects.filter(
        inventory.of_components(list(components)), until=None, version__isnull=False, uncertain_with=None
    )
    return rows if environment_ids is None else rows.filter(environment__in=environment_ids)
