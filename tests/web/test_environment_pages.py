"""The pages of environments: one with all that concerns it, two beside each other, and tables for spreadsheets."""

import csv
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.accounts.roles import Role
from releaseorch.core.actor import SYSTEM
from releaseorch.environments import inventory, services
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject
from releaseorch.runs.states import RunState
from tests.factories import ComponentFactory, House, VersionFactory, place
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db


def install(version, environment: Environment) -> None:
    inventory.install(
        actor=SYSTEM, component=version.component, environment=environment, target=None, version=version,
        source_kind=SourceKind.IMPORT, source_id=None, source_name="first import",
    )  # fmt: skip


def test_an_environment_without_anything_says_what_would_fill_it(house: House, door) -> None:
    text = door(house.cast.outsider).get(f"/environments/{house.production.pk}").content.decode()
    for said in ("Nothing keeps runs from starting", "Nothing is installed here yet", "No target is named",
                 "No run has led here yet", "A request is approved by 1 × Release manager."):  # fmt: skip
        assert said in text, said


def test_an_environment_shows_what_is_there_who_keeps_it_and_what_policies_ask(house: House, door) -> None:
    run = run_in_state(house, RunState.APPROVED)
    place(house.claims_web, house.production, "web-1")
    old = house.version(house.claims_web, "1.0.0")
    new = house.version(house.claims_web, "1.1.0")
    install(new, house.acceptance)
    install(old, house.production)
    policy = ApprovalPolicy.objects.create(
        name="Money", subject=Subject.RUN, environment=house.production, application=house.billing
    )
    ApprovalSlot.objects.create(policy=policy, name="Security", role=Role.SECURITY, quorum=2)
    page = door(house.cast.qa).get(f"/environments/{house.production.pk}")
    text = page.content.decode()
    for said in ("1.0.0", "1 behind", "web-1", run.title, "A run with Billing is approved by 2 × Security.",
                 "Any other run is approved by 1 × Release manager."):  # fmt: skip
        assert said in text, said
    assert (
        "Retire" not in text
        and "Retire" in door(house.cast.administrator).get(page.wsgi_request.path).content.decode()
    )


def test_what_was_typed_for_a_reservation_comes_back_with_who_is_there_already(house: House, door) -> None:
    client = door(house.cast.qa)
    typed = {"environment": house.acceptance.pk, "expires_at": "2031-01-01T10:00", "reason": "Load test"}
    assert client.post("/reservations/create", typed).status_code == 303
    taken = client.post("/reservations/create", {**typed, "reason": "Mine"})
    assert (
        taken.status_code == 409
        and "kept by Quinn Abara until 2031-01-01 10:00: Load test" in taken.content.decode()
    )
    refused = client.post(
        "/reservations/create", {**typed, "reason": "Mine", "expires_at": "2020-01-01T10:00"}
    )
    assert refused.status_code == 422
    assert "ends after it begins" in refused.content.decode() and 'value="Mine"' in refused.content.decode()


def test_one_component_costs_as_much_as_many(house: House, door) -> None:
    client, paths = door(house.cast.administrator), ("/environments", f"/environments/{house.production.pk}",
                                                     "/environments/compare", "/connections")  # fmt: skip

    def more() -> None:
        for _ in range(3):
            version = VersionFactory(component=ComponentFactory(application=house.claims))
            install(version, house.production)
            install(VersionFactory(component=version.component), house.acceptance)
            place(version.component, house.production, f"web-{version.pk}")
            services.create_connection(
                actor=house.cast.administrator,
                environment=house.production,
                name=f"c{version.pk}",
                kind="shell",
            )

    def cost(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    more()
    few = [cost(path) for path in paths]
    more()
    assert [cost(path) for path in paths] == few


def test_two_environments_show_what_differs_and_by_how_many_versions(house: House, door) -> None:
    versions = [house.version(house.claims_web, f"1.{n}") for n in range(4)]
    same = house.version(house.claims_db, "7")
    install(versions[3], house.acceptance)
    install(versions[1], house.production)
    install(house.version(house.billing_api, "5"), house.acceptance)
    for environment in (house.acceptance, house.production):
        install(same, environment)
    client, query = door(house.cast.developer), {"here": house.acceptance.pk, "there": house.production.pk}
    page = client.get("/environments/compare", query)
    found = page.context["comparison"]
    told = {one.component: one.ahead for group in found.differences.values() for one in group}
    assert (told, found.same) == ({house.claims_web: 2, house.billing_api: None}, 1)
    text = page.content.decode()
    assert "2 versions ahead" in text and "not there" in text
    assert f"?application={house.claims.pk}&amp;environment={house.production.pk}" in text
    back = client.get(
        "/environments/compare", {"here": query["there"], "there": query["here"]}
    ).content.decode()
    assert "2 versions behind" in back and "File what differs" not in back
    assert "Nothing differs" in client.get(
        "/environments/compare", {"here": query["here"], "there": query["here"]}
    ).content.decode()  # fmt: skip


def table(client, **query: object) -> list[list[str]]:
    answer = client.get("/where.csv", query)
    assert (
        answer["Content-Disposition"].startswith("attachment")
        and answer["X-Content-Type-Options"] == "nosniff"
    )
    return list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_where_is_what_leaves_as_a_table_that_computes_nothing(house: House, door) -> None:
    bad = ComponentFactory(application=house.billing, name='=HYPERLINK("http://evil.example")')
    install(VersionFactory(component=bad, text="+1.0"), house.production)
    install(house.version(house.claims_web, "2.0, final"), house.production)
    client = door(house.cast.outsider)
    head, first, second = table(client)
    assert len(head) == len(first) == 9
    assert first[:4] == ["Billing", '\'=HYPERLINK("http://evil.example")', "Billing", "Production"]
    assert first[5] == "'+1.0" and second[5] == "2.0, final"
    assert [row[0] for row in table(client, team=house.cast.claims.pk)[1:]] == ["Claims"]
    assert table(client, at="2020-01-01T00:00") == [head]


def test_where_is_what_narrows_to_a_feature_by_its_key(house: House, door) -> None:
    install(house.version(house.claims_web), house.production)
    install(house.version(house.billing_api), house.production)
    client = door(house.cast.outsider)
    lines = client.get("/where", {"feature": "cr-5003"}).context["matrix"].lines
    assert [line.component for line in lines] == [house.claims_web]
    assert "There is no such feature." in client.get("/where", {"feature": "CR-1"}).content.decode()
