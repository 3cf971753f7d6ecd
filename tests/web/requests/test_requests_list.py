"""The list of requests: what is under way first, narrowed by the address, in pages; it follows what changes."""

import re

import pytest

from releaseorch.core.paging import PAGE_SIZE
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from tests.factories import House
from tests.histories import request_in_state


def numbers(answer) -> list[int]:
    return [
        int(found)
        for found in re.findall(r'<td data-label=""><a href="/requests/(\d+)">', answer.content.decode())
    ]


def test_it_opens_with_what_is_under_way(house: House, door) -> None:
    draft, rejected, approved = (
        request_in_state(house, state) for state in (R.DRAFT, R.REJECTED, R.APPROVED)
    )
    client = door(house.cast.auditor)
    assert numbers(client.get("/requests")) == [approved.pk, draft.pk]
    assert numbers(client.get("/requests?state=all")) == [approved.pk, rejected.pk, draft.pk]
    assert numbers(client.get("/requests?state=rejected")) == [rejected.pk]


def test_it_is_narrowed_by_the_address(house: House, door) -> None:
    mine = request_in_state(house, R.SUBMITTED, title="Web alone")
    other = request_in_state(house, R.SUBMITTED, requester=house.cast.teammate, environment=house.acceptance)
    client = door(house.cast.developer)
    assert numbers(client.get("/requests?mine=1")) == [mine.pk]
    assert numbers(client.get(f"/requests?environment={house.acceptance.pk}")) == [other.pk]
    assert numbers(client.get("/requests?text=alone")) == [mine.pk]
    assert numbers(client.get(f"/requests?text=%23{other.pk}")) == [other.pk]
    assert "No request fits." in client.get(f"/requests?application={house.billing.pk}").content.decode()


@pytest.mark.parametrize(
    ("query", "code"),
    [("application=x", 200), ("cursor=nowhere", 422), ("state=odd", 200), ("text=%00", 400)],
)
def test_a_bent_address_is_a_sentence(house: House, door, query: str, code: int) -> None:
    assert door(house.cast.auditor).get(f"/requests?{query}").status_code == code


def test_every_request_is_on_exactly_one_page(house: House, door) -> None:
    first = request_in_state(house, R.DRAFT)
    DeploymentRequest.objects.bulk_create(
        DeploymentRequest(application=house.claims, environment=house.production, requester=first.requester)
        for _ in range(PAGE_SIZE + 10)
    )
    client, seen, path = door(house.cast.auditor), [], "/requests"
    while path:
        answer = client.get(path)
        seen += numbers(answer)
        older = re.search(r'rel="next" href="(\?[^"]+)"', answer.content.decode())
        path = f"/requests{older[1]}" if older else ""
    assert seen == sorted(DeploymentRequest.objects.values_list("pk", flat=True), reverse=True)


@pytest.mark.parametrize(
    ("path", "topics", "parts"),
    [
        ("/", "work requests runs", {"now", "under-way"}), ("/requests", "requests", {"rows"}),
        ("/board", "requests release:{release}", {"rows", "between-us"}),
        ("/requests/{request}", "request:{request}", {"status", "verbs", "approvals", "checks", "waiting", "events"}),
        ("/releases/{release}", "release:{release} requests", {"parts", "blocks"}),
    ],
)  # fmt: skip
def test_pages_follow_what_changes(house: House, door, path: str, topics: str, parts: set[str]) -> None:
    known = {"request": request_in_state(house, R.SUBMITTED).pk, "release": house.release.pk}
    text = door(house.cast.release_manager).get(path.format(**known)).content.decode()
    assert f'data-topics="{topics.format(**known)}"' in text
    found = dict(re.findall(r'id="([a-z-]+)"[^>]* data-live="[^"]*#([a-z-]+)"', text))
    assert parts <= set(found) and all(part == address for part, address in found.items())
