"""How a request ends when its run is over: judged by its own steps alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.delivery.models import StepOrigin
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import STEP_STARTED, StepState

DONE = frozenset({StepState.SUCCEEDED, StepState.NOT_NEEDED})


@dataclass(frozen=True)
class Ending:
    """The request's transition, and a sentence where it isn't a plain success."""

    verb: str
    why: str = ""


def steps_of_requests(run: DeploymentRun) -> dict[int, list[Step]]:
    """Request id → its steps in this run, by number; a step may belong to several. One query."""
    found: dict[int, dict[int, Step]] = {}
    rows = StepOrigin.objects.filter(step__run=run).select_related("step").order_by("step__number", "pk")
    for row in rows:
        found.setdefault(row.request_id, {})[row.step_id] = row.step
    return {request: list(steps.values()) for request, steps in found.items()}


def has_started(step: Step) -> bool:
    """Whether anybody, or any machine, ever worked on it."""
    return step.state in STEP_STARTED or step.started_at is not None


def ending_of(steps: Sequence[Step]) -> Ending:
    """What the end of the run means for a request with these steps.

    Nothing of it had started: it waits for the next run. One of its steps failed, or was given up after it had
    started (nobody knows what is there): failed. Some were skipped or never came to it: deployed with exceptions.
    """
    if all(step.state in DONE for step in steps):
        return Ending("complete")
    if not any(has_started(step) for step in steps):
        return Ending("carry_over", _("Nothing of it had started when the run ended."))
    broken = next((step for step in steps if _is_broken(step)), None)
    if broken is not None:
        return Ending("fail", _("Step %(step)s: %(state)s.") % {"step": broken, "state": _outcome(broken)})
    left = ", ".join(str(step) for step in steps if step.state not in DONE)
    if not any(step.state == StepState.SUCCEEDED for step in steps):
        return Ending("fail", _("Nothing of it was carried out: %(steps)s.") % {"steps": left})
    return Ending("complete_with_exceptions", _("Not carried out: %(steps)s.") % {"steps": left})


def _is_broken(step: Step) -> bool:
    if step.state == StepState.CANCELLED:
        return has_started(step)
    return step.state not in DONE | {StepState.SKIPPED}


def _outcome(step: Step) -> str:
    if step.state == StepState.CANCELLED:
        return _("given up after it had started")
    return str(step.get_state_display())
