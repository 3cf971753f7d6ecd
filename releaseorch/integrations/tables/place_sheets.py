"""Environments, their targets, what runs on which, and what is installed where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from releaseorch.core.errors import Conflict, Invalid
from releaseorch.environments.models import Environment, Installation, Placement, Target
from releaseorch.environments.services import parameters
from releaseorch.environments.states import SourceKind
from releaseorch.integrations.tables.catalog_sheets import COMPONENTS, RETIRED, retired
from releaseorch.integrations.tables.cells import MOMENT, PAIRS, YES_NO, Whole
from releaseorch.integrations.tables.feature_sheets import VERSIONS
from releaseorch.integrations.tables.sheet import Column, Plan, Sheet, Values
from releaseorch.integrations.tables.world import Names, World, Wrong
from releaseorch.runs.models import RunTarget

if TYPE_CHECKING:
    from releaseorch.integrations.tables.cells import Cell

SOURCE = "tables"


class Environments(Sheet):
    title, model = "Environments", Environment
    columns = (
        Column("Environment", "name", needed=True),
        Column("Rank", "rank", Whole(), needed=True),
        Column("Protected", "is_protected", YES_NO),
        Column("Confirm within", "confirm_within_minutes", Whole(empty=10)),
        Column("Steps at once", "steps_at_once", Whole(empty=None)),
        Column("Parameters", "parameters", PAIRS),
        RETIRED,
    )
    fixed = frozenset({"retired_reason", "steps_at_once"})  # runs under way follow another limit at once

    def told(self) -> Iterable[Values]:
        yield from Environment.objects.values(*(column.field for column in self.columns))

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.name,), row) for row in Environment.objects.all())

    def names(self, values: Values) -> Names:
        return (values["name"],)

    def names_of(self, row: Any) -> Names:
        return (row.name,)

    def resolved(self, values: Values, world: World) -> Values:
        return _with_parameters(values)

    def made(self, values: Values, world: World) -> Any:
        return retired(Environment(**values, slug=world.free_slug(Environment, values["name"])), world)


class Targets(Sheet):
    """Those in use; a retired one has given back its name."""

    title, model = "Targets", Target
    columns = (
        Column("Environment", "environment", needed=True),
        Column("Target", "name", needed=True),
        Column("Kind", "kind"),
        Column("Steps at once", "steps_at_once", Whole(empty=None)),
        Column("Parameters", "parameters", PAIRS),
    )
    fixed = frozenset({"steps_at_once"})

    def told(self) -> Iterable[Values]:
        for row in self._rows():
            values = {column.field: getattr(row, column.field) for column in self.columns}
            yield {**values, "environment": row.environment.name}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.environment.name, row.name), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return values["environment"], values["name"]

    def names_of(self, row: Any) -> Names:
        return row.environment.name, row.name

    def resolved(self, values: Values, world: World) -> Values:
        values["environment"] = world.find(ENVIRONMENTS, "environment", values["environment"])
        return _with_parameters(values)

    def _rows(self) -> Iterable[Target]:
        rows = Target.objects.filter(retired_at=None).select_related("environment")
        return rows.order_by("environment__rank", "environment__name", "name")


class Placements(Sheet):
    title, model = "Placements", Placement
    columns = (
        Column("Application", "application", needed=True),
        Column("Component", "component", needed=True),
        Column("Environment", "environment", needed=True),
        Column("Target", "target", needed=True),
        Column("Order", "order", Whole()),
        Column("Group", "group"),
    )

    def told(self) -> Iterable[Values]:
        for row in self._rows():
            names = dict(zip(("application", "component", "environment", "target"), _place(row), strict=True))
            yield {**names, "order": row.order, "group": row.group}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return ((_place(row), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return values["application"], values["component"], values["environment"], values["target"]

    def resolved(self, values: Values, world: World) -> Values:
        return _placed(values, world)

    def _rows(self) -> Iterable[Placement]:
        rows = Placement.objects.filter(target__retired_at=None)
        return rows.select_related("component__application", "environment", "target").order_by(
            "environment__rank", "environment__name", "component__application__name", "component__name",
            "order", "target__name",
        )  # fmt: skip


class Installed(Sheet):
    """What runs where now. What a run or a person said since stands above any table."""

    title, model = "Installed", Installation
    columns = (
        Column("Application", "application", needed=True),
        Column("Component", "component", needed=True),
        Column("Environment", "environment", needed=True),
        Column("Target", "target"),
        Column("Version", "version"),
        Column("Or version", "uncertain_with"),
        Column("Since", "since", MOMENT),
    )
    once = frozenset({"since"})

    def told(self) -> Iterable[Values]:
        for row in self._rows():
            names = dict(zip(("application", "component", "environment", "target"), _place(row), strict=True))
            yield {
                **names,
                "version": row.version.text if row.version else "",
                "uncertain_with": row.uncertain_with.text if row.uncertain_with else "",
                "since": row.since,
            }

    def present(self) -> Iterable[tuple[Names, Any]]:
        return ((_place(row), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return values["application"], values["component"], values["environment"], values.get("target", "")

    def resolved(self, values: Values, world: World) -> Values:
        component = values["application"], values["component"]
        for name in ("version", "uncertain_with"):
            text = values.get(name, "")
            values[name] = world.find(VERSIONS, name, *component, text) if text else None
        if values["version"] is None and values["uncertain_with"] is None:
            raise Wrong({"version": _("Say which version is there.")})
        if values.get("since") is not None and values["since"] > world.moment:
            raise Wrong({"since": _("This is in the future.")})
        return _placed(values, world)

    def made(self, values: Values, world: World) -> Any:
        since = values.pop("since", None) or world.moment
        return Installation(**values, since=since, source_kind=SourceKind.IMPORT, source_name=SOURCE)

    def check_new(self, row: Any, world: World) -> None:
        self._refuse_run(row, world)

    def check_change(self, row: Any, values: Values, world: World) -> None:
        self._refuse_run(row, world)
        if row.source_kind != SourceKind.IMPORT or values.get("uncertain_with") or not row.version:
            said = {
                "version": row.version.text if row.version else "?",
                "by": row.source_name or row.source_kind,
            }
            raise Wrong(
                {"version": _("%(version)s is there, said %(by)s. Confirm on its page what is there, "
                              "or take this row out.") % said}
            )  # fmt: skip

    def before_write(self, plan: Plan) -> None:
        """Between the look and now a run may have begun there, or somebody said what is there."""
        active = RunTarget.objects.filter(is_active=True).select_related("run")
        held = {(target.component_id, target.environment_id): target.run for target in active}
        seen = [change.row for change in plan.changed]
        for row in (*plan.new, *seen):
            run = held.get((row.component.pk, row.environment.pk))
            if run is not None:
                raise Conflict(_("%(run)s works there now; import again when it is over.") % {"run": run})
        rows = Installation.objects.select_for_update().filter(pk__in=[row.pk for row in seen], until=None)
        if len(rows.order_by("pk").values_list("pk", flat=True)) != len(seen):
            raise Conflict(_("Somebody else changed what is installed. Look at how it stands now."))

    def _differs(self, row: Any, name: str, value: Any, cell: Cell) -> bool:
        if value is None and name in {"version", "uncertain_with"}:
            return getattr(row, f"{name}_id") is not None
        return super()._differs(row, name, value, cell)

    def _refuse_run(self, row: Any, world: World) -> None:
        held = world.at_work.get((row.component.pk, row.environment.pk))
        if held is not None:
            raise Wrong({"": _("%(run)s works there now; import again when it is over.") % {"run": held}})

    def _rows(self) -> Iterable[Installation]:
        rows = Installation.objects.filter(until=None).order_by(
            "environment__rank", "environment__name", "component__application__name", "component__name",
            "target__name", "id",
        )  # fmt: skip
        return rows.select_related(
            "component__application", "environment", "target", "version", "uncertain_with"
        )


def _place(row: Any) -> Names:
    component = row.component
    return (
        component.application.name,
        component.name,
        row.environment.name,
        row.target.name if row.target else "",
    )


def _placed(values: Values, world: World) -> Values:
    application, target = values.pop("application"), values.get("target", "")
    values["component"] = world.find(COMPONENTS, "component", application, values["component"])
    environment = world.find(ENVIRONMENTS, "environment", values["environment"])
    values["target"] = world.find(TARGETS, "target", environment.name, target) if target else None
    values["environment"] = environment
    return values


def _with_parameters(values: Values) -> Values:
    if "parameters" in values:
        try:
            values["parameters"] = parameters.checked(values["parameters"])
        except Invalid as refused:
            raise Wrong({"parameters": str(refused)}) from refused
    return values


ENVIRONMENTS, TARGETS = Environments(), Targets()
