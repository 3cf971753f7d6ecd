"""Withdraw a request: its own people don't want it any more."""

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.delivery import holding, request_moves, request_rights
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState


def withdraw_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, reason: str
) -> DeploymentRequest:
    """Anything before deploying, or failed → withdrawn; a run that holds it is freed of it.

    Raises `NotAllowed`, `Conflict`, `Invalid` without a reason.
    """
    reason = reason_text(reason)
    with transaction.atomic():
        request_rights.demand(actor, "withdraw", request, seen)
        before = {"state": str(request.state)}
        if request.run_id is not None and request.state != RequestState.FAILED:
            holding.let_go(actor=actor, request=request, reason=reason)
        request_moves.move(request, "withdraw")
        request.last_reason = reason
        request_moves.settle(
            actor=actor, request=request, verb="request.withdrawn", reason=reason, before=before
        )
    return request
