"""Commenting on a request changes nothing else."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", [RequestState.DRAFT, RequestState.SUBMITTED, RequestState.REJECTED])
def test_a_comment_is_kept_and_the_page_that_was_open_stays_valid(house: House, state: str) -> None:
    request = request_in_state(house, state)
    services.comment_request(actor=house.cast.auditor, request=request, text=" Why Saturday? ")
    again = DeploymentRequest.objects.get(pk=request.pk)
    assert [(one.person, one.text) for one in again.comments.all()] == [(house.cast.auditor, "Why Saturday?")]
    assert again.row_version == request.row_version
    assert Event.objects.get(verb="request.commented").actor_id == house.cast.auditor.pk


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001, "a\x00b", "a\ud800b"])
def test_what_cannot_be_kept_is_refused(house: House, text: str) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    with pytest.raises(Invalid):
        services.comment_request(actor=house.cast.developer, request=request, text=text)


def test_who_has_no_role_says_nothing(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    with pytest.raises(NotAllowed):
        services.comment_request(actor=house.cast.outsider, request=request, text="Hello")
