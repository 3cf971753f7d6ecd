"""What a person may do with a request, or why not: it draws the buttons of pages and answers the API."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action, Field
from releaseorch.delivery import approvals, content, gates, lateness, request_rights
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.request_facts import NEXT_DOOR
from releaseorch.delivery.states import RequestState

# The doors at which a person finds a request.
DOORS = {
    state: NEXT_DOOR[state] for state in (RequestState.DRAFT, RequestState.SENT_BACK, RequestState.SUBMITTED)
}


@dataclass(frozen=True)
class _Verb:
    name: str
    label: str
    needs_reason: bool = False
    consequence: str = ""


def actions_for(
    request: DeploymentRequest,
    person: Person,
    slots: Sequence[SlotView] | None = None,
    refusals: Sequence[str] | None = None,
) -> list[Action]:
    """The verbs that the state of the request allows, each with the reason when this person may not.

    `slots`, and what rules refuse at its next door, save queries when they were read already.
    """
    if refusals is None:
        refusals = (
            gates.refusals([request], DOORS[request.state]).get(request.pk, [])
            if request.state in DOORS
            else ()
        )
    if slots is None and request.state == RequestState.SUBMITTED:
        slots = approvals.slots_of_request(request)
    found = (
        [_approve(request, person, slots or (), refusals)] if request.state == RequestState.SUBMITTED else []
    )
    found += [
        _action(verb, request, person, refusals)
        for verb in _verbs(request)
        if not request_rights.why_not_now(verb.name, request)
        and (verb.name != "consent_late" or lateness.needs_consent(request))
    ]
    return found


def action_for(verb: str, request: DeploymentRequest, person: Person) -> Action | None:
    """One verb as `actions_for` gives it, None when the state forbids it."""
    return next((action for action in actions_for(request, person) if action.verb == verb), None)


def _verbs(request: DeploymentRequest) -> list[_Verb]:
    fall = request.state in {RequestState.APPROVED, RequestState.PLANNED}
    edited = _("Changing what would be deployed makes its approvals fall.") if fall else ""
    held = _("The run that holds it goes on without it.") if request.state == RequestState.PLANNED else ""
    return [
        _Verb("submit", _("Submit"), consequence=_("From then on somebody else must act.")),
        _Verb("retry", _("Try again in another run"), needs_reason=True,
              consequence=_("It is approved again and waits for another run; its approvals stay.")),
        _Verb("consent_late", _("Let it in"), needs_reason=True,
              consequence=_("It was filed late; from then on it can be approved like any other.")),
        _Verb("send_back", _("Send back"), needs_reason=True,
              consequence=_("%(person)s changes it and submits it again.") % {"person": request.requester}),
        _Verb("edit", _("Edit"), consequence=edited),
        _Verb("reject", _("Reject"), needs_reason=True,
              consequence=" ".join([_("It is over; nothing of it runs."), held]).strip()),
        _Verb("withdraw", _("Withdraw"), needs_reason=True,
              consequence=" ".join([_("It is over; nothing of it runs."), held]).strip()),
        _Verb("comment", _("Comment")),
    ]  # fmt: skip


def _action(verb: _Verb, request: DeploymentRequest, person: Person, refusals: Sequence[str]) -> Action:
    why_not = request_rights.why_not_theirs(person, verb.name, request)
    if verb.name == "submit" and not why_not and not request.items.all():
        why_not = _("Add a line first: a component with a version, or a manual step.")
    if verb.name == "submit" and not why_not:
        why_not = " ".join(refusals)
    fields = (Field("text", _("Comment"), kind="textarea", required=True),) if verb.name == "comment" else ()
    return Action(
        verb=verb.name,
        label=verb.label,
        url=url_of(request, verb.name),
        allowed=not why_not,
        why_not=why_not,
        primary=verb.name in {"submit", "retry", "consent_late"},
        needs_reason=verb.needs_reason,
        fields=fields,
        consequence=verb.consequence,
        version=None if verb.name == "comment" else request.row_version,
    )


def _approve(
    request: DeploymentRequest, person: Person, slots: Sequence[SlotView], refusals: Sequence[str]
) -> Action:
    reasons = [slot.why_not(person) for slot in slots]
    mine = next((slot for slot, reason in zip(slots, reasons, strict=True) if not reason), None)
    why_not = request_rights.why_not_theirs(person, "approve", request)
    if mine is None and not why_not:
        why_not = " ".join(dict.fromkeys(reasons)) or _("No approval is missing.")
    blocked = [*lateness.sentences(request), *content.blocked_in(request), *refusals] if not why_not else []
    why_not = " ".join(blocked) or why_not
    last = approvals.missing(slots) == 1
    return Action(
        verb="approve",
        label=_("Approve as %(slot)s") % {"slot": mine.name} if mine else _("Approve"),
        url=url_of(request, "approve"),
        allowed=not why_not,
        why_not=why_not,
        primary=True,
        fields=(
            Field("slot", value=mine.name if mine else ""),
            Field("comment", _("Comment"), kind="textarea"),
        ),
        consequence=_("It is the last approval: the request can go into a run.") if last else "",
        version=request.row_version,
    )


def url_of(request: DeploymentRequest, verb: str) -> str:
    return f"/requests/{request.pk}/{verb.replace('_', '-')}"
