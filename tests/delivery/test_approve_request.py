"""Approving a request: slots, quorum, never one's own, bound to the content."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import approvals, services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject
from tests.characters import grant
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def ask_for(house: House, *slots: dict[str, object]) -> None:
    policy = ApprovalPolicy.objects.create(
        name="Production", subject=Subject.REQUEST, environment=house.production
    )
    for slot in slots:
        ApprovalSlot.objects.create(policy=policy, **slot)


def test_the_last_missing_approval_moves_the_request_on(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    services.approve_request(actor=house.cast.release_manager, request=request, seen=request.row_version)
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert request.state == RequestState.APPROVED
    given = Approval.objects.get()
    assert (given.digest, given.slot) == (request.content_digest, "Release management")
    event = Event.objects.get(verb="request.approved")
    assert (event.before, event.after["state"]) == ({"state": "submitted"}, "approved")
    assert event.actor_id == house.cast.release_manager.pk


def test_with_a_quorum_of_two_one_approval_leaves_it_submitted(house: House) -> None:
    ask_for(house, {"name": "Release management", "role": Role.RELEASE_MANAGER, "quorum": 2})
    request = request_in_state(house, RequestState.SUBMITTED)
    services.approve_request(actor=house.cast.release_manager, request=request)
    assert request.state == RequestState.SUBMITTED
    services.approve_request(actor=house.cast.second_manager, request=request)
    assert request.state == RequestState.APPROVED


def test_one_person_fills_one_slot_even_with_two_roles(house: House) -> None:
    ask_for(
        house,
        {"name": "Release management", "role": Role.RELEASE_MANAGER},
        {"name": "Security", "role": Role.SECURITY},
    )
    grant(house.cast.release_manager, Role.SECURITY)
    request = request_in_state(house, RequestState.SUBMITTED)
    services.approve_request(actor=house.cast.release_manager, request=request)
    with pytest.raises(NotAllowed, match="one person fills one slot"):
        services.approve_request(actor=house.cast.release_manager, request=request, slot="Security")
    assert Approval.objects.count() == 1


def test_a_slot_of_a_team_is_filled_by_its_members(house: House) -> None:
    ask_for(house, {"name": "Billing agrees", "team": house.cast.billing})
    request = request_in_state(house, RequestState.SUBMITTED)
    with pytest.raises(NotAllowed, match="filled by the team Billing"):
        services.approve_request(actor=house.cast.release_manager, request=request)
    services.approve_request(actor=house.cast.other_developer, request=request)
    assert request.state == RequestState.APPROVED


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("robot", "A robot decides nothing"),
        ("outsider", "You have no role here"),
        ("operator", "filled by the role Release manager"),
        ("auditor", "filled by the role Release manager"),
    ],
)
def test_who_has_no_slot_is_refused_with_the_reason(house: House, who: str, sentence: str) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    with pytest.raises(NotAllowed, match=sentence):
        services.approve_request(actor=getattr(house.cast, who), request=request)
    assert not Approval.objects.exists()


def test_nobody_approves_their_own_request(house: House) -> None:
    manager = house.cast.release_manager
    request = request_in_state(house, RequestState.SUBMITTED, requester=manager)
    with pytest.raises(NotAllowed, match="your own request"):
        services.approve_request(actor=manager, request=request)


def test_who_filed_it_for_somebody_else_does_not_approve_it(house: House) -> None:
    request = services.create_request(
        actor=house.cast.release_manager,
        application=house.claims,
        environment=house.production,
        items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web))],
        on_behalf_of=house.cast.developer,
    )
    services.submit_request(actor=house.cast.release_manager, request=request)
    with pytest.raises(NotAllowed, match="You filed this request"):
        services.approve_request(actor=house.cast.release_manager, request=request)


def test_who_changed_what_would_be_deployed_does_not_approve_it(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    newer = house.version(house.claims_web, "2.0.1")
    changes = RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)])
    services.edit_request(actor=house.cast.release_manager, request=request, changes=changes)
    with pytest.raises(NotAllowed, match="You changed what would be deployed"):
        services.approve_request(actor=house.cast.release_manager, request=request)
    services.approve_request(actor=house.cast.second_manager, request=request)
    assert request.state == RequestState.APPROVED


def test_who_changed_only_the_title_may_still_approve(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    services.edit_request(
        actor=house.cast.release_manager, request=request, changes=RequestChanges(title="Photographs")
    )
    services.approve_request(actor=house.cast.release_manager, request=request)
    assert request.state == RequestState.APPROVED


def test_a_stale_page_is_a_conflict(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    seen = request.row_version
    services.edit_request(
        actor=house.cast.developer, request=request, changes=RequestChanges(title="Another title")
    )
    with pytest.raises(Conflict, match="changed since you opened this page"):
        services.approve_request(actor=house.cast.release_manager, request=request, seen=seen)
    assert not Approval.objects.exists()


def test_a_request_whose_version_was_blocked_meanwhile_is_not_approved(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    ComponentVersion.objects.update(blocked_at=clock.now(), blocked_reason="loses photographs")
    with pytest.raises(NotAllowed, match="is blocked: loses photographs"):
        services.approve_request(actor=house.cast.release_manager, request=request)


def test_an_approval_of_the_same_content_carries_over_to_the_next_revision(house: House) -> None:
    ask_for(house, {"name": "Release management", "role": Role.RELEASE_MANAGER, "quorum": 2})
    request = request_in_state(house, RequestState.SUBMITTED)
    services.approve_request(actor=house.cast.release_manager, request=request)
    services.send_back_request(
        actor=house.cast.second_manager, request=request, reason="Say more in the note."
    )
    services.edit_request(actor=house.cast.developer, request=request, changes=RequestChanges(note="More."))
    services.submit_request(actor=house.cast.developer, request=request)
    (slot,) = approvals.slots_of_request(request)
    assert [one.approver for one in slot.given] == [house.cast.release_manager]
    assert slot.missing == 1


def test_who_approved_and_then_sent_it_back_has_not_approved(house: House) -> None:
    ask_for(house, {"name": "Release management", "role": Role.RELEASE_MANAGER, "quorum": 2})
    request = request_in_state(house, RequestState.SUBMITTED)
    services.approve_request(actor=house.cast.release_manager, request=request)
    services.send_back_request(actor=house.cast.release_manager, request=request, reason="I looked again.")
    services.submit_request(actor=house.cast.developer, request=request)
    assert approvals.missing(approvals.slots_of_request(request)) == 2


def test_content_that_was_approved_before_needs_no_second_round(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    item = request.items.get()
    old = item.version
    newer = house.version(house.claims_web, "2.0.1")
    for version, state in ((newer, RequestState.SUBMITTED), (old, RequestState.APPROVED)):
        changes = RequestChanges(items=[ItemDraft(component=house.claims_web, version=version)])
        services.edit_request(actor=house.cast.developer, request=request, changes=changes)
        assert request.state == state


def test_a_robot_fills_no_slot_whatever_its_roles(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    (slot,) = approvals.slots_of_request(request)
    assert slot.why_not(house.cast.robot) == "A robot never approves."
    assert slot.why_not(house.cast.release_manager) == ""


def test_who_sent_it_back_may_approve_it_afterwards(house: House) -> None:
    request = request_in_state(house, RequestState.SENT_BACK)
    services.submit_request(actor=house.cast.developer, request=request)
    services.approve_request(actor=house.cast.release_manager, request=request)
    assert request.state == RequestState.APPROVED
