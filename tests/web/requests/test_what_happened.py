"""What happened to a request stands on its page in sentences, for all of its ways."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.web import request_feed
from tests.factories import House
from tests.histories import request_in_state, run_in_state


def said_of(request: DeploymentRequest) -> list[str]:
    events = Event.objects.filter(subject_kind="request", subject_id=request.pk)
    return [line.did for line in request_feed.feed_of(events)]


@pytest.mark.parametrize("state", [R.SENT_BACK, R.REJECTED, R.WITHDRAWN])
def test_every_event_of_a_request_has_its_words(house: House, state: R) -> None:
    said = said_of(request_in_state(house, state))
    assert len(said) >= 2
    assert [did for did in said if "request." in did] == []


def test_what_its_run_does_to_it_has_its_words(house: House) -> None:
    run = run_in_state(house, "running")
    said = said_of(DeploymentRequest.objects.get(run=run))
    assert {"put it into run", "proposed the run that holds it"} <= set(said)
    assert [did for did in said if "request." in did] == []


def test_the_page_says_it_without_a_word_of_the_machine(house: House, door) -> None:
    request = request_in_state(house, R.SENT_BACK)
    page = door(house.cast.developer).get(f"/requests/{request.pk}").content.decode()
    happened = page[page.index('id="events"') :]
    happened = happened[: happened.index("</section>")]
    assert "sent it back" in happened
    assert "Say more." in happened
    for word in ("request.sent_back", "revision", "became", "&#x27;"):
        assert word not in happened
