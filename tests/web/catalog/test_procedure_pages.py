"""Procedures in the browser: looked at before they are saved, compared afterwards."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from releaseorch.accounts.models import Person
from releaseorch.catalog import procedure_text
from releaseorch.catalog.models import Component, Procedure
from tests.doors.catalog_verbs import TEXT
from tests.factories import House
from tests.web.catalog.test_catalog_pages import text_of

pytestmark = pytest.mark.django_db
Doors = Callable[[Person], Any]


def test_looking_shows_the_steps_and_saves_nothing(house: House, door: Doors) -> None:
    page = door(house.cast.release_manager)
    answer = page.post("/procedures/new", {"text": TEXT, "do": "preview"})
    said = text_of(answer)
    assert answer.status_code == 200
    assert "Its steps would be" in said
    assert "Stop it" in said
    assert "key: stop" in said
    assert not Procedure.objects.filter(name="careful").exists()


def test_looking_shows_what_a_machine_tries_again(house: House, door: Doors) -> None:
    step = "{key: a, title: A, executor: shell, parameters: {argv: [x]}, effect_class: A, retry: {times: 3}}"
    page = door(house.cast.release_manager)
    answer = page.post("/procedures/new", {"text": f"name: careful\nsteps:\n- {step}", "do": "preview"})
    assert "tried again 3×" in text_of(answer)


@pytest.mark.parametrize("do", ["preview", "save"])
def test_faults_stand_at_the_text_with_their_lines_and_nothing_is_lost(
    house: House, door: Doors, do: str
) -> None:
    broken = TEXT.replace("phase: stop", "phase: halt")
    answer = door(house.cast.release_manager).post("/procedures/new", {"text": broken, "do": do})
    said = text_of(answer)
    assert answer.status_code == 422
    assert "Line 3: phase: This must be one of prepare, stop" in said
    assert "phase: halt" in said
    assert not Procedure.objects.filter(name="careful").exists()


def test_a_name_that_is_there_is_said_at_the_text(house: House, door: Doors) -> None:
    answer = door(house.cast.release_manager).post(
        "/procedures/new", {"text": TEXT.replace("careful", "Service")}
    )
    assert answer.status_code == 422
    assert "There is a procedure service already; edit that one." in text_of(answer)


def test_the_text_that_is_offered_as_an_example_can_be_saved(house: House, door: Doors) -> None:
    page = door(house.cast.release_manager)
    example = page.get("/procedures/new").context["form"].initial["text"]
    assert page.post("/procedures/new", {"text": example.replace("service", "example")}).status_code == 303
    assert Procedure.objects.get(name="example").steps.count() == 3


def test_an_edit_is_compared_with_what_was_before(house: House, door: Doors) -> None:
    page, first = door(house.cast.release_manager), Procedure.objects.get(name="service")
    text = procedure_text.write(first, first.steps.all())
    assert text in unescape(page.get(f"/procedures/{first.pk}/edit").content.decode())
    changed = text.replace("Deploy ${component} ${version}", "Bring ${component} to ${version}")
    done = page.post(f"/procedures/{first.pk}/edit", {"text": changed, "version": 1, "adopt": "on"})
    second = Procedure.objects.get(name="service", version=2)
    assert done["Location"] == f"/procedures/{second.pk}"
    said = text_of(page.get(f"/procedures/{second.pk}?against={first.pk}"))
    assert "<ins>+     title: Bring ${component} to ${version}</ins>" in said
    assert "<del>-     title: Deploy ${component} ${version}</del>" in said
    assert "older version" in text_of(page.get(f"/procedures/{first.pk}"))
    assert set(Component.objects.filter(procedure=second)) == {house.claims_web, house.billing_api}
    stale = page.post(f"/procedures/{first.pk}/edit", {"text": changed + "\n# mine", "version": 1})
    assert stale.status_code == 409
    assert "Rita Moreau made service v2" in text_of(stale)
    assert "# mine" in text_of(stale)


def test_another_name_is_another_procedure(house: House, door: Doors) -> None:
    first = Procedure.objects.get(name="service")
    answer = door(house.cast.release_manager).post(
        f"/procedures/{first.pk}/edit", {"text": TEXT, "version": 1}
    )
    assert answer.status_code == 422
    assert "This is the procedure service; another name is another procedure." in text_of(answer)


def test_the_schema_is_published_with_the_tools_that_are_here(house: House, door: Doors) -> None:
    answer = door(house.cast.developer).get("/procedures/schema.json")
    schema = answer.json()
    assert answer["Content-Type"] == "application/schema+json"
    assert schema["$id"].endswith("/procedures/schema.json")
    tools = schema["properties"]["steps"]["items"]["allOf"]
    assert [tool["if"]["properties"]["executor"]["const"] for tool in tools] == ["http", "shell"]


def test_a_reader_sees_procedures_but_no_pen(house: House, door: Doors) -> None:
    page, first = door(house.cast.developer), Procedure.objects.get(name="front")
    said = text_of(page.get("/procedures"))
    assert "/procedures/new" not in said
    assert page.get("/procedures/new").status_code == 403
    assert 'aria-disabled="true"' in text_of(page.get(f"/procedures/{first.pk}"))
    assert "portal-front" in text_of(page.get(f"/procedures/{first.pk}"))
    assert f"/procedures/{first.pk}" in text_of(page.get("/search?q=front"))
    assert page.get(f"/procedures/{first.pk}?against=999").status_code == 404
