"""Dropping steps of a run under way, because the request they belong to is taken out."""

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict
from releaseorch.runs import progress, rights
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.services.endings import cancel_steps
from releaseorch.runs.states import STEP_MOVES, STEP_STARTED, RunState


def drop_steps(*, actor: Person, run: DeploymentRun, step_ids: Collection[int], reason: str) -> DeploymentRun:
    """Cancel steps that haven't started; what waited for them waits for what stood before them instead.

    Raises `Conflict` when one of them has started, or the run isn't running or paused.
    """
    said = rights.reason(reason)
    with transaction.atomic():
        now = progress.locked(run.pk)
        rights.require_run(actor, "run.take_out", now)
        if now.state not in {RunState.RUNNING, RunState.PAUSED}:
            raise Conflict(_("%(run)s is %(state)s now.") % {"run": now, "state": now.get_state_display()})
        steps = list(now.steps.filter(pk__in=step_ids).select_related(*WITH_NAMES))
        started = [step for step in steps if step.state in STEP_STARTED]
        if started:
            raise Conflict(_("%(step)s has started already.") % {"step": started[0]})
        dropped = [step for step in steps if step.state in STEP_MOVES["cancel"].sources]
        cancel_steps(actor, now, dropped, said)
        # One that still has predecessors lets its successors go on when those are done.
        progress.go_on(now, [step.pk for step in dropped if step.open_predecessors == 0])
        progress.end_or_wait(now)
    return run
