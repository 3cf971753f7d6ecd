"""Features, releases, and the versions that hold features."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.catalog.models import ComponentVersion
from releaseorch.features.models import (
    Feature,
    FeatureInVersion,
    FeatureScope,
    Release,
    ReleaseFeature,
    ReleaseMilestone,
)
from releaseorch.features.states import FeatureStatus, MilestoneKind, ReleaseState
from releaseorch.integrations.tables.catalog_sheets import APPLICATIONS, COMPONENTS
from releaseorch.integrations.tables.cells import MOMENT, NAMES, PAIRS, BadCell, Choice
from releaseorch.integrations.tables.people_sheets import PEOPLE
from releaseorch.integrations.tables.sheet import Column, Link, Plan, Sheet, Values
from releaseorch.integrations.tables.world import Names, World, Wrong, folded

STATUS = Choice(FeatureStatus, FeatureStatus.OPEN)
CUT_OFFS = tuple(str(kind) for kind in MilestoneKind)
# The verbs that lead a new release to where the table says it stands.
WAYS: dict[str, tuple[str, ...]] = {
    ReleaseState.PLANNING: (),
    ReleaseState.LOCKED: ("lock",),
    ReleaseState.IN_PROGRESS: ("lock", "begin"),
    ReleaseState.COMPLETED: ("lock", "begin", "complete"),
    ReleaseState.COMPLETED_WITH_EXCEPTIONS: ("lock", "begin", "complete_with_exceptions"),
    ReleaseState.ABANDONED: ("abandon",),
}


class Features(Sheet):
    """With the applications that each touches, and where it stands there."""

    title, model = "Features", Feature
    columns = (
        Column("Feature", "key", needed=True),
        Column("Title", "title", needed=True),
        Column("Link", "url"),
        Column("Source", "source"),
        Column("Owner", "owner"),
        Column("Tester", "tester"),
        Column("Idea", "created_at", MOMENT),
        Column("Applications", "applications", PAIRS),
    )
    links = (Link("applications", FeatureScope, "feature", "application"),)
    once = frozenset({"created_at"})

    def told(self) -> Iterable[Values]:
        rows = Feature.objects.select_related("owner", "tester").prefetch_related("scopes__application")
        for row in rows.order_by("key"):
            values = {column.field: getattr(row, column.field) for column in self.columns[:-1]}
            scopes = sorted((scope.application.name, scope.status) for scope in row.scopes.all())
            people = {name: getattr(values[name], "username", "") for name in ("owner", "tester")}
            yield {**values, **people, "applications": dict(scopes)}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.key,), row) for row in Feature.objects.all())

    def names(self, values: Values) -> Names:
        return (values["key"],)

    def names_of(self, row: Any) -> Names:
        return (row.key,)

    def resolved(self, values: Values, world: World) -> Values:
        for name in ("owner", "tester"):
            if name in values:
                values[name] = world.optional(PEOPLE, name, values[name])
                if values[name] is not None and values[name].is_robot:
                    raise Wrong({name: _("A robot can't be asked; name a person.")})
        if "applications" in values:
            values["applications"] = [
                (world.find(APPLICATIONS, "applications", name), {"status": _status(text)})
                for name, text in values["applications"].items()
            ]
        return values

    def made(self, values: Values, world: World) -> Any:
        values["created_at"] = values.get("created_at") or world.moment
        return Feature(**values)

    def _differs(self, row: Any, name: str, value: Any, cell: Any) -> bool:
        if name in {"owner", "tester"} and value is None:
            return getattr(row, f"{name}_id") is not None
        return super()._differs(row, name, value, cell)


class Versions(Sheet):
    """Built artifacts; none ever changes, but it may be said to hold more features."""

    title, model = "Versions", ComponentVersion
    columns = (
        Column("Application", "application", needed=True),
        Column("Component", "component", needed=True),
        Column("Version", "text", needed=True),
        Column("Artifact", "artifact_uri"),
        Column("Digest", "digest"),
        Column("Commit", "commit"),
        Column("Build", "build_url"),
        Column("Built", "built_at", MOMENT),
        Column("Registered", "registered_at", MOMENT),
        Column("Blocked because", "blocked_reason"),
        Column("Features", "features", NAMES),
    )
    links = (Link("features", FeatureInVersion, "version", "feature"),)
    once = frozenset({"registered_at"})
    fixed = frozenset({"artifact_uri", "digest", "commit", "build_url", "built_at", "blocked_reason"})

    def told(self) -> Iterable[Values]:
        held: dict[int, list[str]] = {}
        lines = FeatureInVersion.objects.order_by("feature__key")
        for version, key in lines.values_list("version_id", "feature__key").iterator():
            held.setdefault(version, []).append(key)
        own = [column.field for column in self.columns[2:-1]]
        rows = ComponentVersion.objects.order_by(
            "component__application__name", "component__name", "registered_at", "id"
        )
        names = ("component__application__name", "component__name")
        for row in rows.values("pk", *names, *own).iterator():
            place = {"application": row[names[0]], "component": row[names[1]]}
            yield {**row, **place, "features": held.get(row["pk"], ())}

    def present(self) -> Iterable[tuple[Names, Any]]:
        for row in ComponentVersion.objects.select_related("component__application").iterator():
            yield (row.component.application.name, row.component.name, row.text), row

    def names(self, values: Values) -> Names:
        return values["application"], values["component"], values["text"]

    def key(self, names: Names) -> Names:
        """Of versions every letter counts."""
        return *folded(names[:2]), names[2]

    def resolved(self, values: Values, world: World) -> Values:
        names = values.pop("application"), values["component"]
        values["component"] = world.find(COMPONENTS, "component", *names)
        if "features" in values:
            values["features"] = [(world.find(FEATURES, "features", key), {}) for key in values["features"]]
        return values

    def made(self, values: Values, world: World) -> Any:
        values["registered_at"] = values.get("registered_at") or world.moment
        values["blocked_at"] = world.moment if values.get("blocked_reason") else None
        return ComponentVersion(**values)

    def check_new(self, row: Any, world: World) -> None:
        component = row.component
        if component.pk and (world.is_closed(component) or world.is_closed(component.application)):
            raise Wrong({"component": _("%(component)s is retired.") % {"component": component}})


class Releases(Sheet):
    title, model = "Releases", Release
    columns = (
        Column("Release", "name", needed=True),
        Column("Application", "application"),
        Column("State", "state", Choice(ReleaseState, ReleaseState.PLANNING)),
        Column("Date", "target_date", MOMENT),
        Column("Filing closes", "filing", MOMENT),
        Column("Approval closes", "approval", MOMENT),
        Column("Plan cut-off", "plan", MOMENT),
        Column("Features", "features", NAMES),
    )
    links = (Link("features", ReleaseFeature, "release", "feature"),)
    fixed = frozenset({"state", "application", *CUT_OFFS})

    def told(self) -> Iterable[Values]:
        for row in self._rows().order_by("name"):
            yield {
                "name": row.name,
                "application": row.application.name if row.application else "",
                "state": row.state,
                "target_date": row.target_date,
                **{kind: self.standing(row, kind) for kind in CUT_OFFS},
                "features": sorted(feature.key for feature in row.features.all()),
            }

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.name,), row) for row in self._rows())

    def names(self, values: Values) -> Names:
        return (values["name"],)

    def names_of(self, row: Any) -> Names:
        return (row.name,)

    def standing(self, row: Any, name: str) -> Any:
        if name not in CUT_OFFS:
            return getattr(row, name)
        return next((entry.at for entry in row.milestones.all() if entry.kind == name), None)

    def resolved(self, values: Values, world: World) -> Values:
        if "application" in values:
            values["application"] = world.optional(APPLICATIONS, "application", values["application"])
        given = [(kind, values[kind]) for kind in CUT_OFFS if values.get(kind)]
        for (_earlier, first), (later, second) in pairwise(given):
            if second < first:
                raise Wrong({later: _("Filing closes first, then approval, then the plan.")})
        if "features" in values:
            values["features"] = [(world.find(FEATURES, "features", key), {}) for key in values["features"]]
        return values

    def made(self, values: Values, world: World) -> Any:
        cut_offs = {kind: values.pop(kind, None) for kind in CUT_OFFS}
        state = values.pop("state", None) or ReleaseState.PLANNING
        row = Release(**values)
        for verb in WAYS[state]:
            getattr(row, verb)()
        row.closes = {kind: at for kind, at in cut_offs.items() if at}  # type: ignore[attr-defined]
        return row

    def check_change(self, row: Any, values: Values, world: World) -> None:
        if row.is_over or ("features" in values and row.state != ReleaseState.PLANNING):
            said = {"release": row, "state": row.get_state_display()}
            raise Wrong({"": _("%(release)s is %(state)s and isn't changed any more.") % said})

    def before_write(self, plan: Plan) -> None:
        plan.joins += [
            ReleaseMilestone(release=row, kind=kind, at=at)
            for row in plan.new
            for kind, at in row.closes.items()
        ]

    def _differs(self, row: Any, name: str, value: Any, cell: Any) -> bool:
        if name == "application" and value is None:
            return False
        return super()._differs(row, name, value, cell)

    def _rows(self) -> Any:
        return Release.objects.select_related("application").prefetch_related("milestones", "features")


def _status(text: str) -> str:
    try:
        return str(STATUS.parsed(text)) if text else str(FeatureStatus.OPEN)
    except BadCell as bad:
        raise Wrong({"applications": str(bad)}) from bad


FEATURES, VERSIONS = Features(), Versions()
