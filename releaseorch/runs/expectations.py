"""When a run will probably be over, and how much of it stands still because of one step."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.runs import graph
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import STEP_OPEN, RunState, StepState

Links = Iterable[tuple[int, int]]


def expected_end(run: DeploymentRun) -> datetime | None:
    """Now plus the longest chain of what is open; None when that depends on a decision, or nothing is open."""
    if run.state not in {RunState.RUNNING, RunState.CANCELLING}:
        return run.window_until
    steps = list(run.steps.filter(state__in=STEP_OPEN))
    if not steps or any(step.state == StepState.NEEDS_DECISION for step in steps):
        return run.window_until
    links = run.links.filter(before__in=steps, after__in=steps).values_list("before_id", "after_id")
    return end_of(steps, links)


def end_in_words(run: DeploymentRun) -> str:
    """When it will probably be over, as it stands in a sentence after “until”."""
    until = expected_end(run)
    if until is None:
        return _("somebody decides")
    return _("about %(at)s") % {"at": date_format(localtime(until), "j M H:i")}


def expected_end_of(run: DeploymentRun, steps: Iterable[Step], links: Links) -> datetime | None:
    """The same from all steps and links of the run, read already; no query."""
    still = {step.pk: step for step in steps if step.state in STEP_OPEN}
    is_going = run.state in {RunState.RUNNING, RunState.CANCELLING}
    decides = any(step.state == StepState.NEEDS_DECISION for step in still.values())
    if not (is_going and still) or decides:
        return run.window_until
    return end_of(still.values(), [(a, b) for a, b in links if a in still and b in still])


def end_of(steps: Iterable[Step], links: Links) -> datetime:
    """When these open steps are over if each takes as long as expected."""
    return clock.now() + span_of(steps, links)


def span_of(steps: Iterable[Step], links: Links) -> timedelta:
    """How long these open steps still take, side by side where they may be."""
    now = clock.now()
    durations = {step.pk: left_s(step, now) for step in steps}
    return timedelta(seconds=graph.longest_chain(durations, links, durations).length)


def left_s(step: Step, now: datetime) -> int:
    """Seconds that the step will still take; one that is late may end any moment."""
    is_going = step.state in {StepState.RUNNING, StepState.CLAIMED} and step.started_at is not None
    gone = int((now - step.started_at).total_seconds()) if is_going and step.started_at else 0
    return max(step.expected_s - gone, 0)


def held_up(steps: Iterable[Step], links: Links) -> Mapping[int, int]:
    """How many open steps stand still behind each open step; the two reads of the run are enough for all of them."""
    is_open = {step.pk for step in steps if step.state in STEP_OPEN}
    after = graph.successors_of(is_open, [(a, b) for a, b in links if a in is_open and b in is_open])
    return {pk: len(_behind(pk, after)) for pk in is_open}


def _behind(start: int, after: Mapping[int, list[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for successor in after[waiting.pop()]:
            if successor not in found:
                found.add(successor)
                waiting.append(successor)
    return found
