"""Lists cost the same whether they hold one row or fifty, and page by key."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.audit import seals
from tests.api.conftest import Program, Programs
from tests.factories import FeatureFactory, House

NOUNS = [
    "applications", "components", "environments", "events", "features", "inventory", "releases", "requests",
    "reservations", "runs", "steps", "versions",
]  # fmt: skip


def queries(client: Program, noun: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.read(noun).status_code == 200
    return len(caught)


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_can_be_read(house: House, program: Programs, noun: str) -> None:
    answer = program(house.cast.auditor, "read").read(noun)
    assert answer.status_code == 200
    assert isinstance(answer.data["results"], list)


def file(client: Program, house: House, count: int) -> None:
    version = house.version(house.claims_web, f"9.{count}")
    for number in range(count):
        body: dict[str, Any] = {
            "application": "claims",
            "environment": "integration",
            "title": f"Request {number}",
            "items": [{"component_id": house.claims_web.pk, "version_id": version.pk}],
        }
        assert client.call("requests", body).status_code == 201


def test_a_list_costs_the_same_with_many_rows(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    file(dana, house, 1)
    once = queries(dana, "requests")
    file(dana, house, 12)
    assert queries(dana, "requests") == once <= 12


def test_features_cost_the_same_with_many_rows(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    queries(dana, "features")  # the first use of a token is noted
    once = queries(dana, "features")
    FeatureFactory.create_batch(20)
    assert queries(dana, "features") == once


def test_pages_go_by_key_and_show_each_row_once(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    file(dana, house, 5)
    seen: list[int] = []
    answer = dana.read("requests", limit=2)
    while True:
        seen += [row["id"] for row in answer.data["results"]]
        if not answer.data["next"]:
            break
        answer = dana.get(answer.data["next"])
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 5


def test_the_chain_can_be_verified(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    file(dana, house, 2)
    while seals.seal_batch():
        pass
    answer = dana.read("events/chain")
    assert answer.data["is_unbroken"]
    assert answer.data["sealed"] > 0


def test_an_event_tells_who_did_what(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    file(dana, house, 1)
    event = dana.read("events", verb="request.created").data["results"][0]
    assert event["actor_name"] == "Dana Brandt"
    assert event["subject_kind"] == "request"
