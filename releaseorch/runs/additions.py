"""Steps that are added to a run under way: where they may stand, and what they wait for until they are approved.

Who approves a changed plan is decided above; here is asked what such a step waits for.
"""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _

from releaseorch.accounts.roles import Role
from releaseorch.runs.models import Step
from releaseorch.runs.states import STEP_PASSED, StepState
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker

Asked = Callable[[Step], WaitsFor | None]
Place = Callable[[Step], str]  # why a step may not stand beside this one
_asked: list[Asked] = []


def register(asked: Asked) -> None:
    _asked.append(asked)


def waits_for(step: Step) -> WaitsFor:
    """Whose approval it waits for."""
    for ask in _asked:
        if (found := ask(step)) is not None:
            return found
    sentence = _("Waits for the approval of the changed plan.")
    return WaitsFor(Blocker.ROLE, str(Role.RELEASE_MANAGER.label), sentence)


def why_not_before(step: Step) -> str:
    """A step is added only before what hasn't begun; empty when it may stand before this one."""
    if step.state in {StepState.PENDING, StepState.READY}:
        return ""
    if step.state == StepState.NEEDS_DECISION:
        return _(
            "%(step)s needs a decision. Decide to try it again; while the run is paused it does not begin, and "
            "another step can be added before it."
        ) % {"step": step}
    return _("%(step)s is %(state)s; a step is added only before what has not begun.") % {
        "step": step,
        "state": step.get_state_display(),
    }


def why_not_after(step: Step) -> str:
    """Empty when what stands after this one begins some day."""
    if step.state not in {StepState.FAILED, StepState.CANCELLED, StepState.NOT_NEEDED}:
        return ""
    return _("%(step)s is %(state)s; what stands after it would not begin in its turn.") % {
        "step": step,
        "state": step.get_state_display(),
    }


def still_open(after: Iterable[Step]) -> int:
    """How many of these a step still waits for."""
    return sum(step.state not in STEP_PASSED for step in after)
