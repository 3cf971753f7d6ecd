"""What the verbs on a run that hasn't started share: its scope, its requests' states, and the write of its plan."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts import policy as rights
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.core.actor import SYSTEM, Actor
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import composing, request_moves
from releaseorch.delivery.composing import Composition
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState

TOPICS = ("runs", "requests", "work")
# What robots are told who would decide.
PEOPLE_ONLY: dict[str, Any] = {
    "run.approve": gettext_lazy("A robot never approves."),
    "run.send_back": gettext_lazy("A robot decides nothing about runs."),
    "run.reject": gettext_lazy("A robot decides nothing about runs."),
    "run.approve_change": gettext_lazy("A robot never approves."),
    "run.decline_change": gettext_lazy("A robot decides nothing about runs."),
}


def scope_of(run: DeploymentRun) -> Scope:
    return Scope.of(environment=run.environment_id)


def check(actor: Person, permission: str, run: DeploymentRun, seen: int | None) -> None:
    """The two questions before every verb: may this person, and do they look at the present row?"""
    reason = why_not(actor, permission, run)
    if reason:
        raise NotAllowed(reason)
    run.check_version(seen)


def why_not(person: Person, permission: str, run: DeploymentRun) -> str:
    """The empty text when this person may do the verb with this run in some state, else who may."""
    if permission in PEOPLE_ONLY and person.is_robot:
        return str(PEOPLE_ONLY[permission])
    return rights.why_not(person, permission, scope_of(run))


def require_draft(run: DeploymentRun) -> None:
    """Raise `Conflict` unless the plan may still be changed."""
    if run.state != RunState.DRAFT:
        raise Conflict(
            _("%(run)s is %(state)s; its plan is fixed. Unlock it to change it.")
            % {"run": run, "state": run.get_state_display()}
        )


def put_in_run(*, actor: Actor, run: DeploymentRun, requests: Iterable[DeploymentRequest]) -> None:
    """The run holds them from now on; each by a guarded save with its own event."""
    for request in requests:
        request.run = run
        request_moves.settle(actor=actor, request=request, verb="request.put_in_run", after={"run": run.pk})


def plan_requests(*, actor: Actor, run: DeploymentRun, requests: Iterable[DeploymentRequest]) -> None:
    """approved → planned, each by a guarded save with its own event."""
    for request in requests:
        request.run = run
        request_moves.move(request, "plan")
        request_moves.settle(actor=actor, request=request, verb="request.planned", after={"run": run.pk})


def unplan_requests(
    *, actor: Actor, run: DeploymentRun, requests: Iterable[DeploymentRequest], reason: str
) -> None:
    """planned → approved; the run still holds them and their approvals stay."""
    for request in requests:
        request.run = run
        if request.state == RequestState.PLANNED:
            request_moves.move(request, "unplan")
            request_moves.settle(actor=actor, request=request, verb="request.unplanned", reason=reason)


def deploy_requests(run: DeploymentRun) -> None:
    """planned → deploying for the requests of a run that has started; those that are on already stay."""
    if run.started_at is None:
        return
    for request in composing.requests_of(run):
        if request.state == RequestState.PLANNED:
            request.run = run
            request_moves.move(request, "deploy")
            request_moves.settle(
                actor=SYSTEM, request=request, verb="request.deploying", after={"run": run.pk}
            )


def free_requests(
    *, actor: Actor, run: DeploymentRun, requests: Iterable[DeploymentRequest], reason: str
) -> None:
    """Approved and planned requests leave the run and wait for another one; others stay as they are."""
    for request in requests:
        if request.state not in {RequestState.APPROVED, RequestState.PLANNED}:
            continue
        if request.state == RequestState.PLANNED:
            request_moves.move(request, "unplan")
        request.run = None
        request_moves.settle(
            actor=actor,
            request=request,
            verb="request.freed",
            reason=reason,
            before={"run": run.pk},
            topics=[f"run:{run.pk}"],
        )


def tell_run(
    *,
    actor: Actor,
    verb: str,
    run: DeploymentRun,
    requests: Iterable[DeploymentRequest] = (),
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """One audit event of the run; the pages of the run and of these requests are told."""
    events.record(
        actor=actor,
        verb=verb,
        subject=run,
        before=before,
        after={"state": run.state, **(after or {})},
        reason=reason,
        topics=[*TOPICS, *(f"request:{request.pk}" for request in requests)],
    )


def replanned(run: DeploymentRun, requests: Sequence[DeploymentRequest]) -> Composition:
    """Compute the plan of a draft anew, make its edits again where they still fit, and write it."""
    composition = composing.composition_of(run.environment, requests, composing.edits_of(run))
    composing.write(run, composition)
    return composition


def lost_edits(composition: Composition) -> list[str]:
    """A sentence per edit that didn't survive."""
    return [
        _("“%(edit)s” was not made again: %(why)s") % {"edit": lost.edit.summary, "why": lost.why}
        for lost in composition.dropped
    ]
