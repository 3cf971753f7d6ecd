"""Where there are too many rows for a select, forms ask for names; with a few they offer them."""

from collections.abc import Callable
from typing import Any

import pytest

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog import services
from releaseorch.catalog.models import Application, Component, Procedure
from releaseorch.environments import reach
from releaseorch.environments.models import Target
from releaseorch.features.models import Feature
from tests.factories import ComponentFactory, House

pytestmark = pytest.mark.django_db
Doors = Callable[[Person], Any]
MANY = 201


def many_applications(team: Team) -> None:
    Application.objects.bulk_create(
        Application(name=f"Application {n}", name_key=f"application {n}", slug=f"application-{n}", team=team)
        for n in range(MANY)
    )


def many_procedures() -> None:
    Procedure.objects.bulk_create(
        Procedure(name=f"procedure-{n}", name_key=f"procedure-{n}") for n in range(MANY)
    )


def test_what_a_feature_touches_is_typed_one_name_a_line(house: House, door: Doors) -> None:
    many_applications(house.cast.claims)
    page = door(house.cast.release_manager)
    assert '<textarea name="applications"' in page.get("/features/new").content.decode()
    typed = {"key": "CR-7000", "title": "Hail", "applications": "Claims\r\nnobody's\r\n"}
    answer = page.post("/features/new", typed)
    assert answer.status_code == 422
    assert "There is nothing of that name here: nobody&#x27;s." in answer.content.decode()
    assert "Claims\r\nnobody&#x27;s" in answer.content.decode()
    answer = page.post("/features/new", {**typed, "applications": "claims\r\n\r\nAPPLICATION 7"})
    made = Feature.objects.get(key="CR-7000")
    assert answer["Location"] == f"/features/{made.pk}"
    assert sorted(scope.application.name for scope in made.scopes.all()) == ["Application 7", "Claims"]


def test_a_component_keeps_its_older_procedure_unless_another_is_typed(house: House, door: Doors) -> None:
    many_procedures()
    page, row = door(house.cast.release_manager), house.claims_web
    old = row.procedure
    assert old is not None
    services.edit_procedure(
        actor=house.cast.release_manager, procedure=old,
        steps=[services.ProcedureStepDraft(key="look", title="Look", kind="manual")],
    )  # fmt: skip
    path = f"/components/{row.pk}/edit"
    shown = page.get(path).content.decode()
    assert f'value="{old}"' in shown and "<option" not in shown

    def saved(procedure: str) -> Procedure | None:
        row.refresh_from_db()
        typed = {"name": row.name, "kind": row.kind, "procedure": procedure, "version": row.row_version}
        assert page.post(path, typed).status_code == 303
        row.refresh_from_db()
        return row.procedure

    assert saved(str(old)) == old
    newest = saved(old.name.upper())
    assert newest is not None and (newest.name, newest.version) == (old.name, old.version + 1)
    assert saved("") is None


def test_a_procedure_of_no_such_name_is_said_at_its_field(house: House, door: Doors) -> None:
    many_procedures()
    row = house.claims_web
    typed = {"name": row.name, "procedure": "nothing v1", "version": row.row_version}
    answer = door(house.cast.release_manager).post(f"/components/{row.pk}/edit", typed)
    assert answer.status_code == 422
    assert 'value="nothing v1"' in answer.content.decode()
    assert 'id="id_procedure_error"' in answer.content.decode()


def test_a_role_offers_all_places_while_they_are_few_and_none_when_they_are_many(house: House) -> None:
    offered = dict(reach.choices() or ())
    assert next(iter(offered)) == "everywhere"
    assert offered[f"team-{house.cast.claims.pk}"] == "the team Claims"
    assert offered[f"application-{house.claims.pk}"] == "the application Claims"
    assert offered[f"environment-{house.acceptance.pk}"] == "the environment Acceptance"
    many_applications(house.cast.claims)
    assert reach.choices() is None


def test_what_is_placed_is_typed_with_its_application(house: House, door: Doors) -> None:
    target = Target.objects.create(environment=house.production, name="app-1")
    Component.objects.bulk_create(
        Component(
            application=house.claims,
            name=f"part-{n}",
            name_key=f"part-{n}",
            procedure=house.claims_web.procedure,
        )
        for n in range(MANY)
    )
    twin = ComponentFactory(application=house.billing, name="part-7")
    page, path = door(house.cast.administrator), f"/placements/new?target={target.pk}"
    text = page.get(path).content.decode()
    assert 'type="text" name="component"' in text and "part-8" not in text
    unsure = page.post(path, {"component": "part-7", "order": "0"})
    assert unsure.status_code == 422 and "Several applications have" in unsure.content.decode()
    assert page.post(path, {"component": "nothing", "order": "0"}).status_code == 422
    assert page.post(path, {"component": "Billing / part-7", "order": "0"}).status_code == 303
    assert page.post(path, {"component": "part-8", "order": "1"}).status_code == 303
    assert [one.component.name for one in target.placements.order_by("order")] == ["part-7", "part-8"]
    assert target.placements.filter(component=twin).exists()
