"""Where is what: versions and marks, any moment in the past, the history of a cell, and somebody's word."""

from datetime import UTC, datetime, timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.environments.states import SourceKind
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.web.views import where
from tests.factories import House, place

DAY = datetime(2026, 10, 1, 12, tzinfo=UTC)


def install(component, environment, version, at=None, target=None) -> Installation:
    return inventory.install(
        actor=SYSTEM,
        component=component,
        environment=environment,
        target=target,
        version=version,
        source_kind=SourceKind.RUN,
        source_id=214,
        source_name="2026.4 to Production #214",
        at=at or clock.now(),
    )


def cell(client, house: House, component, environment, **query):
    matrix = client.get("/where", query).context["matrix"]
    line = next(line for line in matrix.lines if line.component == component)
    return next(cell for cell in line.cells if cell.environment == environment)


def test_an_empty_inventory_says_what_fills_it(house: House, door) -> None:
    assert "Nothing is installed yet." in door(house.cast.outsider).get("/where").content.decode()


def test_a_version_stands_where_it_is_with_since_and_run(house: House, door) -> None:
    install(house.claims_web, house.production, house.version(house.claims_web, "5.8.0"))
    text = door(house.cast.outsider).get("/where").content.decode()
    assert f'href="/where/{house.claims_web.pk}/{house.production.pk}"><code>5.8.0</code>' in text
    assert 'href="/runs/214"' in text


def test_behind_counts_the_versions_since_the_one_here(house: House, door) -> None:
    old, _middle, new = (house.version(house.claims_web, text) for text in ("10.0", "9.9", "hotfix"))
    client = door(house.cast.outsider)
    install(house.claims_web, house.acceptance, new)
    install(house.claims_web, house.production, old)
    assert cell(client, house, house.claims_web, house.production).behind == 2
    assert cell(client, house, house.claims_web, house.acceptance).behind == 0
    assert "2 behind" in client.get("/where").content.decode()


def test_being_ahead_of_the_environment_before_is_not_behind(house: House, door) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    install(house.claims_web, house.acceptance, old)
    install(house.claims_web, house.production, new)
    assert cell(door(house.cast.outsider), house, house.claims_web, house.production).behind == 0


def test_any_moment_in_the_past_can_be_looked_at(house: House, door) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    install(house.claims_web, house.production, old, at=DAY)
    install(house.claims_web, house.production, new, at=DAY + timedelta(days=7))
    client = door(house.cast.outsider)
    assert cell(client, house, house.claims_web, house.production, at="2026-10-03T00:00").texts == ["1"]
    assert cell(client, house, house.claims_web, house.production).texts == ["2"]
    assert "Nothing was installed then." in client.get("/where", {"at": "2020-01-01"}).content.decode()


def test_uncertain_blocked_and_changing_are_marked(house: House, door, cast) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    install(house.claims_web, house.production, old)
    inventory.mark_uncertain(
        actor=SYSTEM,
        component=house.claims_web,
        environment=house.production,
        target=None,
        attempted=new,
        source_kind=SourceKind.RUN,
        source_id=3,
        source_name="x",
    )
    blocked = house.version(house.billing_api, "6", blocked_reason="Leaks", blocked_at=DAY)
    install(house.billing_api, house.production, blocked)
    run = DeploymentRun.objects.create(
        environment=house.production, title="Night", composed_by=cast.operator, edited_by=cast.operator
    )
    RunTarget.objects.create(
        run=run, environment=house.production, component=house.billing_api, is_active=True
    )
    client = door(cast.outsider)
    assert cell(client, house, house.claims_web, house.production).texts == ["1", "2"]
    text = client.get("/where").content.decode()
    assert "1 or 2" in text
    table = text.split("<tbody>")[1]
    assert "&lt;span" not in table
    for word in ("uncertain", "blocked", "changing"):
        assert word in table
    assert f'href="/runs/{run.pk}"' in table


def test_targets_with_different_versions_show_both(house: House, door) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    first, second = place(house.claims_web, house.production, "app-1", "app-2")
    install(house.claims_web, house.production, old, target=first)
    install(house.claims_web, house.production, new, target=second)
    assert "<code>1 and 2</code>" in door(house.cast.outsider).get("/where").content.decode()


def test_team_and_release_filter(house: House, door) -> None:
    install(house.claims_web, house.production, house.version(house.claims_web, "1"))
    install(house.billing_api, house.production, house.version(house.billing_api, "1"))
    client = door(house.cast.outsider)

    def shown(**query) -> set[str]:
        return {line.component.name for line in client.get("/where", query).context["matrix"].lines}

    assert shown() == {"claims-web", "billing-api"}
    assert shown(team=house.cast.billing.pk) == {"billing-api"}
    assert shown(release=house.release.pk) == {"claims-web"}
    assert shown(team=house.cast.billing.pk, release=house.release.pk) == set()
    assert shown(team=2**63 - 1) == set()


@pytest.mark.parametrize(
    "query",
    [
        "at=2026-02-30",
        "at=0000-00-00",
        "at=%00",
        "team=x",
        "team=9223372036854775808",
        "release=-1",
        "at=9999-12-31T23:59:59",
        "at=0001-01-01T00:00",
    ],
)
def test_a_filter_that_cannot_be_is_no_failure(house: House, door, query: str) -> None:
    assert door(house.cast.outsider).get(f"/where?{query}").status_code in {200, 400}


