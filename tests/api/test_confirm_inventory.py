"""Say through the API what is installed: the same doubt ends as on the page, and nothing foreign is taken."""

from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from tests.api.conftest import Programs
from tests.factories import House

WHY = "I read it off the health page."


def body(house: House, version: int | None) -> dict[str, object]:
    return {"component": house.claims_web.pk, "environment": "production", "version": version, "reason": WHY}


def in_doubt(house: House) -> Installation | None:
    return inventory.mark_uncertain(
        actor=house.cast.robot, component=house.claims_web, environment=house.production, target=None,
        attempted=house.version(house.claims_web), source_kind="run", source_id=7, source_name="Run 7",
    )  # fmt: skip


def test_a_doubt_ends_with_the_version_that_is_there(house: House, program: Programs) -> None:
    in_doubt(house)
    answer = program(house.cast.operator).call(
        "inventory/confirm", body(house, house.claims_web.versions.get().pk)
    )
    assert (answer.status_code, answer.data["version"], answer.data["uncertain_with"]) == (200, "2.0.0", None)


def test_that_nothing_is_there_is_said_with_null(house: House, program: Programs) -> None:
    in_doubt(house)
    answer = program(house.cast.operator).call("inventory/confirm", body(house, None))
    assert answer.status_code == 204
    assert not Installation.objects.filter(until=None).exists()


def test_a_version_of_another_component_and_a_target_elsewhere_are_refused(
    house: House, program: Programs
) -> None:
    olga = program(house.cast.operator)
    foreign = house.version(house.billing_api)
    elsewhere = house.acceptance.targets.create(name="acc-1")
    assert olga.call("inventory/confirm", body(house, foreign.pk)).status_code == 422
    answer = olga.call("inventory/confirm", {**body(house, None), "target": elsewhere.pk})
    assert (answer.status_code, list(answer.data["errors"])) == (422, ["target"])
    assert not Installation.objects.exists()


def test_what_was_seen_must_still_be_there(house: House, program: Programs) -> None:
    olga = program(house.cast.operator)
    version = house.version(house.claims_web).pk
    seen = {**body(house, version), "seen": []}
    assert olga.call("inventory/confirm", seen).status_code == 200
    answer = olga.call("inventory/confirm", {**seen, "version": None})
    assert (answer.status_code, Installation.objects.filter(until=None).count()) == (409, 1)
    shown = olga.get(f"/api/v1/inventory?component={house.claims_web.pk}&environment=production&now=true")
    now = [row["id"] for row in shown.data["results"]]
    assert olga.call("inventory/confirm", {**seen, "version": None, "seen": now}).status_code == 204
