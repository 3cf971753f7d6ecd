"""Trying a failed request again in another run."""

import pytest

from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import approvals, services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def test_its_approvals_stay_and_it_waits_for_another_run(house: House) -> None:
    request = request_in_state(house, RequestState.FAILED)
    services.retry_request(actor=house.cast.developer, request=request, reason="The disk was full.")
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.state, request.run) == (RequestState.APPROVED, None)
    assert approvals.missing(approvals.slots_of_request(request)) == 0


def test_a_version_blocked_since_is_not_tried_again(house: House) -> None:
    request = request_in_state(house, RequestState.FAILED)
    ComponentVersion.objects.update(blocked_at=clock.now(), blocked_reason="loses photographs")
    with pytest.raises(NotAllowed, match="loses photographs"):
        services.retry_request(actor=house.cast.developer, request=request, reason="Again.")
    assert DeploymentRequest.objects.get(pk=request.pk).state == RequestState.FAILED


def test_it_needs_a_reason_and_the_right(house: House) -> None:
    request = request_in_state(house, RequestState.FAILED)
    with pytest.raises(Invalid):
        services.retry_request(actor=house.cast.developer, request=request, reason=" ")
    with pytest.raises(NotAllowed):
        services.retry_request(actor=house.cast.other_developer, request=request, reason="Again.")
