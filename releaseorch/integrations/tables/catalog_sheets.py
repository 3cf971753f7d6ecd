"""Applications, components and what they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application, Component, ComponentDependency
from releaseorch.catalog.services.applications import tags_of
from releaseorch.catalog.services.components import parameters_of
from releaseorch.catalog.states import Level, Need
from releaseorch.core.errors import Invalid
from releaseorch.integrations.tables.cells import LOOSE, NAMES, PAIRS, YES_NO, Choice, Whole
from releaseorch.integrations.tables.people_sheets import TEAMS
from releaseorch.integrations.tables.procedure_sheet import PROCEDURES
from releaseorch.integrations.tables.sheet import Column, Line, Plan, Sheet, Values
from releaseorch.integrations.tables.world import Names, World, Wrong

RETIRED = Column("Retired because", "retired_reason")


class Applications(Sheet):
    title, model = "Applications", Application
    columns = (
        Column("Application", "name", needed=True),
        Column("Team", "team", needed=True),
        Column("Contact", "contact", LOOSE),
        Column("On call", "on_call_note", LOOSE),
        Column("Criticality", "criticality", LOOSE),
        Column("Runbook", "runbook_url"),
        Column("Restricted", "is_restricted", YES_NO),
        Column("Level", "level", Choice(Level, Level.TRAIN)),
        Column("Tags", "tags", NAMES),
        RETIRED,
    )
    fixed = frozenset({"retired_reason"})

    def told(self) -> Iterable[Values]:
        for row in Application.objects.select_related("team").order_by("name"):
            values = {column.field: getattr(row, column.field) for column in self.columns}
            yield {**values, "team": row.team.name}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.name,), row) for row in Application.objects.all())

    def names(self, values: Values) -> Names:
        return (values["name"],)

    def names_of(self, row: Any) -> Names:
        return (row.name,)

    def resolved(self, values: Values, world: World) -> Values:
        values["team"] = world.find(TEAMS, "team", values["team"])
        if "tags" in values:
            values["tags"] = _taken("tags", tags_of, values["tags"])
        return values

    def made(self, values: Values, world: World) -> Any:
        slug = world.free_slug(Application, values["name"])
        return retired(Application(**values, slug=slug), world)


class Components(Sheet):
    """Without a procedure's version its newest one counts."""

    title, model = "Components", Component
    columns = (
        Column("Application", "application", needed=True),
        Column("Component", "name", needed=True),
        Column("Kind", "kind"),
        Column("Procedure", "procedure"),
        Column("Procedure version", "procedure_version", Whole(None)),
        Column("Parameters", "parameters", PAIRS),
        RETIRED,
    )
    fixed = frozenset({"retired_reason"})

    def told(self) -> Iterable[Values]:
        for row in self._rows().select_related("procedure"):
            procedure = row.procedure
            yield {
                "application": row.application.name,
                "name": row.name,
                "kind": row.kind,
                "procedure": procedure.name if procedure else "",
                "procedure_version": procedure.version if procedure else None,
                "parameters": row.parameters,
                "retired_reason": row.retired_reason,
            }

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.application.name, row.name), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return values["application"], values["name"]

    def names_of(self, row: Any) -> Names:
        return row.application.name, row.name

    def resolved(self, values: Values, world: World) -> Values:
        values["application"] = world.find(APPLICATIONS, "application", values["application"])
        version = values.pop("procedure_version", None)
        if "procedure" in values:
            values["procedure"] = self._procedure(values["procedure"], version, world)
        if "parameters" in values:
            values["parameters"] = _taken("parameters", parameters_of, values["parameters"])
        return values

    def made(self, values: Values, world: World) -> Any:
        return retired(Component(**values), world)

    def check_new(self, row: Any, world: World) -> None:
        if row.application.pk and world.is_closed(row.application):
            raise Wrong({"application": _("%(application)s is retired.") % {"application": row.application}})

    def _differs(self, row: Any, name: str, value: Any, cell: Any) -> bool:
        if name == "procedure" and value is None:
            return row.procedure_id is not None
        return super()._differs(row, name, value, cell)

    def _procedure(self, name: str, version: int | None, world: World) -> Any:
        if not name:
            return None
        if version is not None:
            return world.find(PROCEDURES, "procedure", name, str(version))
        found = [key for key in world.things(PROCEDURES) if key[0] == PROCEDURES.folded_name(name)]
        newest = max(found, key=lambda key: int(key[1]), default=(name, "1"))
        return world.find(PROCEDURES, "procedure", name, newest[1])

    def _rows(self) -> Any:
        rows = Component.objects.select_related("application")
        return rows.order_by("application__name", "name")


class Dependencies(Sheet):
    """`Component` needs `Needs`; no way leads back."""

    title, model = "Dependencies", ComponentDependency
    columns = (
        Column("Application", "application", needed=True),
        Column("Component", "component", needed=True),
        Column("Needs application", "needs_application", needed=True),
        Column("Needs component", "needs", needed=True),
        Column("Reason", "reason", Choice(Need, Need.RUNTIME)),
    )
    fixed = frozenset({"reason"})

    def told(self) -> Iterable[Values]:
        for row in self._rows():
            names = zip(("application", "component", "needs_application", "needs"), _ends(row), strict=True)
            yield {**dict(names), "reason": row.reason}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return ((_ends(row), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return values["application"], values["component"], values["needs_application"], values["needs"]

    def resolved(self, values: Values, world: World) -> Values:
        ours, theirs = values.pop("application"), values.pop("needs_application")
        values["component"] = world.find(COMPONENTS, "component", ours, values["component"])
        values["needs"] = world.find(COMPONENTS, "needs", theirs, values["needs"])
        if values["component"] is values["needs"]:
            raise Wrong({"needs": _("A component doesn't need itself.")})
        return values

    def plan(self, lines: Iterable[Line], world: World) -> Plan:
        plan = super().plan(lines, world)
        edges: dict[int, set[int]] = {}
        known: dict[int, Component] = {}
        # Rows read at different times are different objects: what is known counts by its id in the database.
        for row in world.things(self).values():
            edges.setdefault(_node(row.component), set()).add(_node(row.needs))
            known[_node(row.component)] = row.component
        try:
            TopologicalSorter(edges).prepare()
        except CycleError as cycle:
            names = " → ".join(str(known[node]) for node in cycle.args[1] if node in known)
            plan.problems += self.problems(0, {"": _("This would be a cycle: %(names)s.") % {"names": names}})
        return plan

    def _rows(self) -> Sequence[ComponentDependency]:
        rows = ComponentDependency.objects.select_related("component__application", "needs__application")
        return list(rows.order_by(
            "component__application__name", "component__name", "needs__application__name", "needs__name"
        ))  # fmt: skip


def _node(component: Component) -> int:
    return component.pk or -id(component)


def _ends(row: ComponentDependency) -> Names:
    return row.component.application.name, row.component.name, row.needs.application.name, row.needs.name


def retired(row: Any, world: World) -> Any:
    row.retired_at = world.began if row.retired_reason else None
    return row


def _taken(name: str, service: Any, value: Any) -> Any:
    try:
        return service(value)
    except Invalid as refused:
        raise Wrong({name: str(refused)}) from refused


APPLICATIONS, COMPONENTS = Applications(), Components()
