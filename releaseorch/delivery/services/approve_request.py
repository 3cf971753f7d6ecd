"""Approve a request: fill one slot; the last one missing moves it on."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import text_of
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import approvals, content, gates, lateness, request_moves, request_rights
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import Verdict
from releaseorch.policies.models import Stage


def approve_request(
    *,
    actor: Person,
    request: DeploymentRequest,
    seen: int | None = None,
    comment: str = "",
    slot: str | None = None,
) -> DeploymentRequest:
    """Fill `slot`, or the first one that `actor` may fill, for exactly this content.

    Nobody approves their own (requester, filer, who changed the content), robots never, nobody twice.
    Raises `NotAllowed` with each reason, `Conflict` when somebody was first.
    """
    comment = text_of(comment, "comment")
    with transaction.atomic():
        request_rights.demand(actor, "approve", request, seen)
        slots = approvals.slots_of_request(request)
        try:
            chosen = approvals.slot_for(slots, actor, slot)
        except NotAllowed:
            request.check_unchanged()  # who was second is told so, not that they may not
            raise
        blocked = [*lateness.sentences(request), *content.blocked_in(request)]
        if blocked:
            raise NotAllowed(*blocked)
        gates.refuse(request, Stage.APPROVE)
        before = {"state": str(request.state)}
        write_verdict(request, actor, chosen.name, Verdict.APPROVED, comment)
        if approvals.missing(slots) == 1:
            request_moves.move(request, "approve")
        request_moves.settle(
            actor=actor,
            request=request,
            verb="request.approved",
            reason=comment,
            before=before,
            after={"slot": chosen.name, "digest": request.content_digest},
        )
    return request


def write_verdict(
    request: DeploymentRequest, person: Person, slot: str, verdict: Verdict, comment: str
) -> Approval:
    """Insert a person's word on the present content; the same word twice is a `Conflict`."""
    try:
        with transaction.atomic():
            return Approval.objects.create(
                request=request,
                round=request.revision,
                digest=request.content_digest,
                slot=slot,
                approver=person,
                verdict=verdict,
                comment=comment,
            )
    except IntegrityError as clash:
        raise Conflict(_("You have already approved this request.")) from clash
