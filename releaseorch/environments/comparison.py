"""Two environments beside each other: what differs, and who is ahead by how many versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

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
    unlike = Component.objects.select_related("application").filter(_differs(here, there, "pk"))
    page = page_by_name(unlike, cursor, names=("application__name", "name"))
    matrix = where_is_what(components=page.items, environment_ids=[here.pk, there.pk])
    ids = [one.pk for one in matrix.environments]
    pairs = [
        (line.component, line.cells[ids.index(here.pk)], line.cells[ids.index(there.pk)])
        for line in matrix.lines
    ]
    found: dict[Application, list[Difference]] = {}
    for component, one, other in pairs:
        difference = Difference(component, one, other, _ahead(one, other, matrix.order))
        found.setdefault(component.application, []).append(difference)
    return Comparison(here, there, page, found, _number_of_same(here, there))


def _number_of_same(here: Environment, there: Environment) -> int:
    """Counted from what is here: what is the same in both is in each."""
    rows = Installation.objects.filter(~_differs(here, there, "component"), until=None, environment=here)
    return rows.order_by().values("component_id").distinct().count()


def _differs(here: Environment, there: Environment, component: str) -> Q:
    """The component, in the column `component` of the rows asked, isn't surely the same in both."""
    return (
        _only_in(here, there, component) | _only_in(there, here, component) | _unsure(here, there, component)
    )


def _only_in(one: Environment, other: Environment, component: str) -> Q:
    """A version of it is in the one and not in the other."""
    rows = Installation.objects.filter(until=None, component=OuterRef(component), environment=one.pk)
    same = Installation.objects.filter(
        until=None, component=OuterRef("component"), environment=other.pk, version=OuterRef("version")
    )
    return Q(Exists(rows.filter(~Exists(same))))


def _unsure(here: Environment, there: Environment, component: str) -> Q:
    rows = Installation.objects.filter(until=None, environment__in=[here.pk, there.pk])
    return Q(Exists(rows.filter(component=OuterRef(component), uncertain_with__isnull=False)))


def _ahead(one: Cell, other: Cell, order: Order) -> int | None:
    ours, theirs = places_of(one.rows, order), places_of(other.rows, order)
    return max(ours) - max(theirs) if ours and theirs else None
