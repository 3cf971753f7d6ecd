"""A step that a machine tries again later: whether it waits for that, and the sentence for it."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.catalog.retrying import RetryPolicy
from releaseorch.core import clock
from releaseorch.runs.models import Step
from releaseorch.runs.states import StepState


def policy_of(step: Step) -> RetryPolicy | None:
    return RetryPolicy.of(step.retry_policy)


def is_waited_for(step: Step) -> bool:
    """Whether a machine tries this step again later, unless a person decides before."""
    return bool(
        step.state == StepState.READY
        and step.retries
        and step.not_before is not None
        and step.not_before > clock.now()
    )


def sentence(step: Step) -> str:
    policy = policy_of(step)
    said = {"at": _time(step.not_before), "n": step.retries, "of": policy.times if policy else step.retries}
    return _("The machine tries again at %(at)s (%(n)d of %(of)d).") % said


def _time(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%H:%M") if moment else "?"
