"""The timeline of a run: what was planned, what happened, what is expected, in a lane per application."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.delivery.plan_views import PlanView
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.states import AttemptState, StepState
from releaseorch.web.charts import Bar, Chart, Lane
from releaseorch.web.run_times import Times

SHORTEST = timedelta(minutes=1)
OF_ATTEMPT = {
    AttemptState.RUNNING: "run",
    AttemptState.SUCCEEDED: "done",
    AttemptState.FAILED: "bad",
    AttemptState.ERRORED: "bad",
    AttemptState.UNKNOWN: "lost",
    AttemptState.CANCELLED: "next",
}


def of_plan(plan: PlanView) -> Chart | None:
    """The plan alone: every step as early as it can, counted from the start; None without steps."""
    steps = plan.needed_steps
    if not steps:
        return None
    start = clock.now()
    lanes: dict[str, list[Bar]] = {}
    for step in steps:
        begins = start + timedelta(seconds=step.starts_s)
        bar = Bar(
            "next",
            begins,
            begins + timedelta(seconds=step.expected_s),
            step.is_critical,
            f"{step.number} · {step.title}",
        )
        lanes.setdefault(step.application or step.team or _("Everybody"), []).append(bar)
    last = plan.point_of_no_return
    return Chart(
        lanes=[Lane(name, bars) for name, bars in lanes.items()],
        start=start,
        end=start + max(timedelta(seconds=plan.expected_s), SHORTEST),
        label=_("When each step is expected, by application"),
        gate=start + timedelta(seconds=last.starts_s) if last else None,
        relative=True,
    )


def of_run(
    steps: Sequence[Step],
    attempts: Mapping[int, Sequence[Attempt]],
    times: Times,
    now: datetime | None,
    gate: datetime | None,
) -> Chart | None:
    """Planned above, actual below; `now` is None for a run that is over. None without steps that were needed."""
    lanes: dict[str, list[Bar]] = {}
    words = _Words.now()
    for step in steps:
        if step.state == StepState.NOT_NEEDED:
            continue
        bars = [*_planned(step, times, words), *_actual(step, attempts.get(step.pk, ()), times, now, words)]
        lanes.setdefault(lane_of(step), []).extend(bars)
    every = [bar for bars in lanes.values() for bar in bars]
    if not every:
        return None
    start, end = min(bar.start for bar in every), max(bar.end for bar in every)
    return Chart(
        lanes=[Lane(name, bars) for name, bars in lanes.items()],
        start=start,
        end=max(end, start + SHORTEST) + (end - start) * 0.02,
        label=_("Planned against actual, by application"),
        now=now,
        gate=gate,
    )


def lane_of(step: Step) -> str:
    if step.component is not None:
        return step.component.application.name
    return step.team.name if step.team is not None else _("Everybody")


@dataclass(frozen=True)
class _Words:
    """What the bars say, in the language of the moment, looked up once for all of them."""

    planned: str
    expected: str
    attempt: str
    decides: str
    waits: str
    states: Mapping[str, str]

    @classmethod
    def now(cls) -> "_Words":
        return cls(
            planned=_("%(step)s, planned"),
            expected=_("%(step)s, expected"),
            attempt=_("%(step)s, attempt %(n)d: %(state)s"),
            decides=_("%(step)s needs a decision"),
            waits=_("%(step)s waits for a person"),
            states={state.value: str(state.label) for state in AttemptState},
        )


def _planned(step: Step, times: Times, words: _Words) -> Iterable[Bar]:
    if step.pk in times.planned:
        begins, ends = times.planned[step.pk]
        yield Bar("plan", begins, ends, title=words.planned % {"step": step})


def _actual(
    step: Step, attempts: Sequence[Attempt], times: Times, now: datetime | None, words: _Words
) -> Iterable[Bar]:
    critical = step.pk in times.critical
    for one in attempts:
        end = one.ended_at or now or one.started_at
        title = words.attempt % {"step": step, "n": one.number, "state": words.states[one.state]}
        yield Bar(OF_ATTEMPT[AttemptState(one.state)], one.started_at, end, critical, title)
    if now is None:
        return
    if step.state == StepState.NEEDS_DECISION and attempts:
        yield Bar("stuck", attempts[-1].ended_at or now, now, title=words.decides % {"step": step})
    elif step.state == StepState.READY and step.is_manual and step.ready_at:
        yield Bar("wait", step.ready_at, now, title=words.waits % {"step": step})
    if step.pk in times.expected:
        begins, ends = times.expected[step.pk]
        yield Bar("next", begins, ends, critical, words.expected % {"step": step})
