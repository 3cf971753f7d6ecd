"""Runs that a clock holds up: a window closed or a freeze began. One decision is asked for: finish or pause.

Nothing that has started is touched. When the bound is over before anybody decided, the run goes on by itself.
"""

import logging

from django.db import DatabaseError, transaction
from django.db.models import Q

from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM, Actor
from releaseorch.environments import frozen
from releaseorch.environments.models import Freeze
from releaseorch.runs import bounds, progress
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState, StepState

logger = logging.getLogger(__name__)
EVERY_S = 5.0
# A freeze is told to each run that it meets under way, and waits for those that are being started in this moment.
TOLD = (RunState.APPROVED, RunState.SCHEDULED, RunState.RUNNING, RunState.PAUSED)


def register() -> None:
    frozen.register("runs", follow)


def look_at_all() -> int:
    """Each running run that is past a bound; returns how many changed. One that breaks doesn't stop the others."""
    now, changed = clock.now(), 0
    # Whoever started it before there were bounds wrote none down.
    unreckoned = Q(begins_until=None, is_to_finish=False, window_until__lte=now)
    past = DeploymentRun.objects.filter(Q(begins_until__lte=now) | unreckoned, state=RunState.RUNNING)
    for run_id in list(past.order_by("pk").values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                run = progress.locked(run_id)
                changed += run.state == RunState.RUNNING and look(run)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("the bounds of run %s could not be looked at", run_id)
    return changed


def follow(actor: Actor, freeze: Freeze) -> None:
    """A freeze was set, changed or lifted: what it meets under way goes by it from this moment on."""
    met = DeploymentRun.objects.select_related("environment").filter(state__in=TOLD)
    if freeze.environment_id is not None:
        met = met.filter(environment_id=freeze.environment_id)
    for run in met.select_for_update(of=("self",)).order_by("pk"):
        if run.state == RunState.RUNNING:
            look(run, is_said_anew=True)


def look(run: DeploymentRun, *, is_said_anew: bool = False) -> bool:
    """Reckon its bounds anew, and say what follows; True when something did. The run's row is locked."""
    before, was_past = run.begins_until, run.is_past_bound
    bounds.reckon(run)
    stopped = bounds.why_nothing_begins(run)
    if stopped and run.held_up_since is None and _has_steps_to_begin(run):
        run.held_up_since = clock.now()
        _keep(run, "run.held_up", stopped)
    elif not stopped and run.held_up_since is not None:
        run.held_up_since = None
        _keep(run, "run.went_on")
    elif run.begins_until != before:
        run.save()
    elif not (stopped and is_said_anew):
        return False
    if stopped or was_past:
        progress.announce(run, run.steps.filter(state=StepState.READY).values_list("pk", flat=True))
        progress.end_or_wait(run)
    return True


def _has_steps_to_begin(run: DeploymentRun) -> bool:
    return run.steps.filter(state__in=[StepState.PENDING, StepState.READY]).exists()


def _keep(run: DeploymentRun, verb: str, reason: str = "") -> None:
    run.save()
    events.record(actor=SYSTEM, verb=verb, subject=run, reason=reason, topics=progress.topics(run.pk))
