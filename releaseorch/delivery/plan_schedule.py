"""When each step of a plan could begin, and what follows: duration, downtime, point of no return."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from releaseorch.catalog.states import Downtime, Reversible
from releaseorch.runs import graph
from releaseorch.runs.plans import PlanIn, PlanStep


@dataclass(frozen=True)
class Schedule:
    """Only the steps to be carried out; seconds count from the start of the run, everything as early as it can."""

    layer_of: Mapping[str, int]
    starts_s: Mapping[str, int]
    critical: frozenset[str]
    total_s: int
    work_s: int

    def ends_s(self, step: PlanStep) -> int:
        return self.starts_s[step.key] + step.expected_s


@dataclass(frozen=True)
class Outage:
    """One component is down from the start of a step to the end of another one, or (None) to the end of the plan."""

    component_id: int
    from_s: int
    until_s: int
    taken_down_by: str
    brought_back_by: str | None


def schedule_of(plan: PlanIn) -> Schedule:
    """Everything as early as its predecessors allow. Linear in steps and links."""
    needed = {step.key: step for step in plan.steps if step.is_needed}
    pairs = [(before, after) for before, after in plan.pairs if before in needed and after in needed]
    predecessors: dict[str, list[str]] = {key: [] for key in needed}
    for before, after in pairs:
        predecessors[after].append(before)
    starts: dict[str, int] = {}
    for key in graph.order(needed, pairs):
        starts[key] = max((starts[one] + needed[one].expected_s for one in predecessors[key]), default=0)
    durations = {key: step.expected_s for key, step in needed.items()}
    chain = graph.longest_chain(needed, pairs, durations)
    layers = graph.layers(needed, pairs)
    return Schedule(
        {key: number for number, layer in enumerate(layers, start=1) for key in layer},
        starts,
        frozenset(chain.nodes),
        chain.length,
        sum(durations.values()),
    )


def outages(plan: PlanIn, schedule: Schedule) -> list[Outage]:
    """Per component from the first step that takes it down to the last that brings it back."""
    found: list[Outage] = []
    for component_id, steps in _by_component(plan).items():
        downs = [step for step in steps if step.downtime == Downtime.TAKES_DOWN]
        backs = [step for step in steps if step.downtime == Downtime.BRINGS_BACK]
        if not downs:
            continue
        down = min(downs, key=lambda step: schedule.starts_s[step.key])
        back = max(backs, key=schedule.ends_s, default=None)
        until = schedule.ends_s(back) if back is not None else schedule.total_s
        start = schedule.starts_s[down.key]
        found.append(Outage(component_id, start, max(until, start), down.key, back.key if back else None))
    return found


def seconds_down(spans: Iterable[Outage]) -> int:
    """How long at least one of the components is down: overlapping outages count once."""
    total, reached = 0, 0
    for span in sorted(spans, key=lambda one: one.from_s):
        total += max(0, span.until_s - max(span.from_s, reached))
        reached = max(reached, span.until_s)
    return total


def point_of_no_return(plan: PlanIn, schedule: Schedule) -> str | None:
    """The key of the first step that can't be undone, by the earliest time it could begin."""
    irreversible = [step for step in plan.steps if step.is_needed and step.reversible == Reversible.NO]
    first = min(irreversible, key=lambda step: schedule.starts_s[step.key], default=None)
    return first.key if first else None


def _by_component(plan: PlanIn) -> dict[int, list[PlanStep]]:
    found: dict[int, list[PlanStep]] = {}
    for step in plan.steps:
        if step.is_needed and step.component_id is not None:
            found.setdefault(step.component_id, []).append(step)
    return found
