"""Attempts of people: begun when a step is taken, ended by what the person says; without a lease."""

from collections.abc import Iterable

from django.db.models import Max
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.core.errors import Conflict
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.states import AttemptState
from releaseorch.runs.store import Ending, store


def begin(step: Step, person: Person) -> Attempt:
    """A new attempt by hand; the person may change things from now on, so the intent is recorded with it."""
    last = step.attempts.aggregate(number=Max("number"))["number"] or 0
    now = clock.now()
    return Attempt.objects.create(
        step=step, number=last + 1, token=step.token, person=person, started_at=now, effect_started_at=now
    )


def end(step: Step, verb: str, reason: str = "") -> Attempt:
    """End the running attempt of a step whose token is still the attempt's; raises `Conflict` when there is none."""
    attempt = step.attempts.filter(state=AttemptState.RUNNING).first()
    if attempt is None or not store().finish_attempt(attempt.pk, attempt.token, verb, Ending(reason)):
        raise Conflict(
            _("%(step)s isn't being worked on any more. Look at how it stands now.") % {"step": step}
        )
    return Attempt.objects.get(pk=attempt.pk)


def end_all(steps: Iterable[Step], verb: str, reason: str) -> None:
    for step in steps:
        end(step, verb, reason)


def latest(step: Step) -> Attempt | None:
    return step.attempts.order_by("-number").first()
