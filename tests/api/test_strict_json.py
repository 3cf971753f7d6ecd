"""What the API takes is plain JSON; all else is a clear 4xx and changes nothing."""

import pytest

from releaseorch.delivery.models import DeploymentRequest
from tests.api.conftest import Programs
from tests.factories import House

HEAD = '{"application": "claims", "environment": "integration", '
BROKEN = {
    "not JSON": "{",
    "nested 200,000 deep": "[" * 200_000,
    "nested 33 deep": '{"items":' + "[" * 33 + "]" * 33 + "}",
    "a key twice": HEAD + '"title": "a", "title": "b"}',
    "NaN": HEAD + '"title": NaN}',
    "an infinity by exponent": HEAD + '"items": [{"expected_s": 1e999}]}',
    "a number of 6,000 digits": HEAD + '"items": [{"component_id": ' + "9" * 6000 + "}]}",
    "a number over 63 bits": HEAD + '"items": [{"component_id": 9223372036854775808}]}',
    "NUL": HEAD + '"title": "a\\u0000b"}',
    "half a character": HEAD + '"title": "a\\ud800b"}',
    "half a character in a key": '{"\\ud800": 1}',
    "more than 1 MB": HEAD + '"note": "' + "x" * 1_100_000 + '"}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_body_that_cannot_be_stored_is_refused_with_a_sentence(
    house: House, program: Programs, body: str
) -> None:
    answer = program(house.cast.developer).post("/api/v1/requests", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.data["detail"].endswith((".", ")")) or "JSON" in answer.data["detail"]
    assert not DeploymentRequest.objects.exists()


FIELDS = {
    "an unknown field": {"surprise": 1},
    "a list for a text": {"title": ["a"]},
    "a name of 10,000 characters": {"title": "x" * 10_000},
    "a control character": {"title": "a\u0007b"},
    "a right-to-left mark": {"title": "a\u202eb"},
    "an item of an unknown kind": {"items": [{"kind": "explode"}]},
    "an item with an unknown field": {"items": [{"kind": "deploy", "state": "approved"}]},
    "a component that isn't there": {"items": [{"component_id": 2**62, "version_id": 1}]},
    "an id below one": {"items": [{"component_id": -1, "version_id": 1}]},
    "a state": {"state": "approved"},
    "somebody else as requester": {"requester": 1},
    "a date that isn't": {"wish_from": "the day after"},
    "an environment that isn't there": {"environment": "moon"},
}


@pytest.mark.parametrize("change", FIELDS.values(), ids=FIELDS.keys())
def test_a_field_that_cannot_be_taken_is_named(
    house: House, program: Programs, change: dict[str, object]
) -> None:
    body = {"application": "claims", "environment": "integration", **change}
    answer = program(house.cast.developer).call("requests", body)
    assert answer.status_code == 422
    assert answer.data["reason"] == "invalid"
    assert answer.data["errors"]
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "{{7*7}}", "{0.__class__}", "%s", "../../etc", "'; --"]
)
def test_hostile_text_is_kept_as_typed_and_stays_inert(house: House, program: Programs, hostile: str) -> None:
    body = {"application": "claims", "environment": "integration", "title": hostile}
    answer = program(house.cast.developer).call("requests", body)
    assert answer.status_code == 201
    assert answer.data["title"] == hostile


@pytest.mark.parametrize("number", ["9223372036854775808", "0", "-1", "abc", "1%00", "1.0"])
@pytest.mark.parametrize("noun", ["requests", "runs", "steps", "versions", "features", "attempts"])
def test_an_id_that_cannot_be_is_not_found(house: House, program: Programs, noun: str, number: str) -> None:
    assert program(house.cast.developer).get(f"/api/v1/{noun}/{number}").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["surprise=1", "state=exploded", "cursor=nonsense", "requester=%00", "run=9223372036854775808", "run=x"],
)
def test_a_parameter_that_cannot_be_taken_is_refused(house: House, program: Programs, query: str) -> None:
    answer = program(house.cast.developer).get(f"/api/v1/requests?{query}")
    assert answer.status_code in {400, 404, 422}
    assert answer.json()["reason"]


def test_another_content_type_is_refused(house: House, program: Programs) -> None:
    answer = program(house.cast.developer).post(
        "/api/v1/requests", "a=b", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 415
