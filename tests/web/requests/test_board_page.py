"""The board: nothing filed is a line too, several are approved at once or none, the rest goes into a run."""

import re
from datetime import timedelta

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.delivery import board_queries
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.features.models import ReleaseMilestone
from tests.factories import House
from tests.histories import request_in_state
from tests.web.requests.forms import form_of

BOARD = "/board"


def states() -> list[str]:
    return list(DeploymentRequest.objects.order_by("pk").values_list("state", flat=True))


def test_every_application_with_features_has_a_line(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    text = door(house.cast.release_manager).get(BOARD).content.decode()
    assert f'href="/requests/{request.pk}"' in text
    assert "nothing filed" in text
    assert "Customer Portal has 1 feature" in text and "filed nothing" in text
    assert "Billing" not in text.partition('id="rows"')[2]  # it has no feature in this release


def test_cut_offs_count_down(house: House, door) -> None:
    ReleaseMilestone.objects.create(release=house.release, kind="filing", at=clock.now() - timedelta(hours=2))
    ReleaseMilestone.objects.create(
        release=house.release, kind="approval", at=clock.now() + timedelta(hours=3)
    )
    text = door(house.cast.auditor).get(BOARD).content.decode()
    assert "Filing closes" in text and "in 2 h 59" in text
    assert "2 h 00 late" in text  # the portal has filed nothing


def test_by_environment_it_shows_open_requests(house: House, door) -> None:
    request_in_state(house, R.APPROVED, title="Web alone")
    client = door(house.cast.release_manager)
    assert "Web alone" in client.get(f"{BOARD}?environment={house.production.pk}").content.decode()
    assert (
        "Nothing is under way here."
        in client.get(f"{BOARD}?environment={house.integration.pk}").content.decode()
    )


def test_several_are_approved_at_once(house: House, door) -> None:
    requests = [request_in_state(house, R.SUBMITTED) for _ in range(3)]
    client = door(house.cast.release_manager)
    url = f"{BOARD}?environment={house.production.pk}"
    form = form_of(client.get(url), "/board/approve")
    assert [value for value, _label in form.choices["request"]] == [str(one.pk) for one in reversed(requests)]
    answer = client.post("/board/approve", {**form.values, "request": [str(one.pk) for one in requests]})
    assert answer.status_code == 303 and answer["Location"] == url
    assert states() == [R.APPROVED] * 3
    assert Event.objects.filter(verb="request.approved").count() == 3


def test_one_that_cannot_be_approved_is_named_and_left_out_by_one_press(house: House, door) -> None:
    theirs, own = (
        request_in_state(house, R.SUBMITTED, requester=who)
        for who in (house.cast.developer, house.cast.release_manager)
    )
    client = door(house.cast.release_manager)
    answer = client.post("/board/approve", {"request": [str(theirs.pk), str(own.pk)], "comment": "Fine."})
    assert answer.status_code == 409
    assert "This is your own request" in answer.content.decode()
    assert states() == [R.SUBMITTED] * 2
    assert not Event.objects.filter(verb="request.approved").exists()
    answer = client.post("/board/approve", form_of(answer, "/board/approve").values)
    assert answer.status_code == 303
    assert states() == [R.APPROVED, R.SUBMITTED]
    assert Event.objects.get(verb="request.approved").reason == "Fine."


def test_one_that_changed_in_between_is_not_approved_unseen(house: House, door) -> None:
    one, other = request_in_state(house, R.SUBMITTED), request_in_state(house, R.SUBMITTED)
    given = {"request": [str(one.pk), str(other.pk)], f"version-{one.pk}": str(one.row_version - 1)}
    answer = door(house.cast.release_manager).post("/board/approve", given)
    assert answer.status_code == 409
    assert states() == [R.SUBMITTED] * 2


def test_nothing_selected_is_a_sentence(house: House, door) -> None:
    answer = door(house.cast.release_manager).post("/board/approve", {})
    assert answer.status_code == 422 and "Select at least one" in answer.content.decode()


def test_who_may_approve_and_group_nothing_has_nothing_to_select(house: House, door) -> None:
    request_in_state(house, R.APPROVED)
    request_in_state(house, R.SUBMITTED)
    url = f"{BOARD}?environment={house.production.pk}"
    assert not door(house.cast.auditor).get(url).context["can_pick"]
    assert door(house.cast.release_manager).get(url).context["can_pick"]


def test_an_empty_house_says_what_is_missing(cast, door) -> None:
    answer = door(cast.release_manager).get(BOARD)
    assert answer.status_code == 200 and "There is no environment yet." in answer.content.decode()


def test_a_long_group_shows_its_first_requests_its_number_and_a_way_to_all(house: House, door) -> None:
    drafts = [request_in_state(house, R.DRAFT) for _ in range(board_queries.FIRST)]
    sent_back, approved = request_in_state(house, R.SENT_BACK), request_in_state(house, R.APPROVED)
    client = door(house.cast.release_manager)
    url = f"{BOARD}?environment={house.production.pk}"

    def shown(text: str) -> set[int]:
        return {int(pk) for pk in re.findall(r'<a href="/requests/(\d+)">#', text)}

    first = client.get(url).content.decode()
    assert shown(first) == {approved.pk, sent_back.pk, *(one.pk for one in drafts[1:])}  # the newest drafts
    assert f"somebody, {len(drafts) + 1}<" in first and f'&amp;all=1">All {len(drafts) + 1}</a>' in first
    assert first.index(f"#{sent_back.pk}<") < first.index(f"#{drafts[-1].pk}<")
    everything = client.get(f"{url}&all=1").content.decode()
    assert shown(everything) == {approved.pk, sent_back.pk, *(one.pk for one in drafts)}
    assert f">All {len(drafts) + 1}<" not in everything
