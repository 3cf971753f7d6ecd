"""Applications, components and versions in the browser: forms that lose nothing, pages that say what stands."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.catalog import services
from releaseorch.catalog.models import Application, Component, ComponentDependency, ComponentVersion
from releaseorch.environments import inventory
from releaseorch.features.models import FeatureInVersion
from tests.api.conftest import program  # noqa: F401  (a fixture)
from tests.characters import grant
from tests.factories import ApplicationFactory, ComponentFactory, House

pytestmark = pytest.mark.django_db
Doors = Callable[[Person], Any]


def text_of(answer: Any) -> str:
    return unescape(answer.content.decode())


def typed(house: House, **values: Any) -> dict[str, Any]:
    return {"name": "Claims", "team": house.cast.claims.pk, "level": "train", "version": 1, **values}


def test_what_cannot_be_taken_comes_back_at_its_field_with_all_that_was_typed(
    house: House, door: Doors
) -> None:
    page = door(house.cast.release_manager)
    answer = page.post(
        "/applications/claims/edit",
        typed(house, name="BILLING", contact="ext. 4711", runbook_url="ftp://runbooks", tags="core, night"),
    )
    assert answer.status_code == 422
    said = text_of(answer)
    assert "There is an application Billing already. Capitals" in said
    for kept in ('value="BILLING"', 'value="ext. 4711"', 'value="ftp://runbooks"', 'value="core, night"'):
        assert kept in said
    assert 'aria-describedby="id_name_error"' in said
    assert Application.objects.get(slug="claims").name == "Claims"


def test_a_field_that_is_missing_is_said_before_the_service_is_asked(house: House, door: Doors) -> None:
    answer = door(house.cast.release_manager).post("/applications/new", {"contact": "ext. 4711"})
    assert answer.status_code == 422
    assert 'value="ext. 4711"' in text_of(answer)
    assert Application.objects.count() == 3


def test_who_comes_second_sees_both_and_decides(house: House, door: Doors) -> None:
    services.edit_application(
        actor=house.cast.second_manager, application=house.claims, seen=1, contact="ext. 1"
    )
    page = door(house.cast.release_manager)
    answer = page.post("/applications/claims/edit", typed(house, contact="ext. 2", criticality="vital"))
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Sven Dahl changed Claims" in said
    assert 'value="ext. 2"' in said
    assert "Now: ext. 1" in said
    assert 'name="version" value="2"' in said
    again = page.post("/applications/claims/edit", typed(house, contact="ext. 2", version=2))
    assert again.status_code == 303
    assert Application.objects.get(slug="claims").contact == "ext. 2"


def test_who_may_not_edit_reads_why_and_who_may(house: House, door: Doors) -> None:
    page = door(house.cast.developer)
    for path in ("/applications/new", "/applications/claims/edit", f"/components/{house.claims_web.pk}/edit"):
        answer = page.get(path)
        assert answer.status_code == 403
        assert "administrator, release manager" in text_of(answer)
    assert "aria-disabled" in text_of(page.get("/applications/claims"))


def test_who_manages_one_team_or_place_finds_the_way_to_the_form(house: House, door: Doors) -> None:
    dana, here = house.cast.developer, house.production
    grant(dana, Role.RELEASE_MANAGER, team=house.cast.billing)
    RoleGrant.objects.create(
        person=dana, role=Role.ADMINISTRATOR, scope_kind=ScopeKind.ENVIRONMENT, scope_id=here.pk
    )
    page = door(dana)
    for way in ("/applications", "/connections"):
        assert f'href="{way}/new"' in text_of(page.get(way))
        assert page.get(f"{way}/new").status_code == 200
    fleet = typed(house, name="Fleet")
    assert page.post("/applications/new", fleet).status_code == 403
    assert page.post("/applications/new", {**fleet, "team": house.cast.billing.pk}).status_code == 303


def test_values_of_a_component_are_lines_and_a_bad_line_is_named(house: House, door: Doors) -> None:
    page, path = door(house.cast.release_manager), f"/components/{house.claims_web.pk}/edit"
    values = {"name": "claims-web", "procedure": house.claims_web.procedure_id, "version": 1}
    answer = page.post(path, {**values, "parameters": "port = 8443\nbroken"})
    assert answer.status_code == 422
    assert "Line 2 is not “name = text”." in text_of(answer)
    assert page.post(path, {**values, "parameters": "port = 8443\r\nurl = http://a/?b=c"}).status_code == 303
    assert Component.objects.get(pk=house.claims_web.pk).parameters == {
        "port": "8443",
        "url": "http://a/?b=c",
    }
    assert "port = 8443\nurl = http://a/?b=c" in text_of(page.get(path))


def test_a_retired_application_says_so_and_is_hidden_from_the_list(house: House, door: Doors) -> None:
    services.retire_application(
        actor=house.cast.release_manager, application=house.billing, reason="Replaced by Ledger."
    )
    page = door(house.cast.developer)
    said = text_of(page.get("/applications/billing"))
    assert "Replaced by Ledger." in said
    assert "/requests/new?application" not in said
    assert "/applications/billing" not in text_of(page.get("/applications"))
    assert "/applications/billing" in text_of(page.get("/applications?retired=1"))


def test_retire_stays_on_the_page_and_names_what_holds_it(house: House, door: Doors) -> None:
    answer = door(house.cast.release_manager).get("/applications/claims")
    assert "portal-front needs claims-web. Take this dependency out first." in text_of(answer)


def test_dependencies_are_added_and_taken_out_and_a_cycle_is_named(house: House, door: Doors) -> None:
    page = door(house.cast.release_manager)
    path = f"/components/{house.claims_db.pk}"
    refused = page.post(f"{path}/add-dependency", {"needs": house.portal_front.pk, "reason": "runtime"})
    assert refused.status_code == 422
    assert "This would be a cycle: claims-db → portal-front → claims-web → claims-db." in text_of(refused)
    assert page.post(f"{path}/add-dependency", {"needs": "", "reason": "runtime"}).status_code == 422
    added = page.post(f"{path}/add-dependency", {"needs": house.billing_api.pk, "reason": "runtime"})
    assert added.status_code == 303
    assert "billing-api" in text_of(page.get(path))
    page.post(f"{path}/remove-dependency", {"needs": house.billing_api.pk})
    assert not ComponentDependency.objects.filter(component=house.claims_db).exists()


def test_a_version_is_registered_and_its_way_is_drawn(house: House, door: Doors) -> None:
    page = door(house.cast.developer)
    path = f"/components/{house.claims_web.pk}/versions/new"
    bad = page.post(path, {"text": "9.0.0", "features": "CR-5003, CR-1", "digest": "sha256:9"})
    assert bad.status_code == 422
    assert "There is no feature CR-1." in text_of(bad)
    done = page.post(path, {"text": "9.0.0", "features": "CR-5003", "digest": "sha256:9"})
    made = ComponentVersion.objects.get(text="9.0.0")
    assert (done.status_code, done["Location"]) == (303, f"/versions/{made.pk}")
    assert FeatureInVersion.objects.filter(version=made, feature=house.payouts).exists()
    assert page.post(path, {"text": "9.0.0", "digest": "sha256:other"}).status_code == 409
    assert text_of(page.get(f"/versions/{made.pk}")).count("never there") == 4
    inventory.install(
        actor=house.cast.operator, component=house.claims_web, environment=house.acceptance, target=None,
        version=made, source_kind="hand", source_id=None, source_name="",
    )  # fmt: skip
    said = text_of(page.get(f"/versions/{made.pk}"))
    assert said.count("never there") == 3
    assert "There now" in said


def test_lists_and_pages_cost_the_same_for_any_number(house: House, door: Doors) -> None:
    page = door(house.cast.release_manager)

    def cost(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert page.get(path).status_code == 200
        return len(queries)

    paths = ["/applications", "/applications/claims", f"/components/{house.claims_web.pk}"]
    before = [cost(path) for path in paths]
    ApplicationFactory.create_batch(5, team=house.cast.claims)
    for needed in ComponentFactory.create_batch(
        5, application=house.claims, procedure=house.claims_db.procedure
    ):
        ComponentDependency.objects.create(component=house.claims_web, needs=needed)
        house.version(needed)
    assert [cost(path) for path in paths] == before


def test_the_audit_leads_to_an_application_by_its_number(house: House, door: Doors) -> None:
    services.edit_application(
        actor=house.cast.release_manager, application=house.claims, name="Claims and Payouts"
    )
    page = door(house.cast.auditor)
    address = f"/applications/by-number/{house.claims.pk}"
    assert address in text_of(page.get("/audit?verb=application"))
    assert page.get(address)["Location"] == "/applications/claims"


HOSTILE = {
    "control character": "a\x07b", "right-to-left mark": "a\u202eb", "nothing to see": "\u2060\u200b",
    "too long": "x" * 300, "only spaces": "   ",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_that_cannot_be_kept_is_refused_at_both_doors(
    house: House,
    door: Doors,
    program: Any,  # noqa: F811
    name: str,
) -> None:
    before = list(Application.objects.order_by("pk").values())
    page, api = door(house.cast.release_manager), program(house.cast.release_manager)
    answers = [
        page.post("/applications/claims/edit", typed(house, name=name)),
        page.post("/applications/new", typed(house, name=name)),
        page.post(f"/components/{house.claims_web.pk}/edit", {"name": name, "version": 1}),
        api.patch(f"/api/v1/applications/{house.claims.pk}", {"name": name}, format="json"),
        api.post("/api/v1/applications", {"name": name, "team": "claims"}, format="json"),
        api.post("/api/v1/components", {"name": name, "application": "claims"}, format="json"),
    ]
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert list(Application.objects.order_by("pk").values()) == before
    assert Component.objects.count() == 4


def test_of_very_many_components_some_are_offered_and_others_found_by_name(
    house: House, door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("releaseorch.web.views.components.MOST_NEEDS", 1)
    page, path = door(house.cast.release_manager), f"/components/{house.claims_db.pk}"
    first = page.get(path)
    assert [one.name for one in first.context["addable"]] == ["billing-api"]
    assert "The first 1: type a part of the name to see others." in text_of(first)
    assert [one.name for one in page.get(f"{path}?need=portal").context["addable"]] == ["portal-front"]
    assert "No component of that name." in text_of(page.get(f"{path}?need=nothing"))


def test_an_older_procedure_is_offered_to_who_has_it_only(house: House, door: Doors) -> None:
    page, old = door(house.cast.release_manager), house.claims_web.procedure
    services.edit_procedure(
        actor=house.cast.release_manager, procedure=old,
        steps=[services.ProcedureStepDraft(key="look", title="Look", kind="manual")],
    )  # fmt: skip
    assert "service v1" in text_of(page.get(f"/components/{house.claims_web.pk}/edit"))
    other = text_of(page.get(f"/components/{house.claims_db.pk}/edit"))
    assert "service v2" in other
    assert "service v1" not in other
