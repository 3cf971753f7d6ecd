"""What happens to the run that holds a request when the request leaves it."""

from django.utils.translation import gettext as _

from releaseorch.core.actor import Actor
from releaseorch.core.errors import Conflict
from releaseorch.core.transitions import go
from releaseorch.delivery import composing, run_changes, run_waits, unlocking
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_BEFORE_START, RUN_FINAL, RunState


def let_go(
    *, actor: Actor, request: DeploymentRequest, reason: str, event: str = "run.request_left"
) -> DeploymentRun | None:
    """Free a request from the run that holds it, before that run started; call it before the request's own move.

    A fixed plan is unlocked (its approvals fall, its other requests stay in it) and computed anew without the request;
    who edited it last is told by the run's wait. A run that is left without any request is cancelled.
    `event` is what the run's audit says of it. `request.run` becomes None in memory; the caller moves and saves the
    request in the same transaction.
    Raises `Conflict` when the run has started. Returns the run, or None when none held the request.
    """
    run = request.run
    if run is None:
        return None
    if run.state in RUN_FINAL:
        request.run = None
        return None
    if run.state not in RUN_BEFORE_START:
        raise Conflict(
            _("%(run)s, which holds this request, is %(state)s. Take the request out of the run first.")
            % {"run": run, "state": run.get_state_display()}
        )
    others = [other for other in composing.requests_of(run) if other.pk != request.pk]
    if not others:
        _cancel_empty(actor, run, reason)
    else:
        if run.state != RunState.DRAFT:
            unlocking.reopen(
                actor=actor, run=run, requests=others, verb="unlock", event="run.unlocked", reason=reason
            )
        _plan_without(actor, run, request, others, reason, event)
    request.run = None
    return run


def _plan_without(
    actor: Actor,
    run: DeploymentRun,
    request: DeploymentRequest,
    others: list[DeploymentRequest],
    reason: str,
    event: str,
) -> None:
    run.save(update_fields=[])
    composition = run_changes.replanned(run, others)
    run_waits.update(run, others)
    run_changes.tell_run(
        actor=actor,
        verb=event,
        run=run,
        requests=[request, *others],
        after={"request": request.pk, "lost": run_changes.lost_edits(composition)},
        reason=reason,
    )


def _cancel_empty(actor: Actor, run: DeploymentRun, reason: str) -> None:
    before = {"state": run.state}
    go(run, "cancel")
    run.save(update_fields=["state", "ended_at"])
    run_waits.end(run)
    run_changes.tell_run(actor=actor, verb="run.cancelled", run=run, before=before, reason=reason)