def test_the_matrix_costs_the_same_for_many_components(
    house: House, door, django_assert_max_num_queries
) -> None:
    for component in (house.claims_web, house.claims_db, house.billing_api, house.portal_front):
        for environment in (house.development, house.integration, house.production):
            install(component, environment, house.version(component, f"1-{environment.slug}"))
    client = door(house.cast.outsider)
    with django_assert_max_num_queries(11):
        client.get("/where")


def confirm(client, house: House, **values):
    url = f"/where/{house.claims_web.pk}/{house.production.pk}"
    return client.post(f"{url}/confirm", {"reason": "Looked at /version", **values})


def test_a_persons_word_ends_the_doubt_and_is_kept(house: House, door) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    install(house.claims_web, house.production, old)
    uncertain = inventory.mark_uncertain(
        actor=SYSTEM,
        component=house.claims_web,
        environment=house.production,
        target=None,
        attempted=new,
        source_kind=SourceKind.RUN,
        source_id=3,
        source_name="x",
    )
    client = door(house.cast.operator)
    page = client.get(f"/where/{house.claims_web.pk}/{house.production.pk}").content.decode()
    assert "Nobody knows whether it is 1 or 2." in page
    assert f'<option value="{new.pk}" selected>' in page
    answer = confirm(client, house, installed=str(new.pk), drawn=str(uncertain.pk))
    assert answer.status_code == 303
    row = inventory.current([house.production.pk], [house.claims_web.pk])[0]
    assert (row.version, row.uncertain_with, row.source_name) == (new, None, "Olga Petrova")
    event = Event.objects.get(verb="inventory.confirmed")
    assert (event.actor_id, event.reason) == (house.cast.operator.pk, "Looked at /version")


def test_the_doubt_is_offered_with_its_old_version_and_on_its_own_place(
    house: House, door, monkeypatch
) -> None:
    """One target is certain; the doubt is about the whole environment, from before there were targets."""
    old, tried, new = (house.version(house.claims_web, text) for text in ("1", "2", "3"))
    monkeypatch.setattr(where, "VERSIONS_OFFERED", 1)
    (target,) = place(house.claims_web, house.production, "app-1")
    install(house.claims_web, house.production, new, target=target)
    install(house.claims_web, house.production, old)
    doubt = inventory.mark_uncertain(
        actor=SYSTEM, component=house.claims_web, environment=house.production, target=None, attempted=tried,
        source_kind=SourceKind.RUN, source_id=3, source_name="x",
    )  # fmt: skip
    client = door(house.cast.operator)
    url = f"/where/{house.claims_web.pk}/{house.production.pk}"
    fields = {field.name: field for field in client.get(url).context["action"].fields}
    assert [text for _pk, text in fields["installed"].choices[:-1]] == ["2", "1", "3"]
    assert dict(fields["installed"].choices)[fields["installed"].value] == "2"
    assert dict(fields["target"].choices)[fields["target"].value] == "The whole environment"
    answer = confirm(client, house, **{name: field.value for name, field in fields.items()})
    assert answer.status_code == 303
    rows = inventory.current([house.production.pk], [house.claims_web.pk])
    assert {(row.target, row.version, row.uncertain_with) for row in rows} == {
        (target, new, None), (None, tried, None),
    }  # fmt: skip
    assert doubt not in rows


def test_a_word_about_something_that_changed_meanwhile_is_refused(house: House, door) -> None:
    old, new = (house.version(house.claims_web, text) for text in ("1", "2"))
    drawn = install(house.claims_web, house.production, old)
    install(house.claims_web, house.production, new)
    answer = confirm(door(house.cast.operator), house, installed=str(old.pk), drawn=str(drawn.pk))
    assert answer.status_code == 409
    assert inventory.current([house.production.pk], [house.claims_web.pk])[0].version == new


def test_nothing_can_be_said_too(house: House, door) -> None:
    install(house.claims_web, house.production, house.version(house.claims_web, "1"))
    assert confirm(door(house.cast.operator), house, installed="nothing").status_code == 303
    assert inventory.current([house.production.pk], [house.claims_web.pk]) == []


@pytest.mark.parametrize(
    "values",
    [
        {"installed": ""},
        {"installed": "x"},
        {"installed": "9223372036854775807"},
        {"installed": "nothing", "reason": " "},
        {"installed": "nothing", "reason": "x" * 20_000},
        {"installed": "nothing", "target": "77"},
        {"installed": "1", "target": "x"},
    ],
)
def test_what_cannot_be_is_refused_with_what_was_typed(house: House, door, values) -> None:
    install(house.claims_web, house.production, house.version(house.claims_web, "1"))
    answer = confirm(door(house.cast.operator), house, **values)
    assert answer.status_code in {400, 422}
    assert Event.objects.filter(verb="inventory.confirmed").count() == 0


def test_a_version_of_another_component_is_refused(house: House, door) -> None:
    foreign = house.version(house.billing_api, "1")
    assert confirm(door(house.cast.operator), house, installed=str(foreign.pk)).status_code == 422


def test_who_may_not_is_told_who_may(house: House, door) -> None:
    client = door(house.cast.developer)
    assert "operator" in client.get(f"/where/{house.claims_web.pk}/{house.production.pk}").content.decode()
    assert confirm(client, house, installed="nothing").status_code == 403
    assert Event.objects.filter(verb="inventory.confirmed").count() == 0
