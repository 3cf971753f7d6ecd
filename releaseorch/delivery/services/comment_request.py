"""Comment on a request."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.checked import text_of
from releaseorch.core.errors import Invalid
from releaseorch.delivery import request_rights
from releaseorch.delivery.models import DeploymentRequest, RequestComment


def comment_request(*, actor: Person, request: DeploymentRequest, text: str) -> RequestComment:
    """Say something about a request, in any state; changes nothing else. Raises `NotAllowed`, `Invalid`."""
    text = text_of(text, "text")
    if not text:
        raise Invalid({"text": _("Write something.")})
    with transaction.atomic():
        request_rights.demand(actor, "comment", request, None)
        comment = RequestComment.objects.create(request=request, person=actor, text=text)
        events.record(
            actor=actor, verb="request.commented", subject=request, after={"comment": comment.pk}, reason=text
        )
    return comment
