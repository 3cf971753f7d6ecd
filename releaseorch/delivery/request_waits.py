"""What a request waits for in each state, told to the ledger after every change."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from releaseorch.accounts.roles import Role
from releaseorch.delivery import approvals, lateness, run_waits
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.waiting import ledger
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker

KIND = "request"


def update_wait(request: DeploymentRequest) -> None:
    """Bring the ledger in line with the state of the request; final ones wait for nothing."""
    blocker = blocker_of(request)
    if blocker is None:
        ledger.end(KIND, [request.pk])
    else:
        ledger.wait(KIND, request.pk, blocker)


def blocker_of(request: DeploymentRequest, slots: Sequence[SlotView] | None = None) -> WaitsFor | None:
    if request.is_final:
        return None
    if request.state == RequestState.SUBMITTED and lateness.needs_consent(request):
        sentence = _("Filed late: waits for a release manager to let it in.")
        return WaitsFor(Blocker.ROLE, str(Role.RELEASE_MANAGER.label), sentence)
    if request.state == RequestState.SUBMITTED:
        return _approval(request, approvals.slots_of_request(request) if slots is None else slots)
    if request.run is not None and request.state != RequestState.FAILED:
        return run_waits.of_held_request(request.run, request)
    if request.state == RequestState.APPROVED:
        return run_waits.for_a_run(request)
    return _requester(request)


def _approval(request: DeploymentRequest, slots: Sequence[SlotView]) -> WaitsFor:
    slot = next((one for one in slots if one.missing), slots[0])
    kind = Blocker.TEAM if slot.spec.team_id is not None else Blocker.ROLE
    sentence = _("Waits for the approval of %(slot)s.") % {"slot": slot.name}
    return WaitsFor(kind, slot.who, sentence, slot.spec.team_id, slot.spec.team_id)


def _requester(request: DeploymentRequest) -> WaitsFor:
    sentences = {
        str(RequestState.DRAFT): _("Waits for %(person)s to submit it."),
        str(RequestState.SENT_BACK): _("Sent back: waits for %(person)s to change and submit it again."),
        str(RequestState.FAILED): _(
            "Failed: waits for %(person)s to try again in another run, or to withdraw it."
        ),
    }
    person = request.requester
    return WaitsFor(
        Blocker.PERSON,
        person.name,
        sentences[request.state] % {"person": person.name},
        person.pk,
        request.application.team_id,
    )
