"""Two environments beside each other: what differs, and who is ahead by how many versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from releaseorch.catalog.models import Application, Component
from releaseorch.core.paging import Page, page_by_name
from releaseorch.environments.models import Environment, Installation
from releaseorch.environments.queries import Cell, Order, places_of, where_is_what


@dataclass(frozen=True)
class Difference:
    """A component that isn't the same in both; `ahead` counts versions (negative: behind), None where none counts."""

    component: Component
    here: Cell
    there: Cell
    ahead: int | None

    @property
    def cells(self) -> tuple[Cell, Cell]:
        return self.here, self.there

    @property
    def behind(self) -> int:
        return -(self.ahead or 0)


@dataclass(frozen=True)
class Comparison:
    """By application, in their order; `same` counts the components that are alike."""

    here: Environment
    there: Environment
    page: Page[Component]
    differences: Mapping[Application, Sequence[Difference]]
    same: int


def comparison(here: Environment, there: Environment, cursor: str | None = None) -> Comparison:
    """What is in only one of them differs; what is in neither counts nothing. Six queries, a page of differences."""
    both = Installation.objects.filter(until=None, environment__in=[here.pk, there.pk]).order_by()
    unlike = Component.objects.filter(_only_in(here, there) | _only_in(there, here) | _unsure(both))
    page = page_by_name(unlike, cursor, names=("application__name", "name"))
    matrix = where_is_what(component_ids=[one.pk for one in page.items], environment_ids=[here.pk, there.pk])
    ids = [one.pk for one in matrix.environments]
    pairs = [
        (line.component, line.cells[ids.index(here.pk)], line.cells[ids.index(there.pk)])
        for line in matrix.lines
    ]
    found: dict[Application, list[Difference]] = {}
    for component, one, other in pairs:
        difference = Difference(component, one, other, _ahead(one, other, matrix.order))
        found.setdefault(component.application, []).append(difference)
    same = both.values("component_id").distinct().count() - unlike.count()
    return Comparison(here, there, page, found, same)


def _only_in(one: Environment, other: Environment) -> Q:
    """A version of it is in the one and not in the other."""
    rows = Installation.objects.filter(until=None, component=OuterRef("pk"), environment=one.pk)
    same = Installation.objects.filter(
        until=None, component=OuterRef("component"), environment=other.pk, version=OuterRef("version")
    )
    return Q(Exists(rows.filter(~Exists(same))))


def _unsure(rows: QuerySet[Installation]) -> Q:
    return Q(Exists(rows.filter(component=OuterRef("pk"), uncertain_with__isnull=False)))


def _ahead(one: Cell, other: Cell, order: Order) -> int | None:
    ours, theirs = places_of(one.rows, order), places_of(other.rows, order)
    return max(ours) - max(theirs) if ours and theirs else None
