"""Two environments beside each other: what differs, and who is ahead by how many versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releaseorch.catalog.models import Application, Component
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import Cell, Order, order_of_versions, places_of, where_is_what


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
    differences: Mapping[Application, Sequence[Difference]]
    same: int

    @property
    def total(self) -> int:
        return sum(len(found) for found in self.differences.values())


def comparison(here: Environment, there: Environment) -> Comparison:
    """What is in only one of them differs; what is in neither counts nothing. Four queries."""
    matrix = where_is_what(environment_ids=[here.pk, there.pk])
    ids = [one.pk for one in matrix.environments]
    pairs = [
        (line.component, line.cells[ids.index(here.pk)], line.cells[ids.index(there.pk)])
        for line in matrix.lines
    ]
    unlike = [pair for pair in pairs if _is_unlike(pair[1], pair[2])]
    order = order_of_versions(
        {
            (component.pk, cell.environment.pk): list(cell.rows)
            for component, *cells in unlike
            for cell in cells
        }
    )
    found: dict[Application, list[Difference]] = {}
    for component, one, other in unlike:
        difference = Difference(component, one, other, _ahead(one, other, order))
        found.setdefault(component.application, []).append(difference)
    return Comparison(here, there, found, len(pairs) - len(unlike))


def _is_unlike(one: Cell, other: Cell) -> bool:
    return one.is_uncertain or other.is_uncertain or set(one.texts) != set(other.texts)


def _ahead(one: Cell, other: Cell, order: Order) -> int | None:
    ours, theirs = places_of(one.rows, order), places_of(other.rows, order)
    return max(ours) - max(theirs) if ours and theirs else None
