"""Reads of environments as places: all of them at a glance, and one with everything about it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from releaseorch.catalog.models import Component
from releaseorch.core import clock
from releaseorch.core.paging import Page, page_by_name
from releaseorch.environments import ahead
from releaseorch.environments.models import Environment, Freeze, Installation, Placement, Reservation, Target
from releaseorch.environments.queries import Cell, Line, components_page, in_use, where_is_what

COMPONENTS_SHOWN, TARGETS_SHOWN = 30, 15  # of each a page; a target has what is placed on it, and its verbs


@dataclass(frozen=True)
class EnvironmentRow:
    """An environment in the list: how much is there, how much of it nobody is sure of, what holds it now."""

    environment: Environment
    components: int
    uncertain: int
    targets: int
    reservations: Sequence[Reservation]
    freezes: Sequence[Freeze]


@dataclass(frozen=True)
class Place:
    """A component of the environment: what is there, and the marks of its cell."""

    line: Line
    cell: Cell


@dataclass(frozen=True)
class TargetRow:
    target: Target
    placements: Sequence[Placement]


@dataclass(frozen=True)
class EnvironmentDetail:
    """One environment; `before` and `after` are its neighbours in promotion order."""

    environment: Environment
    before: Sequence[Environment]
    after: Sequence[Environment]
    components: int
    uncertain: int
    unlike: int  # not the same as in the first environment before it
    page: Page[Component]
    places: Sequence[Place]
    targets: Page[TargetRow]
    reservations: Sequence[Reservation]
    freezes: Sequence[Freeze]


def environment_rows(*, with_retired: bool = False) -> list[EnvironmentRow]:
    """Environments in promotion order; five queries."""
    now = clock.now()
    environments = list(Environment.objects.all() if with_retired else in_use())
    components, uncertain = _numbers_of_components()
    targets = _number_of_targets()
    kept = defaultdict(list)
    for reservation in ahead.reservations_ahead([one.pk for one in environments], until=now):
        kept[reservation.environment_id].append(reservation)
    frozen = list(ahead.freezes_ahead(until=now))
    return [
        EnvironmentRow(
            one,
            components.get(one.pk, 0),
            uncertain.get(one.pk, 0),
            targets.get(one.pk, 0),
            kept[one.pk],
            [freeze for freeze in frozen if freeze.environment_id in (None, one.pk)],
        )
        for one in environments
    ]


def environment_detail(
    environment: Environment, cursor: str | None = None, targets_cursor: str | None = None
) -> EnvironmentDetail:
    """A page of what is in it and one of its targets; about twelve queries, whatever is in it."""
    page = components_page(cursor, environment_id=environment.pk, size=COMPONENTS_SHOWN)
    environments = list(in_use())
    before = _neighbours(environments, environment, -1)
    up_to_it = [one.pk for one in environments if one.rank < environment.rank]  # what marks compare it with
    columns = [environment.pk] if environment.is_retired else [*up_to_it, environment.pk]
    matrix = where_is_what(components=page.items, environment_ids=columns)
    position = [one.pk for one in matrix.environments].index(environment.pk)
    components, uncertain = _number_of_components(
        Installation.objects.filter(until=None, environment=environment)
    )
    return EnvironmentDetail(
        environment,
        components=components,
        uncertain=uncertain,
        unlike=_number_unlike(environment, before[0]) if before else 0,
        page=page,
        before=before,
        after=_neighbours(environments, environment, +1),
        places=[Place(line, line.cells[position]) for line in matrix.lines],
        targets=targets_of(environment, targets_cursor),
        reservations=ahead.reservations_of(environment),
        freezes=ahead.freezes_of(environment.pk),
    )


def targets_of(environment: Environment, cursor: str | None = None) -> Page[TargetRow]:
    """The targets in use, by name, with what is placed on each in its order; two queries, three with a cursor."""
    page = page_by_name(environment.targets.filter(retired_at=None), cursor, TARGETS_SHOWN)
    placed: dict[int, list[Placement]] = defaultdict(list)
    placements = Placement.objects.filter(target__in=[target.pk for target in page.items])
    for placement in placements.select_related("component__application").order_by(
        "component__application__name", "component__name"
    ):
        placed[placement.target_id].append(placement)
    return page.of([TargetRow(target, placed[target.pk]) for target in page.items])


def _number_unlike(here: Environment, before: Environment) -> int:
    """Of how many components another version is here than in the environment before; what is in one alone isn't."""
    rows = Installation.objects.filter(until=None, environment=here)
    there = Installation.objects.filter(until=None, environment=before, component=OuterRef("component"))
    unlike = rows.filter(Exists(there), ~Exists(there.filter(version=OuterRef("version"))))
    return unlike.order_by().values("component_id").distinct().count()


def _number_of_components(there: QuerySet[Installation]) -> tuple[int, int]:
    """How many are there, and of how many nobody is sure; one query."""
    unsure = Count("component", distinct=True, filter=Q(uncertain_with__isnull=False))
    found = there.aggregate(all=Count("component", distinct=True), unsure=unsure)
    return found["all"], found["unsure"]


def _numbers_of_components() -> tuple[Mapping[int, int], Mapping[int, int]]:
    """By environment: how many are there, and of how many nobody is sure."""
    rows = (
        Installation.objects.filter(until=None)
        .order_by()
        .values("environment_id")
        .annotate(
            there=Count("component_id", distinct=True),
            unsure=Count("component_id", distinct=True, filter=Q(uncertain_with__isnull=False)),
        )
        .values_list("environment_id", "there", "unsure")
    )
    counted = list(rows)
    return {pk: there for pk, there, _unsure in counted}, {pk: unsure for pk, _there, unsure in counted}


def _number_of_targets() -> Mapping[int, int]:
    rows = Target.objects.filter(retired_at=None).order_by().values_list("environment_id")
    return dict(rows.annotate(Count("pk")))


def _neighbours(environments: Sequence[Environment], environment: Environment, way: int) -> list[Environment]:
    """Those one rank before (-1) or after (+1)."""
    ranks = sorted({one.rank for one in environments if (one.rank - environment.rank) * way > 0})
    nearest = ranks[-1 if way < 0 else 0] if ranks else None
    return [one for one in environments if one.rank == nearest]
