"""How long steps took before: what an automated step is expected to take is what it took here lately."""

from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from releaseorch.catalog.states import StepKind
from releaseorch.environments.models import Environment
from releaseorch.runs.models import Attempt
from releaseorch.runs.plans import PlanIn, PlanStep
from releaseorch.runs.states import AttemptState

LATEST = 5
MOST_READ = 2000


def with_history(environment: Environment, plan: PlanIn) -> PlanIn:
    """The plan with the median of the latest successes as expectation, where there are any; one query.

    Steps by hand keep their estimate: how long a person took says little about the next one.
    """
    taken = _seconds(
        environment, [step for step in plan.steps if step.kind == StepKind.AUTOMATED and step.is_needed]
    )
    if not taken:
        return plan
    steps = (replace(step, expected_s=taken[step.key]) if step.key in taken else step for step in plan.steps)
    return PlanIn(tuple(steps), plan.links)


def _seconds(environment: Environment, steps: Iterable[PlanStep]) -> dict[str, int]:
    """Key → seconds, at least 1."""
    wanted = {step.key: step.component_id for step in steps if step.component_id is not None}
    rows = Attempt.objects.filter(
        step__component_id__in=set(wanted.values()),
        step__key__in=wanted,
        step__run__environment=environment,
        step__kind=StepKind.AUTOMATED,
        state=AttemptState.SUCCEEDED,
        person=None,
    ).order_by("-pk")
    found: dict[str, list[float]] = {}
    for key, began, ended in rows.values_list("step__key", "started_at", "ended_at")[:MOST_READ]:
        latest = found.setdefault(key, [])
        if ended is not None and len(latest) < LATEST:
            latest.append((ended - began).total_seconds())
    return {key: max(1, round(median(latest))) for key, latest in found.items() if latest}
