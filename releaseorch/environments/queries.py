"""Reads of the inventory for pages and the API: where is what, now or at any moment before."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core.paging import PAGE_SIZE, Page, page_by_name
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation

Order = dict[int, int]  # version id → place in the sequence of its component's versions


def in_use() -> QuerySet[Environment]:
    """Those that aren't retired, in promotion order: what forms offer and where things go."""
    return Environment.objects.filter(retired_at=None)


@dataclass(frozen=True)
class Cell:
    """What of a component is in an environment: a row per target that has its own, else one.

    `behind`: how many versions of it came after the one here, up to the one in the environment before.
    """

    environment: Environment
    rows: Sequence[Installation] = ()
    behind: int = 0

    @property
    def texts(self) -> list[str]:
        """The versions that are there; an uncertain row counts as both."""
        versions = [one for row in self.rows for one in (row.version, row.uncertain_with) if one is not None]
        return list(dict.fromkeys(version.text for version in versions))

    @property
    def is_uncertain(self) -> bool:
        return any(row.uncertain_with_id is not None for row in self.rows)

    @property
    def is_blocked(self) -> bool:
        return any(row.version is not None and row.version.is_blocked for row in self.rows)

    @property
    def latest(self) -> Installation | None:
        """The row that changed last: since when, and by what."""
        return max(self.rows, key=lambda row: (row.since, row.pk), default=None)


@dataclass(frozen=True)
class Line:
    """One component through all environments, its cells in promotion order."""

    component: Component
    cells: list[Cell]


@dataclass(frozen=True)
class Matrix:
    """All lines, by application and component; components that are nowhere have none."""

    environments: list[Environment]
    lines: list[Line] = field(default_factory=list)
    order: Order = field(default_factory=dict)


def where_is_what(
    *,
    at: datetime | None = None,
    application_ids: Collection[int] | None = None,
    components: Sequence[Component] | None = None,
    environment_ids: Collection[int] | None = None,
) -> Matrix:
    """Components × environments, as it is now or was at `at`; None means all.

    Three queries with `components` (and their applications) at hand, else four. An environment that was retired by
    then has a column only when `environment_ids` asks for it.
    """
    wanted = _still_there(at) if environment_ids is None else Q(pk__in=environment_ids)
    environments = list(Environment.objects.filter(wanted))
    rows = inventory.open_at(at).filter(environment__in=[one.pk for one in environments])
    if components is not None:
        rows = rows.filter(inventory.of_components([one.pk for one in components]))
    if application_ids is not None:
        rows = rows.filter(component__application__in=application_ids)
    by_place: dict[tuple[int, int], list[Installation]] = defaultdict(list)
    for row in rows.select_related("version", "uncertain_with", "target").order_by("pk"):
        by_place[row.component_id, row.environment_id].append(row)
    there = {component_id for component_id, _environment in by_place}
    found = _with_teams(there) if components is None else [one for one in components if one.pk in there]
    found.sort(key=lambda one: (one.application.name.lower(), one.name.lower(), one.pk))
    order = order_of_versions(by_place)
    return Matrix(environments, [_line(one, environments, by_place, order) for one in found], order)


def _with_teams(component_ids: Collection[int]) -> list[Component]:
    return list(Component.objects.filter(pk__in=component_ids).select_related("application__team"))


def _still_there(at: datetime | None) -> Q:
    return Q(retired_at=None) | Q(retired_at__gt=at) if at else Q(retired_at=None)


def components_page(
    cursor: str | None = None,
    *,
    at: datetime | None = None,
    application_ids: Collection[int] | QuerySet[Any, int] | None = None,
    environment_id: int | None = None,
    size: int = PAGE_SIZE,
) -> Page[Component]:
    """What is installed somewhere, or in that environment, by application and name, with teams; one query, or two."""
    there = inventory.open_at(at).filter(component=OuterRef("pk")).order_by()
    if environment_id is not None:
        there = there.filter(environment_id=environment_id)
    found = Component.objects.filter(Exists(there)).select_related("application__team")
    if application_ids is not None:
        found = found.filter(application_id__in=application_ids)
    return page_by_name(found, cursor, size, names=("application__name", "name"))


def _line(
    component: Component,
    environments: Iterable[Environment],
    by_place: dict[tuple[int, int], list[Installation]],
    order: Order,
) -> Line:
    cells: list[Cell] = []
    for environment in environments:
        rows = by_place.get((component.pk, environment.pk), [])
        cells.append(Cell(environment, rows, _behind(rows, _before(cells, environment), order)))
    return Line(component, cells)


def _before(cells: list[Cell], environment: Environment) -> list[Installation]:
    """What is in the nearest environments before this one that have the component at all."""
    earlier = [cell for cell in cells if cell.rows and cell.environment.rank < environment.rank]
    nearest = max((cell.environment.rank for cell in earlier), default=0)
    return [row for cell in earlier if cell.environment.rank == nearest for row in cell.rows]


def _behind(here: Sequence[Installation], before: Sequence[Installation], order: Order) -> int:
    ours, theirs = places_of(here, order), places_of(before, order)
    return max(max(theirs) - min(ours), 0) if ours and theirs else 0


def places_of(rows: Sequence[Installation], order: Order) -> list[int]:
    return [order[row.version_id] for row in rows if row.version_id in order]


def order_of_versions(by_place: dict[tuple[int, int], list[Installation]]) -> Order:
    """The place of each version among those of its component, where components differ between environments; one query.

    The newest has place 0, the one before it -1: what is installed has thousands of older versions and few newer ones.
    """
    versions: dict[int, set[int]] = defaultdict(set)
    for (component_id, _environment), rows in by_place.items():
        versions[component_id].update(row.version_id for row in rows if row.version_id is not None)
    differ = {pk for found in versions.values() if len(found) > 1 for pk in found}
    newer = (
        ComponentVersion.objects.filter(
            component=OuterRef("component"), registered_at__gte=OuterRef("registered_at")
        )
        .filter(Q(registered_at__gt=OuterRef("registered_at")) | Q(pk__gt=OuterRef("pk")))
        .order_by()
    )
    number = Subquery(newer.values("component").annotate(n=Count("pk")).values("n"))
    wanted = ComponentVersion.objects.filter(pk__in=differ).order_by()
    return {pk: -(n or 0) for pk, n in wanted.annotate(newer=number).values_list("pk", "newer")}
