"""Where features have arrived: which environments have a version that holds them, or a later one."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core.models import known_by
from releaseorch.environments.models import Environment, Installation


@dataclass(frozen=True)
class Arrival:
    """An application's part of a feature is in an environment, by what is installed there now.

    Of the component its name and application were read, of the version its text.
    """

    environment: Environment
    component: Component
    version: ComponentVersion
    since: datetime


# Versions as old as the installed one, or older: of two registered at once the one with the higher id is newer.
NOT_NEWER = Q(component__versions__registered_at__lt=F("version__registered_at")) | Q(
    component__versions__registered_at=F("version__registered_at"), component__versions__lte=F("version")
)
FEATURE = "component__versions__held__feature_id"


def of_features(
    feature_ids: Collection[int], environment_ids: Collection[int] | None = None
) -> dict[int, list[Arrival]]:
    """Arrivals by feature, in promotion order, by application and component; two queries.

    What is uncertain hasn't arrived. A later version of the same component is taken to hold what earlier ones held.
    """
    places = Environment.objects.in_bulk()
    rows = _arrived(feature_ids, places if environment_ids is None else environment_ids).values_list(
        "component__application__name", "component__name", "pk", FEATURE, "environment_id", "component_id",
        "component__application_id", "version_id", "version__text", "since",
    )  # fmt: skip
    found: dict[int, list[Arrival]] = defaultdict(list)
    components: dict[int, Component] = {}
    for _, name, _, feature_id, place_id, pk, application_id, version_id, text, since in sorted(
        rows.distinct()
    ):
        if pk not in components:
            components[pk] = known_by(Component, id=pk, name=name, application_id=application_id)
        version = known_by(ComponentVersion, id=version_id, component_id=pk, text=text)
        found[feature_id].append(Arrival(places[place_id], components[pk], version, since))
    for arrived in found.values():
        arrived.sort(key=lambda one: (one.environment.rank, one.environment.name))
    return found


def applications_there(
    feature_ids: Collection[int], environment_ids: Collection[int]
) -> dict[tuple[int, int], set[int]]:
    """By environment and feature, the applications whose part of it has arrived; one query."""
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    rows = _arrived(feature_ids, environment_ids)
    columns = ("environment_id", FEATURE, "component__application_id")
    for environment_id, feature_id, application_id in rows.values_list(*columns).distinct():
        found[(environment_id, feature_id)].add(application_id)
    return found


def _arrived(feature_ids: Collection[int], environment_ids: Collection[int]) -> QuerySet[Installation]:
    """What is there for sure, once for each version not newer that holds one of the features.

    With the environments named, databases find it by what is there now, not by what was ever there of a component.
    """
    return Installation.objects.filter(
        NOT_NEWER,
        component__versions__held__feature__in=feature_ids,
        environment__in=environment_ids,
        until=None,
        version__isnull=False,
        uncertain_with=None,
    )
