"""What a reenacted week shows, counted in our database, as plain facts for JSON."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection

from releaseorch.catalog.models import Component
from releaseorch.catalog.states import StepKind
from releaseorch.delivery.models import DeploymentRequest, RequestFeature
from releaseorch.integrations.reenact import cast
from releaseorch.integrations.reenact.baseline import seconds_of_bare_loop
from releaseorch.integrations.reenact.play import Played
from releaseorch.integrations.reenact.reenactment import DAILY, LAST, Reenactment
from releaseorch.integrations.reenact.stage import COMMAND
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState


def report_of(told: Reenactment) -> dict[str, Any]:
    """Counts of rows, the contradictions of the whole week in one run, and whether the inventory is the data set's."""
    requests, steps = DeploymentRequest.objects.all(), Step.objects.filter(run__in=told.played.runs)
    differences = _differences(told)
    return {
        "week": [told.week.begins.date().isoformat(), told.week.ends.date().isoformat()],
        "commits": len(told.requests),
        "requesters": requests.values("requester").distinct().count(),
        "services": requests.values("application").distinct().count(),
        "change_requests": RequestFeature.objects.values("feature").distinct().count(),
        "requests": requests.count(),
        "requests_deployed": requests.filter(state="deployed").count(),
        "services_of_the_widest_filing": _widest_filing(told),
        "runs": len(told.played.runs),
        "steps": steps.count(),
        "steps_succeeded": steps.filter(state=StepState.SUCCEEDED).count(),
        "steps_by_hand": steps.filter(kind=StepKind.MANUAL).count(),
        "conflicts": _conflicts(told),
        "day": _day(told),
        "inventory_equal": not differences,
        "differences": differences,
        "invented": cast.SAID,
    }


def measured(played: Played) -> dict[str, Any]:
    """Seconds by kind of work, and the engine's time per step against a bare loop, both measured in this run."""
    ids = list(
        Step.objects.filter(run__in=played.runs, kind=StepKind.AUTOMATED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    bare = seconds_of_bare_loop(ids, COMMAND)
    engine = played.seconds["engine"]
    return {
        "seconds": {work: round(seconds, 2) for work, seconds in played.seconds.items()},
        "per_step": {"engine_s": round(engine / len(ids), 4), "bare_loop_s": round(bare / len(ids), 4)},
        "ratio": {"engine_step_to_bare_loop": round(engine / bare, 1)},
        "poll_s": settings.ENGINE["poll"],
        "database": connection.vendor,
    }


def _widest_filing(told: Reenactment) -> int:
    """To how many applications the requests of one commit went, at most; all filed together by one person."""
    return max(len({request.application_id for request in filed}) for filed in told.requests.values())


def _conflicts(told: Reenactment) -> list[dict[str, Any]]:
    components = Component.objects.select_related("application")
    names = components.in_bulk([conflict.component_id or 0 for conflict in told.conflicts])
    found = []
    for conflict in told.conflicts:
        component = names[conflict.component_id or 0]
        found.append(
            {
                "environment": LAST,
                "component": f"{component.application.name}/{component.name}",
                "kind": conflict.kind,
                "sentence": conflict.sentence,
                "requests": list(conflict.request_ids),
            }
        )
    return sorted(found, key=lambda one: str(one["component"]))


def _day(told: Reenactment) -> dict[str, Any]:
    run = told.day_run
    steps = Step.objects.filter(run=run) if isinstance(run, DeploymentRun) else Step.objects.none()
    return {
        "day": told.week.day,
        "environment": DAILY,
        "runs": 1 if run else 0,
        "changes": steps.exclude(component=None).values("component").distinct().count(),
        "state": str(run.state) if run else "",
        "inventory_equal": not told.day_differences,
    }


def _differences(told: Reenactment) -> list[dict[str, str]]:
    return [
        {**place._asdict(), "ours": ours, "data_set": theirs}
        for environment in told.stage.environments
        for place, (ours, theirs) in told.differences(environment, told.week.ends).items()
    ]
