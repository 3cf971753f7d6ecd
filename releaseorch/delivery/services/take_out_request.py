"""Take a request out of a run, before it started or while it is under way."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import composing, endings, holding, request_moves, run_changes
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs import progress
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_BEFORE_START, RUN_FINAL, StepState

TAKEN_OUT = "run.request_taken_out"
NOT_STARTED = (StepState.PENDING, StepState.READY)


def take_out_request(
    *, actor: Person, run: DeploymentRun, request: DeploymentRequest, reason: str, seen: int | None = None
) -> DeploymentRun:
    """Before the start the plan is unlocked and computed anew without it; the request waits for another run.

    Under way its steps that haven't started, and that no other request needs, are cancelled: it is approved again when
    nothing of it had started, else it stays and ends with the run. `seen` is the version of the run.
    """
    run_changes.check(actor, "run.take_out", run, seen)
    said = reason_text(reason)
    if request.run_id != run.pk or run.state in RUN_FINAL:
        raise Conflict(_("%(request)s is not in %(run)s any more.") % {"request": request, "run": run})
    with transaction.atomic():
        if run.state in RUN_BEFORE_START:
            _before_start(actor, run, request, said)
        else:
            _under_way(actor, run, request, said)
    return run


def _before_start(actor: Person, run: DeploymentRun, request: DeploymentRequest, reason: str) -> None:
    if len(composing.requests_of(run)) == 1:
        raise NotAllowed(
            _("%(request)s is the only request of this run. Cancel the run instead.") % {"request": request}
        )
    request.run = run
    holding.let_go(actor=actor, request=request, reason=reason, event=TAKEN_OUT)
    request.run = run
    run_changes.free_requests(actor=actor, run=run, requests=[request], reason=reason)


def _under_way(actor: Person, run: DeploymentRun, request: DeploymentRequest, reason: str) -> None:
    # No step may start between being counted and being dropped; the start may not have been told yet.
    run_changes.deploy_requests(progress.locked(run.pk))
    request.refresh_from_db()
    own = endings.steps_of_requests(run)
    steps = own.get(request.pk, [])
    dropped = _droppable(request, steps, own)
    nothing_started = not any(endings.has_started(step) for step in steps)
    if nothing_started and len(composing.requests_of(run)) == 1:
        raise NotAllowed(
            _("%(request)s is the only request of this run. Stop the run instead.") % {"request": request}
        )
    runs.drop_steps(actor=actor, run=run, step_ids=[step.pk for step in dropped], reason=reason)
    if nothing_started:
        _carry_over(actor, run, request, reason)
    run_changes.tell_run(
        actor=actor,
        verb=TAKEN_OUT,
        run=run,
        requests=[request],
        after={
            "request": request.pk,
            "steps": [step.number for step in dropped],
            "carried_over": nothing_started,
        },
        reason=reason,
    )
    run.refresh_from_db()


def _droppable(
    request: DeploymentRequest, steps: Sequence[Step], own: Mapping[int, Sequence[Step]]
) -> list[Step]:
    """Its steps that haven't started and that no other request needs; raises `NotAllowed` when there is none."""
    needed = {step.pk for other, theirs in own.items() if other != request.pk for step in theirs}
    found = [step for step in steps if step.state in NOT_STARTED and step.pk not in needed]
    if not found:
        raise NotAllowed(_("Nothing of %(request)s can still be taken out.") % {"request": request})
    return found


def _carry_over(actor: Person, run: DeploymentRun, request: DeploymentRequest, reason: str) -> None:
    request.run = run
    request_moves.move(request, "carry_over")
    request_moves.settle(
        actor=actor,
        request=request,
        verb="request.freed",
        reason=reason,
        before={"run": run.pk},
        topics=[f"run:{run.pk}"],
    )
