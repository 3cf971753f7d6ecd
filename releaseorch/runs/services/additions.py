"""What a step that is added to a run under way does to the others: waited for at once, begun only when accepted.

Called by the verbs of the app above, within their transaction, with the run's row locked.
"""

from collections.abc import Sequence

from django.db.models import F
from django.utils.translation import gettext as _

from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import additions, plans, progress
from releaseorch.runs.models import DeploymentRun, RunTarget, Step, StepLink
from releaseorch.runs.plans import PlanStep
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.services import starting
from releaseorch.runs.states import StepState
from releaseorch.runs.store import store
from releaseorch.waiting import ledger


def add_proposed_step(
    run: DeploymentRun, step: PlanStep, *, before: Sequence[Step], after: Sequence[Step], why: str
) -> Step:
    """The step waits for approval, and those in `before` wait for it; its component is held from now on.

    Raises `NotAllowed` for a place where it can't stand, `Conflict` when another run holds its component.
    """
    reasons = [*map(additions.why_not_before, before), *map(additions.why_not_after, after)]
    if refused := [reason for reason in reasons if reason]:
        raise NotAllowed(*refused)
    row = plans.write_proposed(run, step, additions.still_open(after))
    StepLink.objects.bulk_create(
        [
            *(StepLink(run=run, before=row, after=other, why=why[:300]) for other in before),
            *(StepLink(run=run, before=other, after=row, why=why[:300]) for other in after),
        ]
    )
    _wait_for_it(before)
    if row.component_id is not None:
        held = {"environment_id": run.environment_id}
        RunTarget.objects.get_or_create(run=run, component_id=row.component_id, defaults=held)
        starting.hold_components(run, run.targets.filter(component=row.component_id))
    return row


def say_waits(run: DeploymentRun, row: Step) -> None:
    """What the added step waits for, and that those after it wait for nobody else any more."""
    followers = Step.objects.filter(predecessors__before=row).select_related(*WITH_NAMES)
    progress.settle(run, [progress.step_now(row.pk), *followers])


def accept_step(run: DeploymentRun, row: Step) -> None:
    """It begins in its turn, at once where nothing before it is open."""
    go(row, "accept")
    row.save()
    ready = store().move_steps("become_ready", [row.pk]) if row.open_predecessors == 0 else []
    progress.announce(run, ready)
    progress.settle(run, [progress.step_now(row.pk)])


def refuse_step(run: DeploymentRun, row: Step) -> None:
    """It is gone, as if it had never been added: what waited for it waits for what was approved, and no more."""
    component_id = row.component_id
    progress.go_on(run, [row.pk])
    ledger.end("step", [row.pk])
    row.delete()
    progress.give_back(run, {component_id} if component_id is not None else ())
    progress.end_or_wait(run)


def _wait_for_it(before: Sequence[Step]) -> None:
    ready = [one.pk for one in before if one.state == StepState.READY]
    if store().move_steps("wait_again", ready) != sorted(ready):
        raise Conflict(_("One of these steps has just begun. Look at how they stand now."))
    waiting = Step.objects.filter(pk__in=[one.pk for one in before])
    waiting.update(open_predecessors=F("open_predecessors") + 1, row_version=F("row_version") + 1)
