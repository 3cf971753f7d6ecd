"""What delivery does when a run starts and when it ends, and what it demands before; registered when Django starts."""

from django.db import transaction

from releaseorch.audit import outbox
from releaseorch.audit.models import Event
from releaseorch.core.actor import SYSTEM
from releaseorch.delivery import composing, endings, guards, plan_changes, request_moves, run_changes
from releaseorch.delivery.endings import Ending
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs import additions
from releaseorch.runs import guards as run_guards
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_FINAL

ENDS = ("run.succeeded", "run.succeeded_with_exceptions", "run.stopped", "run.cancelled")
_PAST = {
    "complete": "request.deployed",
    "complete_with_exceptions": "request.deployed_with_exceptions",
    "fail": "request.failed",
    "carry_over": "request.freed",
}


def register() -> None:
    for name, guard in guards.GUARDS.items():
        run_guards.register(name, guard, guards.BOUNDS.get(name))
    additions.register(plan_changes.asked)
    outbox.on("run.started", "delivery.requests_deploying", on_started)
    for verb in ENDS:
        outbox.on(verb, "delivery.requests_ended", on_ended)


def on_started(event: Event) -> None:
    """planned → deploying for every request of the run; told twice, it changes nothing the second time."""
    run = DeploymentRun.objects.get(pk=event.subject_id)
    with transaction.atomic():
        run_changes.deploy_requests(run)
        if run.state in RUN_FINAL:  # it ended before this was delivered
            _end(run)


def on_ended(event: Event) -> None:
    """Each request of the run ends as its own steps did; told twice, it changes nothing the second time."""
    run = DeploymentRun.objects.get(pk=event.subject_id)
    with transaction.atomic():
        if run.started_at is None:
            requests = composing.requests_of(run)
            run_changes.free_requests(actor=SYSTEM, run=run, requests=requests, reason=event.reason)
        else:
            run_changes.deploy_requests(run)
            _end(run)
            plan_changes.lapse(run)


def _end(run: DeploymentRun) -> None:
    steps = endings.steps_of_requests(run)
    for request in composing.requests_of(run):
        if request.state == RequestState.DEPLOYING:
            _close(run, request, endings.ending_of(steps.get(request.pk, [])))


def _close(run: DeploymentRun, request: DeploymentRequest, ending: Ending) -> None:
    request.run = run
    request_moves.move(request, ending.verb)
    if ending.verb != "complete":
        request.last_reason = ending.why
    request_moves.settle(
        actor=SYSTEM,
        request=request,
        verb=_PAST[ending.verb],
        reason=ending.why,
        before={"state": str(RequestState.DEPLOYING), "run": run.pk},
        topics=[f"run:{run.pk}", "inventory"],
    )
