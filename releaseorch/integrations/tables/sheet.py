"""The contract of a sheet: its columns, how its rows are told, and what a row that is read would change."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Invalid
from releaseorch.integrations.tables.cells import TEXT, Cell, shown
from releaseorch.integrations.tables.found import Problem
from releaseorch.integrations.tables.world import Names, World, Wrong, folded

Values = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """`field` is the name of the value, mostly that of the model's field."""

    title: str
    field: str
    cell: Cell = TEXT
    needed: bool = False


@dataclass(frozen=True)
class Link:
    """A cell that lists others: each is a row of `model` between its `owner` and the `other`."""

    field: str
    model: type[Model]
    owner: str
    other: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row whose cells could be read; only the columns that are there, an empty cell as its empty value."""

    number: int
    values: Values


@dataclass(slots=True)
class Change:
    """A row of the database that would get other values."""

    row: Any
    values: Values


@dataclass(slots=True)
class Plan:
    """What a sheet would do; `joins` are rows that come with new or known ones, `grown` tells of the known."""

    sheet: Sheet
    new: list[Any] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: int = 0
    joins: list[Any] = field(default_factory=list)
    grown: list[tuple[Any, str, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    noted: list[Problem] = field(default_factory=list)
    lines: dict[Names, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.joins)

    @property
    def updated(self) -> int:
        owners = {id(change.row) for change in self.changed} | {id(row) for row, *_rest in self.grown}
        return len(owners)


class Sheet:
    """One kind of thing. Rows are added and changed; what a table no longer names stays."""

    title: ClassVar[str]
    model: ClassVar[type[Model]]
    columns: ClassVar[Sequence[Column]]
    links: ClassVar[Sequence[Link]] = ()
    # Told when the row is made, not compared later.
    once: ClassVar[frozenset[str]] = frozenset()
    # Changed by verbs of their own only: another value is refused, an empty cell says nothing.
    fixed: ClassVar[frozenset[str]] = frozenset()

    def told(self) -> Iterable[Values]:
        """Every row as its columns say it, in an order of its own."""
        raise NotImplementedError

    def present(self) -> Iterable[tuple[Names, Any]]:
        """The rows that are there, with the names by which a table knows them."""
        raise NotImplementedError

    def names(self, values: Values) -> Names:
        raise NotImplementedError

    def key(self, names: Names) -> Names:
        """What two rows of the same thing have in common: what is left of their names for the eye."""
        return folded(names)

    def resolved(self, values: Values, world: World) -> Values:
        """Names become rows; raises `Wrong`."""
        return values

    def made(self, values: Values, world: World) -> Any:
        return self.model(**values)

    def check_new(self, row: Any, world: World) -> None:
        """Raises `Wrong`."""

    def check_change(self, row: Any, values: Values, world: World) -> None:
        """Raises `Wrong`."""

    def standing(self, row: Any, name: str) -> Any:
        """The present value of a column."""
        return getattr(row, name)

    def owner_of(self, join: Any) -> Any:
        """The row that a row between it and another one comes with."""
        return next(getattr(join, link.owner) for link in self.links if isinstance(join, link.model))

    def before_write(self, plan: Plan) -> None:
        """What can be known only now that the rows it points to are there."""

    def plan(self, lines: Iterable[Line], world: World) -> Plan:
        plan = Plan(self)
        for line in lines:
            try:
                self._plan_line(line, world, plan)
            except Wrong as wrong:
                plan.problems += self.problems(line.number, wrong.sentences)
                world.refuse(self, self.names(line.values))
        return plan

    def problems(self, number: int, sentences: Mapping[str, str]) -> Iterable[Problem]:
        return (Problem(self.title, number, self.title_of(name), said) for name, said in sentences.items())

    def title_of(self, name: str) -> str:
        """The column of a value; its own name where it has none."""
        return next((column.title for column in self.columns if column.field == name), name)

    def _plan_line(self, line: Line, world: World, plan: Plan) -> None:
        names, things = self.names(line.values), world.things(self)
        key = self.once_only(names, line.number, plan)
        values = self.resolved(dict(line.values), world)
        linked = {link: values.pop(link.field) for link in self.links if link.field in values}
        row = things.get(key)
        if row is None:
            row = self._make(values, world)
            things[key] = row
            plan.new.append(row)
        else:
            self._refuse_lookalike(names, row)
            before = len(plan.changed)
            self._compare(row, values, world, plan)
            plan.unchanged += len(plan.changed) == before
        for link, wanted in linked.items():
            self._join(link, row, wanted, line.number, world, plan)

    def once_only(self, names: Names, number: int, plan: Plan) -> Names:
        key = self.key(names)
        first = plan.lines.setdefault(key, number)
        if first != number:
            said = {"name": " / ".join(map(shown, filter(None, names))), "row": first}
            raise Wrong({"": _("%(name)s is in row %(row)d already, if only to the eye.") % said})
        return key

    def _make(self, values: Values, world: World) -> Any:
        own = {column.field for column in self.columns}
        made = self.made(values, world)
        row = check(made, *(one.name for one in made._meta.concrete_fields if one.name not in own))
        self.check_new(row, world)
        return row

    def _refuse_lookalike(self, names: Names, row: Any) -> None:
        known = self.names_of(row)
        if known and known != names:
            said = {"name": " / ".join(names), "known": " / ".join(known)}
            raise Wrong({"": _("%(name)s looks like %(known)s, which is there already.") % said})

    def names_of(self, row: Any) -> Names:
        """As the row itself is spelled; empty where only its own names count."""
        return ()

    def _compare(self, row: Any, values: Values, world: World, plan: Plan) -> None:
        cells = {column.field: column.cell for column in self.columns}
        differing = {
            name: value
            for name, value in values.items()
            if name not in self.once and self._differs(row, name, value, cells.get(name, TEXT))
        }
        refused = {
            name for name in differing if name in self.fixed and differing[name] not in ("", None, False, 0)
        }
        if refused:
            raise Wrong({name: self.why_fixed(row, name) for name in refused})
        changed = {name: value for name, value in differing.items() if name not in self.fixed}
        if not changed:
            return
        again = copy.copy(row)
        for name, value in changed.items():
            setattr(again, name, value)
        check(again, *(one.name for one in row._meta.concrete_fields if one.name not in changed))
        self.check_change(row, changed, world)
        plan.changed.append(Change(row, changed))

    def _differs(self, row: Any, name: str, value: Any, cell: Cell) -> bool:
        if isinstance(value, Model):
            return bool(value.pk is None or getattr(row, f"{name}_id") != value.pk)
        now = self.standing(row, name)
        return bool(cell.write(now) != cell.write(value))

    def why_fixed(self, row: Any, name: str) -> str:
        """Said at a column that is `fixed`."""
        column = next(one for one in self.columns if one.field == name)
        said = {"row": row, "value": column.cell.write(self.standing(row, name)) or _("nothing")}
        return (
            _("%(row)s has %(value)s here, which a table can't change. Use its page, or empty the cell.")
            % said
        )

    def _join(
        self,
        link: Link,
        owner: Any,
        wanted: Sequence[tuple[Any, Values]],
        number: int,
        world: World,
        plan: Plan,
    ) -> None:
        have = dict(world.linked(link).get(owner.pk, {})) if owner.pk else {}
        added = []
        for other, extra in wanted:
            present = have.pop(other.pk, None) if other.pk else None
            if present is None:
                plan.joins.append(link.model(**{link.owner: owner, link.other: other}, **extra))
                added.append(str(other))
            elif any(getattr(present, name) != value for name, value in extra.items()):
                plan.changed.append(Change(present, extra))
        if added and owner.pk:
            self.check_change(owner, {link.field: added}, world)
            plan.grown.append((owner, link.field, added))
        if have:
            said = _("%(row)s has %(n)d more here, which stay: a table takes nothing away.")
            plan.noted += self.problems(number, {link.field: said % {"row": owner, "n": len(have)}})


def check(row: Any, *exclude: str) -> Any:
    """The row with its texts normalised; raises `Wrong` by field."""
    fks = {one.name for one in row._meta.concrete_fields if isinstance(one, ForeignKey)}
    try:
        return cleaned(row, *exclude, *fks)
    except Invalid as refused:
        raise Wrong({name: " ".join(said) for name, said in refused.fields.items()}) from refused
