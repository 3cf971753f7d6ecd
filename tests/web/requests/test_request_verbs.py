"""Each verb of a request through its page: the same row and the same audit event as through the service."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from tests.factories import House
from tests.histories import request_in_state
from tests.web.requests.forms import verb

# verb, state before, who, what is typed, state after, event
VERBS = [
    ("submit", R.DRAFT, "developer", {}, R.SUBMITTED, "request.submitted"),
    ("withdraw", R.SUBMITTED, "developer", {"reason": "Not wanted."}, R.WITHDRAWN, "request.withdrawn"),
    ("approve", R.SUBMITTED, "release_manager", {"comment": "Fine."}, R.APPROVED, "request.approved"),
    ("send-back", R.SUBMITTED, "release_manager", {"reason": "Say more."}, R.SENT_BACK, "request.sent_back"),
    (
        "reject",
        R.SUBMITTED,
        "release_manager",
        {"reason": "Not before summer."},
        R.REJECTED,
        "request.rejected",
    ),
    ("retry", R.FAILED, "developer", {"reason": "The disk is larger now."}, R.APPROVED, "request.retried"),
]
NAMES = [name for name, *_ in VERBS]


@pytest.mark.parametrize(("name", "before", "who", "typed", "after", "said"), VERBS, ids=NAMES)
def test_the_button_does_what_the_service_does(
    house: House, door, name: str, before: str, who: str, typed: dict[str, str], after: str, said: str
) -> None:
    here, there = request_in_state(house, before), request_in_state(house, before)
    person = getattr(house.cast, who)
    answer = verb(door(person), f"/requests/{here.pk}", f"/requests/{here.pk}/{name}", **typed)
    assert answer.status_code == 303 and answer["Location"] == f"/requests/{here.pk}"
    service = getattr(services, f"{name.replace('-', '_')}_request")
    service(actor=person, request=DeploymentRequest.objects.get(pk=there.pk), **typed)
    rows = [DeploymentRequest.objects.get(pk=one.pk) for one in (here, there)]
    assert [row.state for row in rows] == [after, after]
    assert rows[0].last_reason == rows[1].last_reason and rows[0].revision == rows[1].revision
    by_page, by_service = [
        Event.objects.filter(subject_kind="request", subject_id=one.pk).last() for one in (here, there)
    ]
    assert by_page.verb == by_service.verb == said
    assert (by_page.actor_id, by_page.reason) == (by_service.actor_id, by_service.reason)
    by_page.before.pop("run", None), by_service.before.pop("run", None)  # each failed in its own
    assert (by_page.before, by_page.after) == (by_service.before, by_service.after)


def test_a_comment_is_kept(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    verb(
        door(house.cast.qa),
        f"/requests/{request.pk}",
        f"/requests/{request.pk}/comment",
        text="Tested twice.",
    )
    assert request.comments.get().text == "Tested twice."
    assert "Tested twice." in door(house.cast.auditor).get(f"/requests/{request.pk}").content.decode()


@pytest.mark.parametrize(("name", "before", "who", "typed", "after", "said"), VERBS, ids=NAMES)
def test_an_old_page_does_nothing_and_shows_how_it_stands_now(
    house: House, door, name: str, before: str, who: str, typed: dict[str, str], after: str, said: str
) -> None:
    request = request_in_state(house, before)
    client, url = door(getattr(house.cast, who)), f"/requests/{request.pk}"
    old = str(request.row_version - 1)
    events = Event.objects.count()
    answer = client.post(f"{url}/{name}", {**typed, "version": old})
    assert answer.status_code == 409 and f'href="{url}"' in answer.content.decode()
    assert DeploymentRequest.objects.get().state == before
    assert Event.objects.count() == events


@pytest.mark.parametrize(("name", "before", "who", "typed", "after", "said"), VERBS, ids=NAMES)
def test_who_may_not_reads_why(
    house: House, door, name: str, before: str, who: str, typed: dict[str, str], after: str, said: str
) -> None:
    request = request_in_state(house, before)
    answer = door(house.cast.outsider).post(f"/requests/{request.pk}/{name}", typed)
    assert answer.status_code == 403 and "role" in answer.content.decode()
    assert DeploymentRequest.objects.get().state == before


@pytest.mark.parametrize("name", ["withdraw", "send-back", "reject", "retry"])
def test_without_a_reason_the_form_comes_back_open(house: House, door, name: str) -> None:
    request = request_in_state(house, R.FAILED if name == "retry" else R.SUBMITTED)
    answer = door(house.cast.release_manager).post(f"/requests/{request.pk}/{name}", {"reason": " "})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Say why, in a few words" in text and 'name="verbs" open' in text


def test_nobody_approves_their_own(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED, requester=house.cast.release_manager)
    client = door(house.cast.release_manager)
    assert "somebody else approves it" in client.get(f"/requests/{request.pk}").content.decode()
    assert client.post(f"/requests/{request.pk}/approve").status_code == 403


def test_the_buttons_follow_the_state(house: House, door) -> None:
    client = door(house.cast.release_manager)
    seen = {}
    for state in R:
        request = request_in_state(house, state)
        page = client.get(f"/requests/{request.pk}")
        assert page.status_code == 200, state
        seen[state] = {name for name in page.context["actions"] if page.context["actions"][name].allowed}
    assert {"approve", "send_back", "reject", "withdraw", "edit"} <= seen[R.SUBMITTED]
    assert "retry" in seen[R.FAILED]
    assert seen[R.DEPLOYED] == seen[R.REJECTED] == {"comment"}
    assert "approve" not in seen[R.APPROVED]
