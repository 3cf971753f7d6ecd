"""The kinds of things in an import document: the key, the facts and the columns of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application, Component, ComponentDependency, ComponentVersion
from releaseorch.core import clock
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope
from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.kind import Facts, Ground, Kind, Line, key_of
from releaseorch.integrations.sources.owners import People, Teams, team_name

LONGEST_TITLE = 300


class Environments(Kind):
    name, model, is_folded = "environment", Environment, True

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        return ((found.name, {"name": found.name, "rank": found.rank}) for found in document.environments)

    def known(self, ground: Ground) -> dict[str, int]:
        return dict(Environment.objects.values_list("name", "pk"))

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"rank": facts["rank"]}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        slug = ground.free_slug(Environment, facts["name"])
        return {"name": facts["name"], "slug": slug}


class Applications(Kind):
    name, model, is_folded = "application", Application, True

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        unknown = team_name(document.source)
        for name in document.applications:
            yield name, {"name": name, "team": document.owners.get(name, unknown)}

    def known(self, ground: Ground) -> dict[str, int]:
        return dict(Application.objects.values_list("name", "pk"))

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"team_id": ground.ids["team"][facts["team"]]}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"name": facts["name"], "slug": ground.free_slug(Application, facts["name"])}


class Components(Kind):
    name, model, is_folded = "component", Component, True

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        return ((key_of(*key), key._asdict()) for key in document.components)

    def known(self, ground: Ground) -> dict[str, int]:
        applications = ground.keys("application")
        rows = Component.objects.filter(application__in=applications)
        found = rows.values_list("application", "name", "pk")
        return {key_of(applications[application], name): pk for application, name, pk in found}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {
            "application_id": ground.ids["application"][facts["application"]],
            "name": facts["component"],
        }


class Versions(Kind):
    name, model = "version", ComponentVersion

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        for found in document.versions:
            facts: Facts = {
                "component": key_of(*found.component),
                "text": found.text,
                "seen_at": _iso(found.seen_at),
                "built_at": _iso(found.built_at),
            }
            if found.is_unknown:
                facts["is_unknown"] = True
            yield key_of(*found.component, found.text), facts

    def known(self, ground: Ground) -> dict[str, int]:
        components = ground.keys("component")
        rows = ComponentVersion.objects.filter(component__in=components)
        found = rows.values_list("component", "text", "pk")
        return {key_of(components[component], text): pk for component, text, pk in found}

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        columns = {"built_at": facts["built_at"], "registered_at": facts["seen_at"]}
        return {name: datetime.fromisoformat(told) for name, told in columns.items() if told}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        told = facts["seen_at"] or facts["built_at"]
        return {
            "component_id": ground.ids["component"][facts["component"]],
            "text": facts["text"],
            "registered_at": datetime.fromisoformat(told) if told else clock.now(),
        } | (_block() if facts.get("is_unknown") else {})


class Features(Kind):
    name, model, is_folded = "feature", Feature, True

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        for found in document.features:
            title, created_at = found.title[:LONGEST_TITLE], _iso(found.created_at)
            yield (
                found.key,
                {"key": found.key, "title": title, "created_at": created_at, "source": document.source},
            )

    def known(self, ground: Ground) -> dict[str, int]:
        return dict(Feature.objects.values_list("key", "pk"))

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"title": facts["title"], "created_at": datetime.fromisoformat(facts["created_at"])}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"key": facts["key"], "source": facts["source"]}


class FeatureScopes(Kind):
    """The applications that a feature touches; where it stands there the source doesn't say, so it is open."""

    name, model, is_recorded = "feature scope", FeatureScope, False

    def lines(self, document: ImportDocument) -> Iterator[Line]:
        for found in document.features:
            for application in found.applications:
                yield key_of(found.key, application), {"feature": found.key, "application": application}

    def known(self, ground: Ground) -> dict[str, int]:
        features, applications = ground.keys("feature"), ground.keys("application")
        rows = FeatureScope.objects.values_list("feature", "application", "pk")
        return _pairs(features, applications, rows)

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {
            "feature_id": ground.ids["feature"][facts["feature"]],
            "application_id": ground.ids["application"][facts["application"]],
        }


class VersionFeatures(Kind):
    """A version holds the features of the request that brought it; going back to an old version brings none."""

    name, model, is_recorded = "feature in a version", FeatureInVersion, False

    def lines(self, document: ImportDocument) -> Iterator[Line]:
        for request in document.requests:
            for change in request.changes:
                if change.kind in ("deploy", "add") and change.version is not None:
                    version = key_of(*change.place[:2], change.version)
                    for feature in request.features:
                        yield key_of(version, feature), {"version": version, "feature": feature}

    def known(self, ground: Ground) -> dict[str, int]:
        versions, features = ground.keys("version"), ground.keys("feature")
        return _pairs(versions, features, FeatureInVersion.objects.values_list("version", "feature", "pk"))

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {
            "version_id": ground.ids["version"][facts["version"]],
            "feature_id": ground.ids["feature"][facts["feature"]],
        }


class Dependencies(Kind):
    name, model = "component dependency", ComponentDependency

    def lines(self, document: ImportDocument) -> Iterator[Line]:
        for found in document.dependencies:
            component, needs = key_of(*found.component), key_of(*found.needs)
            yield (
                key_of(component, needs),
                {"component": component, "needs": needs, "reason": found.reason},
            )

    def known(self, ground: Ground) -> dict[str, int]:
        return {key_of(*edge): pk for edge, pk in _edges(ground)}

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {"reason": facts["reason"]}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        return {f"{end}_id": ground.ids["component"][facts[end]] for end in ("component", "needs")}

    def objections(self, lines: Mapping[str, Facts], ground: Ground) -> dict[str, str]:
        """Refuse each dependency that would close a cycle, as the catalog does."""
        needs: dict[str, set[str]] = {}
        for (component, needed), _pk in _edges(ground):
            needs.setdefault(component, set()).add(needed)
        refused: dict[str, str] = {}
        for key, facts in lines.items():
            component, needed = facts["component"], facts["needs"]
            if _leads(needs, needed, component):
                said = _("%(component)s can't need %(needed)s: that would be a cycle.")
                refused[key] = said % {"component": component, "needed": needed}
            else:
                needs.setdefault(component, set()).add(needed)
        return refused


# In the order in which one stands on the other.
KINDS: tuple[Kind, ...] = (
    Teams(),
    Environments(),
    People(),
    Applications(),
    Components(),
    Dependencies(),
    Versions(),
    Features(),
    FeatureScopes(),
    VersionFeatures(),
)


def _block() -> dict[str, Any]:
    said = _("The source names no version here, so nobody knows what this is.")
    return {"blocked_reason": said, "blocked_at": clock.now()}


def _pairs(
    left: Mapping[int, str], right: Mapping[int, str], rows: Iterable[tuple[int, int, int]]
) -> dict[str, int]:
    """Key → id of the rows (one end, other end, id) whose both ends the source knows."""
    return {key_of(left[one], right[two]): pk for one, two, pk in rows if one in left and two in right}


def _edges(ground: Ground) -> list[tuple[tuple[str, str], int]]:
    """Dependencies by the keys of their components; those of other applications by their ids alone."""
    keys = ground.keys("component")
    rows = ComponentDependency.objects.values_list("component", "needs", "pk")
    return [((keys.get(one, f"#{one}"), keys.get(two, f"#{two}")), pk) for one, two, pk in rows]


def _leads(needs: Mapping[str, set[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        further = needs.get(here, set()) - seen
        seen |= further
        waiting += further
    return False


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
