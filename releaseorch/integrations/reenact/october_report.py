"""What a reenacted 2 October shows, as plain facts for JSON."""

from __future__ import annotations

from typing import Any

from releaseorch.delivery.models import DeploymentRequest
from releaseorch.integrations.reenact import cast
from releaseorch.integrations.reenact.october import BEGINS, PLACE, Day, RunTold
from releaseorch.runs.models import Step
from releaseorch.runs.states import StepState

BACK = "To go back is to ask for the earlier version: the product computes no run of its own for it yet."


def report_of(told: Day) -> dict[str, Any]:
    """Counts of rows, each run with what it did, and whether the inventory is the data set's after each."""
    requests = DeploymentRequest.objects.filter(pk__in=told.requests)
    steps = Step.objects.filter(run__in=told.played.runs)
    return {
        "day": BEGINS.date().isoformat(),
        "environment": PLACE,
        "changes": len(told.commits),
        "applications": len({name for one in told.runs for name in one.applications}),
        "requests": requests.count(),
        "requests_deployed": requests.filter(state="deployed").count(),
        "steps": steps.count(),
        "steps_succeeded": steps.filter(state=StepState.SUCCEEDED).count(),
        "runs": [_run(one) for one in told.runs],
        "inventory_equal": not told.differences and not any(one.differences for one in told.runs),
        "differences": [
            {**place._asdict(), "ours": ours, "data_set": theirs}
            for place, (ours, theirs) in told.differences.items()
        ],
        "robot": {"requester": _requesters(told), "approves_its_own": told.robot_told},
        "invented": cast.SAID,
        "back": BACK,
    }


def _run(one: RunTold) -> dict[str, Any]:
    return {
        "title": one.run.title,
        "phase": one.phase,
        "state": str(one.run.state),
        "changes": len(one.commits),
        "applications": len(one.applications),
        "steps": one.run.steps.count(),
        "inventory_equal": not one.differences,
    }


def _requesters(told: Day) -> str:
    return ", ".join(sorted({commit.requester for commit in told.commits}))
