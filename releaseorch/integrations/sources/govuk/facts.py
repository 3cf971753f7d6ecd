"""What can be said about GOV.UK's releases, asked of our own database alone; by the ids of the published facts.

What changed when comes from the inventory's history; who asked, switches and repositories come from the records.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from releaseorch.catalog.models import Application, ComponentDependency
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.sources.govuk.past import Change, changes, installed

SOURCE = "govuk"
PRODUCTION = "production"
NAMED = ("publishing-api", "frontend", "signon", "whitehall", "govuk-chat")
_NUMBERED = re.compile(r"v\d+")


def rows() -> dict[str, Any]:
    """Changes per environment and kind; those that change no version are records."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for change in changes():
        counted[change.environment][change.kind] += 1
    for record in _records("switch", "noop"):
        counted[record["environment"]][record["kind"]] += 1
    return {environment: dict(sorted(kinds.items())) for environment, kinds in counted.items()}


def applications_present() -> dict[str, int]:
    return dict(Counter(environment for environment, _application in installed()))


def versions_now() -> dict[str, list[str]]:
    """In integration, staging and production, of the applications that the question names."""
    now = installed()
    return {name: [now[place, name] for place in ("integration", "staging", PRODUCTION)] for name in NAMED}


def drift() -> dict[str, list[str]]:
    """Applications whose versions in staging and production differ, with both."""
    now = installed()
    return {
        application: [version, now[PRODUCTION, application]]
        for (environment, application), version in now.items()
        if environment == "staging" and now.get((PRODUCTION, application), version) != version
    }


def missing_in_production() -> list[str]:
    there = defaultdict(set)
    for environment, application in installed():
        there[environment].add(application)
    return sorted(there["integration"] - there[PRODUCTION])


def march() -> dict[str, int]:
    found = [change for change in _deployments() if _month(change) == "2024-03"]
    return {"all": len(found), "whitehall": sum(change.application == "whitehall" for change in found)}


def per_month() -> dict[str, int]:
    """Deployments of whitehall to production."""
    found = (_month(change) for change in _deployments() if change.application == "whitehall")
    return dict(sorted(Counter(found).items()))


def days() -> dict[str, Any]:
    """The busiest day in production (of two, the later one), and some days around Christmas."""
    counted = Counter(change.at.date().isoformat() for change in _deployments())
    busiest = max(counted, key=lambda day: (counted[day], day))
    named = ("2024-12-24", "2024-12-25", "2024-12-27")
    return {"busiest": [busiest, counted[busiest]]} | {day: counted[day] for day in named}


def weekend() -> int:
    return sum(change.at.isoweekday() > 5 for change in _deployments())


def rollbacks() -> dict[str, Any]:
    """To production, and the application with the most (of two, the later name)."""
    counted = Counter(change.application for change in _deployments() if change.kind == "rollback")
    top = max(counted, key=lambda name: (counted[name], name))
    return {"total": counted.total(), "top": [top, counted[top]]}


def lead_time() -> dict[str, Any]:
    """Minutes from first arrival in integration to first arrival in production, per version."""
    first, there = _arrivals("integration"), _arrivals(PRODUCTION)
    minutes = {
        version: (there[version] - at) / timedelta(minutes=1)
        for version, at in first.items()
        if version in there and there[version] >= at
    }
    of_whitehall = [took for (application, _text), took in minutes.items() if application == "whitehall"]
    return {
        "n": len(minutes),
        "median": round(median(minutes.values()), 2),
        "app_n": len(of_whitehall),
        "app_median": round(median(of_whitehall), 2),
    }


def not_promoted() -> dict[str, int]:
    """Versions that arrived in integration and never in production."""
    first, there = _arrivals("integration"), _arrivals(PRODUCTION)
    return {"n": len(first.keys() - there.keys()), "of": len(first)}


def freezes() -> list[list[Any]]:
    """Changes that stopped automatic deployments, per commit and environment, with who asked."""
    stopped: Counter[tuple[str, ...]] = Counter(
        tuple(record[name] for name in ("merged_at", "environment", "requester", "pull_request"))
        for record in _records("switch")
        if (record["old_automatic_deploys"], record["new_automatic_deploys"]) == ("true", "false")
    )
    return [
        [f"{datetime.fromisoformat(at):%Y-%m-%dT%H:%M:%SZ}", environment, number, who, pull_request]
        for (at, environment, who, pull_request), number in sorted(stopped.items())
    ]


def by_people() -> dict[str, int]:
    """Changes that came by a pull request, and those that somebody else than the author merged."""
    commits = [record["changes"] for record in _records("pull request")]
    return {
        "pull_request_rows": sum(map(len, commits)),
        "commits": len(commits),
        "commits_other_approver": sum(one[0]["requester"] != one[0]["approver"] for one in commits),
    }


def dependents() -> dict[str, list[str]]:
    return {name.replace("-", "_"): _dependents_of(name) for name in ("publishing-api", "asset-manager")}


def owners() -> dict[str, Any]:
    """Repositories, where they are hosted, their teams; the team that owns an application is its own."""
    repositories = _records("repository")
    named = Application.objects.filter(name__in=("publishing-api", "whitehall"))
    return {
        "repos": len(repositories),
        "eks": sum(one.get("production_hosted_on") == "eks" for one in repositories),
        "teams": SourceRecord.objects.filter(source=SOURCE, kind="team", key__startswith="#").count(),
        **dict(named.values_list("name", "team__name")),
    }


FACTS: Mapping[str, Callable[[], Any]] = {
    "gov-rows": rows,
    "gov-apps": applications_present,
    "gov-version": versions_now,
    "gov-drift": drift,
    "gov-missing-prod": missing_in_production,
    "gov-month": march,
    "gov-per-month": per_month,
    "gov-days": days,
    "gov-weekend": weekend,
    "gov-rollbacks": rollbacks,
    "gov-lead": lead_time,
    "gov-not-promoted": not_promoted,
    "gov-freezes": freezes,
    "gov-human": by_people,
    "gov-dependents": dependents,
    "gov-owners": owners,
}


def _deployments(environment: str = PRODUCTION) -> Iterable[Change]:
    return (change for change in changes(environment) if change.kind in ("deploy", "rollback"))


def _month(change: Change) -> str:
    return change.at.strftime("%Y-%m")


def _arrivals(environment: str) -> dict[tuple[str, str], datetime]:
    """(application, numbered version) → when it came first."""
    first: dict[tuple[str, str], datetime] = {}
    for change in _deployments(environment):
        if change.new and _NUMBERED.fullmatch(change.new):
            first.setdefault((change.application, change.new), change.at)
    return first


def _dependents_of(application: str) -> list[str]:
    found = ComponentDependency.objects.filter(needs__application__name=application)
    return sorted(set(found.values_list("component__application__name", flat=True)))


def _records(*kinds: str) -> list[dict[str, Any]]:
    found = SourceRecord.objects.filter(source=SOURCE, kind__in=kinds)
    return list(found.order_by("key").values_list("payload", flat=True))
