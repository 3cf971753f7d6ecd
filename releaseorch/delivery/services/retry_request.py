"""Try a failed request again, in another run."""

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import content, request_moves, request_rights
from releaseorch.delivery.models import DeploymentRequest


def retry_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, reason: str
) -> DeploymentRequest:
    """failed → approved: it waits for another run; its approvals stay, since the content is the same.

    Raises `NotAllowed` (also for a version that was blocked since), `Conflict`, `Invalid` without a reason.
    """
    reason = reason_text(reason)
    with transaction.atomic():
        request_rights.demand(actor, "retry", request, seen)
        blocked = content.blocked_in(request)
        if blocked:
            raise NotAllowed(*blocked)
        before = {"state": str(request.state), "run": request.run_id}
        request_moves.move(request, "retry")
        request_moves.settle(
            actor=actor, request=request, verb="request.retried", reason=reason, before=before
        )
    return request
