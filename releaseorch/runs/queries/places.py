"""Where a limit on steps at once holds, and who has its places just now."""

from collections.abc import Sequence
from dataclasses import dataclass

from releaseorch.environments.models import Environment
from releaseorch.runs import limits
from releaseorch.runs.limits import Limit, Place
from releaseorch.runs.models import Step
from releaseorch.runs.states import StepState


@dataclass(frozen=True)
class LimitedPlace:
    """A limit, and the steps that have its places, with their runs; more than there are after it was lowered."""

    place: Place
    limit: Limit
    steps: Sequence[Step]

    @property
    def is_full(self) -> bool:
        return len(self.steps) >= self.limit.at_most


def limited_places(environment: Environment) -> list[LimitedPlace]:
    """Every limit that holds in the environment; four queries, one more where there is any."""
    found = limits.limits_in(environment)
    if not found:
        return []
    steps = limits.at_work_in(environment.pk).select_related("run").order_by("started_at", "pk")
    at_work = [(step, set(limits.candidate_of(step).places(environment.pk))) for step in steps]
    return [
        LimitedPlace(place, limit, [step for step, places in at_work if place in places])
        for place, limit in found.items()
    ]


def places_waited_for(step: Step) -> list[LimitedPlace]:
    """The limits for which a ready step of a tool waits: those all of whose places are taken."""
    if not step.is_limited or step.state != StepState.READY or step.is_manual:
        return []
    environment = step.run.environment
    its = set(limits.candidate_of(step).places(environment.pk))
    places = [one for one in limited_places(environment) if one.place in its]
    return [one for one in places if one.is_full]
