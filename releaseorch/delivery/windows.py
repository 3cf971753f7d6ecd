"""Scheduled runs start by themselves when their window opens: nobody must remember to press a button at night."""

import logging

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import DomainError
from releaseorch.delivery import guards
from releaseorch.runs import exclusive
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker

logger = logging.getLogger(__name__)
EVERY_S = 15.0


def open_windows() -> int:
    """Start what is due, in the name of whoever scheduled it; returns how many runs were started.

    A run that may not start says why in its wait, and is tried again; one that breaks doesn't stop the others.
    """
    due = DeploymentRun.objects.filter(state=RunState.SCHEDULED, window_from__lte=clock.now()).order_by("pk")
    return sum(_start(run) for run in due.select_related("environment", "edited_by", "composed_by"))


def _start(run: DeploymentRun) -> bool:
    try:
        runs.start_run(actor=_scheduler(run), run=run, seen=run.row_version)
    except DomainError as refused:
        _say_why_not(run, " ".join(refused.reasons))
        return False
    except Exception:
        logger.exception("run %s could not be started in its window", run.pk)
        return False
    return True


def _scheduler(run: DeploymentRun) -> Person:
    said = (
        Event.objects.filter(verb="run.scheduled", subject_kind="run", subject_id=run.pk)
        .order_by("-pk")
        .first()
    )
    person = Person.objects.filter(pk=said.actor_id or 0).first() if said else None
    return person or run.composed_by


def _say_why_not(run: DeploymentRun, reasons: str) -> None:
    """Only while it is still scheduled: what refused may be that somebody else has started it just now."""
    if DeploymentRun.objects.filter(pk=run.pk, state=RunState.SCHEDULED).exists():
        ledger.wait("run", run.pk, WaitsFor(_cause(run), str(run), reasons))


def _cause(run: DeploymentRun) -> Blocker:
    """What it counts as among all waiting; a freeze before a reservation before whatever else refused."""
    if guards.freezes(run):
        return Blocker.FREEZE
    if guards.reservations(run):
        return Blocker.RESERVATION
    return Blocker.RUN if exclusive.in_way(run) else Blocker.POLICY
