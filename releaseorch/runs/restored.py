"""After a restore: no step begins while the hold is open, and none that may have run since the backup without a person.

What the rows say of a step is as old as the backup. Whether it was run afterwards they can't tell, so what was running
becomes *unknown*, and every automated step of a run that nobody vouched for becomes *unknown* when it would begin: a
person looks at what is there, and decides. A step that was decided after the hold was set begins as ever.
"""

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.audit import high_water
from releaseorch.audit.models import Event
from releaseorch.core import hold
from releaseorch.core.actor import SYSTEM
from releaseorch.core.models import Hold
from releaseorch.executors.base import Unknown
from releaseorch.runs import progress
from releaseorch.runs.engine import endings
from releaseorch.runs.models import Attempt, DeploymentRun
from releaseorch.runs.states import RUN_FINAL, AttemptState
from releaseorch.runs.store import Claim, Worker, store

logger = logging.getLogger(__name__)
NOBODY = Worker("", "", 0)
RETRIED = ("step.retried", "step.retried_from", "step.set_back")
LEASE_S = 60.0  # for the moment between the claim and its end, in one transaction


def keeps_back(run_id: int, step_id: int, token: int) -> bool:
    """Whether a worker must leave this step alone; one whose fate is unsure goes to a person here."""
    newest = hold.newest()
    if newest is None:
        return False
    if newest.is_open:
        logger.error("step %s is not begun. %s", step_id, hold.sentence())
        return True
    if run_id not in newest.doubted_runs or _was_decided(step_id, newest):
        return False
    _ask_a_person(run_id, step_id, token)
    return True


def _was_decided(step_id: int, newest: Hold) -> bool:
    """Whether a person had it tried again since the hold was set; by the order of events, not by clocks."""
    since = Event.objects.filter(pk__gt=high_water.set_event(newest), verb__in=RETRIED)
    return since.filter(subject_kind="step", subject_id=step_id).exists()


def _ask_a_person(run_id: int, step_id: int, token: int) -> None:
    said = _(
        "The database was restored from an older backup, and this step may have been run since. "
        "Look at what is there, then decide."
    )
    with transaction.atomic():
        run = progress.locked(run_id)
        claim = store().claim(step_id, token, NOBODY, LEASE_S, has_place=True)  # nothing begins
        if claim is not None:
            _lose(run, claim, said)


def lose_what_was_running(said: str) -> int:
    """End every attempt of a worker as *unknown*, also one that had not begun by what the rows say; returns how many.

    Only after a restore, while no process runs. One that comes back all the same leaves a late report.
    """
    lost = 0
    running = Attempt.objects.filter(state=AttemptState.RUNNING, lease_until__isnull=False)
    for attempt in running.select_related("step").order_by("id"):
        claim = Claim(attempt.step.run_id, attempt.step_id, attempt.pk, attempt.number, attempt.token)
        with transaction.atomic():
            lost += _lose(progress.locked(claim.run_id), claim, said)
    return lost


def _lose(run: DeploymentRun, claim: Claim, said: str) -> bool:
    had_intent = Attempt.objects.filter(pk=claim.attempt_id, effect_started_at__isnull=False).exists()
    if not endings.end_attempt(run, claim, endings.outcome_of(Unknown(said))):
        return False
    if not had_intent:  # by what the rows say; they are older than what happened
        progress.left_uncertain(SYSTEM, run, progress.step_now(claim.step_id))
    return True


def runs_in_doubt(of: Hold) -> list[int]:
    """The runs that were there when the hold was set and aren't over, in their order."""
    created_since = Event.objects.filter(
        pk__gt=high_water.set_event(of), verb="run.created", subject_kind="run"
    ).values("subject_id")
    open_runs = DeploymentRun.objects.exclude(state__in=RUN_FINAL).exclude(pk__in=created_since)
    return list(open_runs.order_by("pk").values_list("pk", flat=True))
