"""Submit a request: from now on somebody else must act."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Invalid
from releaseorch.delivery import content, gates, lateness, request_moves, request_rights
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.policies.models import Stage


def submit_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, comment: str = ""
) -> DeploymentRequest:
    """draft | sent_back → submitted, as a new revision. Approvals of the same content still count.

    Raises `NotAllowed`, also for a rule that blocks here, `Conflict` (stale, or submitted already), `Invalid` without
    lines or with a blocked version.
    """
    with transaction.atomic():
        request_rights.demand(actor, "submit", request, seen)
        if not request.items.exists():
            raise Invalid(
                {"items": _("A request needs one line at least: say what is to be deployed or done.")}
            )
        blocked = content.blocked_in(request)
        if blocked:
            raise Invalid({"items": blocked})
        gates.refuse(request, Stage.SUBMIT)
        before = {"state": str(request.state)}
        if request.revision == 0:
            lateness.mark(request)
        request_moves.move(request, "submit")
        request.last_reason = ""
        carried_over = request_moves.approve_if_complete(actor, request)
        request_moves.settle(
            actor=actor,
            request=request,
            verb="request.submitted",
            reason=comment,
            before=before,
            after={"digest": request.content_digest, "approvals_carried_over": carried_over},
        )
    return request
