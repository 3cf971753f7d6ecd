"""News of requests: an approval is wanted, it came back, it was approved, it lost its approvals."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from releaseorch.audit.models import Event
from releaseorch.delivery import approvals, signers
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.notifications import audience
from releaseorch.notifications.inbox import News, cut
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.links import page_of

BUNDLE = "requests"


def submitted(event: Event) -> Iterator[News]:
    request = _request(event)
    if request.state == RequestState.APPROVED and event.after.get("approvals_carried_over"):
        yield _of(
            request, Kind.APPROVED, _("%(request)s needs no new approval: what was approved has not changed.")
        )
    yield from _wanted(request)


def edited(event: Event) -> Iterator[News]:
    """Only what would be deployed counts; who is to approve it is asked once for the same content."""
    if not event.after.get("content_changed"):
        return
    request = _request(event)
    if event.after.get("approvals_fell"):
        yield _of(
            request,
            Kind.APPROVAL_LOST,
            _("%(request)s lost its approvals: %(who)s changed what would be deployed."),
            who=event.actor_name,
        )
    yield from _wanted(request)


def approved(event: Event) -> Iterator[News]:
    if event.after.get("state") == RequestState.APPROVED:
        yield _of(
            _request(event),
            Kind.APPROVED,
            _("%(request)s is approved; %(who)s gave the last approval."),
            who=event.actor_name,
        )


def sent_back(event: Event) -> Iterator[News]:
    sentence = {
        "request.sent_back": _("%(who)s sent %(request)s back: “%(why)s”"),
        "request.rejected": _("%(who)s rejected %(request)s: “%(why)s”"),
    }[event.verb]
    yield _of(_request(event), Kind.SENT_BACK, sentence, who=event.actor_name, why=cut(event.reason, 300))


def _request(event: Event) -> DeploymentRequest:
    rows = DeploymentRequest.objects.select_related("application__team", "environment", "requester")
    return rows.get(pk=event.subject_id)


def _of(request: DeploymentRequest, kind: Kind, sentence: str, **said: str) -> News:
    """For those whose request it is."""
    return News(
        kind=kind,
        people=audience.who_asked(request),
        sentence=sentence % {"request": request, **said},
        why=_("It is your request."),
        link=page_of("request", request.pk),
        subject=("request", request.pk),
        bundle=BUNDLE,
    )


def _wanted(request: DeploymentRequest) -> Iterator[News]:
    if request.state != RequestState.SUBMITTED:  # decided before this was told
        return
    sentence = _("%(who)s asks to deploy %(request)s to %(environment)s.") % {
        "who": request.requester.name,
        "request": request,
        "environment": request.environment,
    }
    yield from wanted(
        approvals.slots_of_request(request),
        sentence=sentence,
        link=page_of("request", request.pk),
        subject=("request", request.pk),
        bundle=BUNDLE,
        once=f"request:{request.pk}:{request.content_digest[:16]}:{request.revision}",
    )


def wanted(
    slots: Sequence[approvals.SlotView],
    *,
    sentence: str,
    link: str,
    subject: tuple[str, int],
    bundle: str,
    once: str,
) -> Iterator[News]:
    """For everybody who can fill a slot that is open now."""
    for name, people in signers.signers_of(slots).items():
        yield News(
            kind=Kind.APPROVAL_WANTED,
            people=[person.pk for person in people],
            sentence=sentence,
            why=_("You can approve it as %(slot)s.") % {"slot": name},
            link=link,
            subject=subject,
            bundle=bundle,
            once=once,
        )
