"""How every verb of a request ends: transition, guarded save, waiting ledger, audit event."""

from collections.abc import Iterable
from typing import Any

from django_fsm import TransitionNotAllowed

from releaseorch.audit import events
from releaseorch.audit.models import Event
from releaseorch.core.actor import Actor
from releaseorch.core.errors import Conflict
from releaseorch.delivery import approvals, gates, request_rights, request_waits
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.policies.models import Stage


def move(request: DeploymentRequest, verb: str) -> None:
    """Do the transition in memory; raises `Conflict` with the present state in words."""
    try:
        getattr(request, verb)()
    except TransitionNotAllowed as refused:
        raise Conflict(request_rights.not_now(verb, request)) from refused


def approve_if_complete(actor: Actor, request: DeploymentRequest) -> bool:
    """Move a submitted request on when earlier approvals of the very same content still fill every slot.

    A rule that blocks an approval blocks this too. Words of `actor`, who acts on the request right now, don't count.
    """
    for slot in approvals.slots_of_request(request):
        if sum(one.approver_id != actor.pk for one in slot.given) < slot.quorum:
            return False
    if gates.refusals([request], Stage.APPROVE):
        return False
    move(request, "approve")
    return True


def settle(
    *,
    actor: Actor,
    request: DeploymentRequest,
    verb: str,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    topics: Iterable[str] = (),
) -> Event:
    """Save the request (0 rows raise `Conflict`), say what it waits for now, record the event `verb` (past tense).

    Inside the transaction of the verb. The event tells state and revision besides `after`.
    """
    request.save()
    request_waits.update_wait(request)
    return events.record(
        actor=actor,
        verb=verb,
        subject=request,
        before=before,
        after={"state": str(request.state), "revision": request.revision, **(after or {})},
        reason=reason,
        topics=[*topics_of(request), *topics],
    )


def topics_of(request: DeploymentRequest) -> list[str]:
    """The pages that show something of this request."""
    watched = ["requests", "work"]
    if request.release_id is not None:
        watched.append(f"release:{request.release_id}")
    if request.run_id is not None:
        watched.append(f"run:{request.run_id}")
    return watched
