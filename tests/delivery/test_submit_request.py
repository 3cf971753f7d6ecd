"""Submitting a request: what it needs, who is asked then, and that a second click changes nothing."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def test_a_submitted_request_waits_for_its_approval(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    services.submit_request(actor=house.cast.developer, request=request, seen=request.row_version)
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.state, request.revision) == (RequestState.SUBMITTED, 1)
    assert request.submitted_at is not None
    event = Event.objects.get(verb="request.submitted")
    assert (event.before["state"], event.after["digest"]) == ("draft", request.content_digest)


def test_a_request_without_lines_is_refused_at_its_field(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT, items=[])
    with pytest.raises(Invalid, match="needs one line at least") as refused:
        services.submit_request(actor=house.cast.developer, request=request)
    assert list(refused.value.fields) == ["items"]
    assert DeploymentRequest.objects.get(pk=request.pk).state == RequestState.DRAFT


def test_a_version_blocked_since_is_refused_with_its_reason(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    ComponentVersion.objects.update(blocked_at=clock.now(), blocked_reason="loses photographs")
    with pytest.raises(Invalid, match=r"claims-web 2\.0\.0 is blocked: loses photographs"):
        services.submit_request(actor=house.cast.developer, request=request)


def test_the_second_of_two_clicks_is_a_conflict_and_tells_nothing(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    again, seen = DeploymentRequest.objects.get(pk=request.pk), request.row_version
    services.submit_request(actor=house.cast.developer, request=request, seen=seen)
    with pytest.raises(Conflict):
        services.submit_request(actor=house.cast.developer, request=again, seen=seen)
    with pytest.raises(Conflict, match="it is submitted"):
        services.submit_request(
            actor=house.cast.developer, request=DeploymentRequest.objects.get(pk=request.pk)
        )
    assert Event.objects.filter(verb="request.submitted").count() == 1


def test_what_was_sent_back_is_submitted_as_a_new_revision(house: House) -> None:
    request = request_in_state(house, RequestState.SENT_BACK)
    services.submit_request(actor=house.cast.developer, request=request)
    assert (request.state, request.revision, request.last_reason) == (RequestState.SUBMITTED, 2, "")


@pytest.mark.parametrize("who", ["outsider", "auditor", "other_developer", "release_manager"])
def test_a_draft_is_submitted_by_its_team_only(house: House, who: str) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    with pytest.raises(NotAllowed):
        services.submit_request(actor=getattr(house.cast, who), request=request)
