"""The same call with the same key has one effect and one answer."""

from releaseorch.delivery.models import DeploymentRequest
from tests.api.conftest import Programs
from tests.factories import House

KEY = "Idempotency-Key"
BODY = {"application": "claims", "environment": "integration", "title": "Claims"}


def test_the_same_key_gives_the_stored_answer_once(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    first, again = (dana.call("requests", BODY, **{KEY: "abc"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.data["id"] == again.data["id"]
    assert again["Idempotency-Replayed"] == "true"
    assert DeploymentRequest.objects.count() == 1


def test_without_a_key_each_call_counts(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    for _ in range(2):
        dana.call("requests", BODY)
    assert DeploymentRequest.objects.count() == 2


def test_a_key_for_another_body_is_a_conflict(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    dana.call("requests", BODY, **{KEY: "abc"})
    answer = dana.call("requests", BODY | {"title": "Other"}, **{KEY: "abc"})
    assert answer.status_code == 409
    assert DeploymentRequest.objects.count() == 1


def test_a_key_belongs_to_its_person(house: House, program: Programs) -> None:
    program(house.cast.developer).call("requests", BODY, **{KEY: "abc"})
    program(house.cast.teammate).call("requests", BODY, **{KEY: "abc"})
    assert DeploymentRequest.objects.count() == 2


def test_a_refusal_is_not_stored(house: House, program: Programs) -> None:
    dana = program(house.cast.developer)
    assert dana.call("requests", BODY | {"environment": "moon"}, **{KEY: "abc"}).status_code == 422
    assert dana.call("requests", BODY, **{KEY: "abc"}).status_code == 201


def test_a_verb_pressed_twice_with_a_key_is_done_once(house: House, program: Programs) -> None:
    version = house.version(house.claims_web)
    dana = program(house.cast.developer)
    items = [{"component_id": house.claims_web.pk, "version_id": version.pk}]
    number = dana.call("requests", BODY | {"items": items}).data["id"]
    first, again = (dana.call(f"requests/{number}/submit", **{KEY: "s"}) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert dana.call(f"requests/{number}/submit", **{KEY: "t"}).status_code == 409


def test_a_key_that_is_too_long_is_refused(house: House, program: Programs) -> None:
    assert program(house.cast.developer).call("requests", BODY, **{KEY: "x" * 101}).status_code == 422
