"""Send a request back, or reject it: two answers that are no."""

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.delivery import holding, request_moves, request_rights
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.services.approve_request import write_verdict
from releaseorch.delivery.states import Verdict


def send_back_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, reason: str
) -> DeploymentRequest:
    """submitted → sent_back: the requester changes it and submits again. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    reason = reason_text(reason)
    with transaction.atomic():
        request_rights.demand(actor, "send_back", request, seen)
        _say_no(actor, request, "send_back", Verdict.SENT_BACK, reason)
    return request


def reject_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, reason: str
) -> DeploymentRequest:
    """→ rejected, for good, before anything of it ran; a run that holds it is freed of it."""
    reason = reason_text(reason)
    with transaction.atomic():
        request_rights.demand(actor, "reject", request, seen)
        if request.run_id is not None:
            holding.let_go(actor=actor, request=request, reason=reason)
        _say_no(actor, request, "reject", Verdict.REJECTED, reason)
    return request


def _say_no(actor: Person, request: DeploymentRequest, verb: str, verdict: Verdict, reason: str) -> None:
    before = {"state": str(request.state)}
    request_moves.move(request, verb)
    request.last_reason = reason
    write_verdict(request, actor, "", verdict, reason)
    past = {"send_back": "request.sent_back", "reject": "request.rejected"}[verb]
    request_moves.settle(actor=actor, request=request, verb=past, reason=reason, before=before)
