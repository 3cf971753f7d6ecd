"""When each step of a run was planned, and when the open ones are expected; table and picture count alike."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from releaseorch.delivery import plan_schedule
from releaseorch.delivery.plan_schedule import Schedule
from releaseorch.runs import expectations, graph, plans
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.plans import PlanIn
from releaseorch.runs.states import STEP_OPEN, StepState

Span = tuple[datetime, datetime]
BEGUN = frozenset({StepState.RUNNING, StepState.CLAIMED})
NEAR = timedelta(hours=12)


@dataclass(frozen=True)
class Times:
    """Spans by id of the step. `planned` starts at the window (or the start), `expected` leaves out what is over."""

    plan: PlanIn
    schedule: Schedule
    base: datetime
    planned: Mapping[int, Span]
    expected: Mapping[int, Span]
    critical: Collection[int]

    @property
    def planned_end(self) -> datetime:
        return self.base + timedelta(seconds=self.schedule.total_s)

    @property
    def expected_end(self) -> datetime | None:
        return max((end for _start, end in self.expected.values()), default=None)


def times_of(
    run: DeploymentRun, steps: Iterable[Step], links: Iterable[tuple[int, int]], now: datetime
) -> Times:
    """From all steps and links of the run; no query."""
    rows, pairs = list(steps), list(links)
    plan = plans.plan_of(rows, ((before, after, "") for before, after in pairs))
    schedule = plan_schedule.schedule_of(plan)
    base = _base(run, now)
    planned = {}
    for step in rows:
        if step.key in schedule.starts_s:
            begins = base + timedelta(seconds=schedule.starts_s[step.key])
            planned[step.pk] = (begins, begins + timedelta(seconds=step.expected_s))
    critical = {step.pk for step in rows if step.key in schedule.critical}
    expected = _expected(rows, pairs, now) if run.is_active else {}
    return Times(plan, schedule, base, planned, expected, critical)


def end_of(
    steps: Iterable[Step], links: Iterable[tuple[int, int]], now: datetime, without: Step | None = None
) -> datetime:
    """When all that is open is over if each takes as long as expected; `without` counts as over already."""
    left = {one.pk: one for one in steps if one.state in STEP_OPEN and one != without}
    durations = {pk: expectations.left_s(one, now) for pk, one in left.items()}
    pairs = [(a, b) for a, b in links if a in left and b in left]
    return now + timedelta(seconds=graph.longest_chain(durations, pairs, durations).length)


def _base(run: DeploymentRun, now: datetime) -> datetime:
    """The window, unless the run was started on another day."""
    started = run.started_at or now
    if run.window_from is not None and abs(run.window_from - started) < NEAR:
        return run.window_from
    return started


def _expected(steps: Iterable[Step], links: Iterable[tuple[int, int]], now: datetime) -> dict[int, Span]:
    open_steps = {step.pk: step for step in steps if step.state in STEP_OPEN}
    pairs = [(a, b) for a, b in links if a in open_steps and b in open_steps]
    before: dict[int, list[int]] = {pk: [] for pk in open_steps}
    for first, second in pairs:
        before[second].append(first)
    found: dict[int, Span] = {}
    for pk in graph.order(open_steps, pairs):
        begins = max((found[one][1] for one in before[pk]), default=now)
        found[pk] = (begins, begins + timedelta(seconds=expectations.left_s(open_steps[pk], now)))
    return found
