"""Let in what was filed late."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict
from releaseorch.delivery import lateness, request_moves, request_rights
from releaseorch.delivery.models import DeploymentRequest


def consent_late_request(
    *, actor: Person, request: DeploymentRequest, reason: str, seen: int | None = None
) -> DeploymentRequest:
    """From now on it can be approved like any other; that it was late stays marked. Nobody lets in their own.

    Raises `NotAllowed`, `Conflict` when it was filed in time or was let in already, `Invalid` without a reason.
    """
    why = reason_text(reason)
    with transaction.atomic():
        request_rights.demand(actor, "consent_late", request, seen)
        if not lateness.needs_consent(request):
            raise Conflict(_("Request #%(id)d needs nobody's consent.") % {"id": request.pk})
        request.late_consent_by = actor
        request_moves.settle(
            actor=actor, request=request, verb="request.late_consented", reason=why,
            after={"late_since": request.late_since.isoformat() if request.late_since else ""},
        )  # fmt: skip
    return request
