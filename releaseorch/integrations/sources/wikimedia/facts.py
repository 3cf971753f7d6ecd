"""What can be said about Wikimedia's releases, asked of our own database alone; by the ids of the published facts.

Where the product has a notion (inventory, features, dependencies) the answer comes from there, else from the records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet

from releaseorch.catalog.models import ComponentDependency
from releaseorch.environments.models import Environment, Installation
from releaseorch.features.models import Feature
from releaseorch.integrations.models import SourceRecord

SOURCE = "wikimedia"
GATE = "jenkins-bot"
NAMED_SERVICES = ("citoid", "cxserver", "mobileapps", "zotero", "thumbor")


def rows() -> dict[str, Any]:
    """Changes per environment and kind; commits; services."""
    by_env: dict[str, dict[str, int]] = defaultdict(dict)
    counted = _changes().values_list("payload__environment", "payload__kind").annotate(n=Count("pk"))
    for environment, kind, number in counted.order_by("payload__environment", "payload__kind"):
        by_env[environment][kind] = number
    services = _changes().order_by().values_list("payload__application", flat=True).distinct()
    return {"by_env": dict(by_env), "commits": _commits().count(), "services": len(set(services))}


def drift() -> dict[str, list[str]]:
    """Components whose version in staging isn't the one in eqiad, with both."""
    staging, eqiad = _installed("staging"), _installed("eqiad")
    return {
        f"{application}/{component}": [version, eqiad[application, component]]
        for (application, component), version in sorted(staging.items())
        if eqiad.get((application, component), version) != version
    }


def versions_in_eqiad() -> dict[str, str]:
    """The versions of the services that the question names."""
    eqiad = _installed("eqiad")
    return {name: eqiad[name, name] for name in NAMED_SERVICES}


def change_requests() -> dict[str, Any]:
    """How many there are, how many span several services, and the widest with their services."""
    features = Feature.objects.filter(source=SOURCE).annotate(n=Count("scopes"))
    widths = dict(features.values_list("key", "n"))
    widest = [key for key, width in widths.items() if width == max(widths.values())]
    services: dict[str, list[str]] = {}
    scopes = Feature.objects.filter(key__in=widest).order_by("key", "scopes__application__name")
    for key, application in scopes.values_list("key", "scopes__application__name"):
        services.setdefault(key, []).append(application)
    several = sum(width > 1 for width in widths.values())
    return {"n": len(widths), "multi_service": several, "widest": services}


def commits_without_change_request() -> int:
    return sum(not tasks for tasks in _commits().values_list("payload__change_requests", flat=True))


def commits_per_month() -> dict[str, int]:
    """Commits that changed wikifunctions in eqiad in 2024, by month."""
    found = _changes().filter(
        payload__application="wikifunctions",
        payload__environment="eqiad",
        payload__merged_at__startswith="2024-",
    )
    commits = set(found.values_list("payload__commit", "payload__merged_at"))
    return dict(sorted(Counter(merged_at[:7] for _commit, merged_at in commits).items()))


def lead_time() -> dict[str, Any]:
    """Hours from authoring to merge of the commits that the gate merged."""
    moments = (
        _commits()
        .filter(payload__integrated_by=GATE)
        .values_list("payload__requested_at", "payload__merged_at")
    )
    hours = [
        (datetime.fromisoformat(merged) - datetime.fromisoformat(asked)) / timedelta(hours=1)
        for asked, merged in moments
    ]
    return {"n": len(hours), "median_hours": round(median(hours), 2)}


def staging_first() -> dict[str, int]:
    """Versions that reached staging in an earlier commit than eqiad, and in the same one."""
    first: dict[tuple[str, ...], dict[str, datetime]] = defaultdict(dict)
    names = ("application", "component", "new_version", "environment", "merged_at")
    deployed = _changes().filter(payload__kind="deploy")
    for *version, environment, merged_at in deployed.values_list(*(f"payload__{name}" for name in names)):
        at, seen = datetime.fromisoformat(merged_at), first[tuple(version)]
        seen[environment] = min(at, seen.get(environment, at))
    both = [seen for seen in first.values() if {"staging", "eqiad"} <= seen.keys()]
    return {
        "staging_earlier": sum(seen["staging"] < seen["eqiad"] for seen in both),
        "same_time": sum(seen["staging"] == seen["eqiad"] for seen in both),
    }


def reverts() -> int:
    """Commits that were reverts."""
    commits = _changes().filter(payload__kind="rollback").values_list("payload__commit", flat=True)
    return len(set(commits))


def dependencies() -> list[str]:
    """Dependencies between two services."""
    known = SourceRecord.objects.filter(source=SOURCE, kind="component dependency")
    found = ComponentDependency.objects.filter(pk__in=known.values("object_id"))
    names = found.values_list("component__application__name", "needs__application__name")
    return sorted(f"{service} -> {needs}" for service, needs in names)


FACTS: Mapping[str, Callable[[], Any]] = {
    "wm-rows": rows,
    "wm-drift": drift,
    "wm-version": versions_in_eqiad,
    "wm-change-requests": change_requests,
    "wm-no-request": commits_without_change_request,
    "wm-per-month": commits_per_month,
    "wm-lead": lead_time,
    "wm-staging-first": staging_first,
    "wm-rollbacks": reverts,
    "wm-dependencies": dependencies,
}


def _changes() -> QuerySet[SourceRecord]:
    return SourceRecord.objects.filter(source=SOURCE, kind="change")


def _commits() -> QuerySet[SourceRecord]:
    return SourceRecord.objects.filter(source=SOURCE, kind="commit")


def _installed(environment: str) -> dict[tuple[str, str], str]:
    """(application, component) → the version that the inventory has in the imported environment of this name."""
    known = SourceRecord.objects.filter(source=SOURCE, kind="environment", key=environment)
    place = Environment.objects.filter(pk__in=known.values("object_id"))
    found = Installation.objects.filter(environment__in=place, until=None, version__isnull=False)
    names = ("component__application__name", "component__name", "version__text")
    return {(application, component): text for application, component, text in found.values_list(*names)}
