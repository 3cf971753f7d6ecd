"""When trying again needs a second person, and what one is asked now.

On a protected environment one person alone doesn't start again what may still be at work there.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.database import database_now
from releaseorch.core.transitions import go
from releaseorch.runs.models import Attempt, Confirmation, DeploymentRun, Step
from releaseorch.runs.states import AttemptState, ConfirmationState
from releaseorch.waiting import ledger
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker


def doubtful_attempt(run: DeploymentRun, steps: Iterable[Step]) -> Attempt | None:
    """Of these steps, the first that ended nobody knows how; None where one person may decide. One query at most."""
    if not run.environment.is_protected:
        return None
    attempts = Attempt.objects.filter(step__in=[step.pk for step in steps]).order_by("number")
    last = {one.step_id: one for one in attempts.defer("outputs", "late_report")}
    return next((last[pk] for pk in sorted(last) if last[pk].state == AttemptState.UNKNOWN), None)


def asked(step_ids: Iterable[int]) -> dict[int, Confirmation]:
    """Step id → what a second person is asked about it; one query."""
    found = Confirmation.objects.filter(step__in=list(step_ids), state=ConfirmationState.ASKED)
    return {one.step_id: one for one in found.select_related("asked_by")}


def ask(
    actor: Person, run: DeploymentRun, step: Step, attempt: Attempt, reason: str, *, from_here: bool = False
) -> Confirmation:
    """Keep what the first person typed, and wait for a second one; within the transaction that has locked the run."""
    until = database_now() + timedelta(minutes=run.environment.confirm_within_minutes)
    made = Confirmation.objects.create(
        step=step, attempt=attempt, token=step.token, from_here=from_here, asked_by=actor, reason=reason, until=until
    )  # fmt: skip
    ledger.wait("confirmation", made.pk, waits_for(made))
    return made


def closed(confirmation: Confirmation) -> None:
    """It was answered: nobody is asked any more."""
    confirmation.save()
    ledger.end("confirmation", [confirmation.pk])


def lapse(confirmations: QuerySet[Confirmation]) -> None:
    """Nobody is asked any more, since it was decided otherwise or the run is over; one query when nobody was."""
    for one in confirmations.filter(state=ConfirmationState.ASKED):
        go(one, "lapse")
        closed(one)


def waits_for(confirmation: Confirmation, team_id: int | None = None) -> WaitsFor:
    said = {"who": confirmation.asked_by.name, "time": clock_time(confirmation)}
    sentence = _(
        "%(who)s wants to try it again; a second person confirms by %(time)s, then %(who)s may alone."
    )
    if confirmation.from_here:
        sentence = _(
            "%(who)s wants to begin again from here; a second person confirms by %(time)s, then %(who)s may alone."
        )
    return WaitsFor(Blocker.ROLE, _("a second person"), sentence % said, None, team_id)


def clock_time(confirmation: Confirmation) -> str:
    return f"{localtime(confirmation.until):%H:%M}"


def why_not_ask(confirmation: Confirmation | None) -> str:
    """One question at a time."""
    if confirmation is None:
        return ""
    return _("%(who)s asked for this already; a second person confirms or declines it.") % {
        "who": confirmation.asked_by.name
    }


def why_not_confirm(person: Person, confirmation: Confirmation) -> str:
    """Another person at once; who asked, alone, when the time is over by the database's clock."""
    if confirmation.asked_by_id != person.pk or confirmation.until <= database_now():
        return ""
    return _("You asked for it, so somebody else confirms it. If nobody has by %(time)s, you may alone.") % {
        "time": clock_time(confirmation)
    }


def why_not_review(person: Person, alone: Iterable[Confirmation]) -> str:
    """Who decided alone doesn't review it."""
    if any(one.asked_by_id != person.pk for one in alone):
        return ""
    return _("You decided this alone, so somebody else reviews it.")
