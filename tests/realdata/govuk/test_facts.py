"""GOV.UK's year in our database, imported once for all tests here: each published fact, any day, and twice the same."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from releaseorch.accounts.models import Person, Team
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core.actor import System
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.reenact.week import state_at
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.govuk.facts import FACTS
from releaseorch.integrations.sources.govuk.past import changes
from tests.row_counts import row_counts

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("imported", "db")]


@pytest.fixture(scope="module")
def imported(django_db_setup: None, django_db_blocker: Any, govuk: Any) -> Any:
    """The whole year in the database, undone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield apply(govuk, actor=System("Import of govuk"))
        transaction.set_rollback(True)


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_our_database_gives_the_published_answer(fact, published_facts):
    answer = FACTS[fact]()
    assert json.loads(json.dumps(answer)) == published_facts[fact]


def test_no_published_fact_is_left_out(published_facts):
    assert {fact for fact in published_facts if fact.startswith("gov-")} == set(FACTS)


def test_every_row_of_the_year_is_kept(imported):
    assert sum(1 for _change in changes()) == 35_134
    records = Counter(SourceRecord.objects.filter(source="govuk").values_list("kind", flat=True))
    assert (records["switch"], records["noop"], records["pull request"]) == (20, 1, 29)
    created = {kind: counts.created for kind, counts in imported.kinds.items()}
    assert (created["team"], created["application"], created["component"]) == (18, 74, 83)
    # The quirk of the data: these two need each other, and one of them must come first.
    (refused,) = imported.refused
    assert "can't need account-api/account-api: that would be a cycle" in refused.reason
    assert imported.noted == []


def test_a_second_import_changes_nothing(govuk, django_assert_max_num_queries):
    before = row_counts()
    with django_assert_max_num_queries(40):
        again = apply(govuk, actor=System("Import of govuk"))
    assert again.changed == 0
    assert row_counts() == before
    assert Event.objects.filter(verb="source.imported").count() == 1


@pytest.mark.parametrize("day", ["2024-01-05", "2024-05-24", "2024-10-03", "2024-12-31"])
def test_on_any_day_the_inventory_is_the_data_sets(day, govuk):
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for place in Environment.objects.all():
        ours = {
            (row.component.application.name, row.component.name): row.version.text
            for row in inventory.as_of(moment, [place.pk])
        }
        theirs = state_at(govuk, moment, place.name)
        assert ours == {spot[:2]: version for spot, version in theirs.items()}
        assert len(ours) > 35


def test_the_end_of_the_year_is_what_is_there_now(govuk):
    now = {
        (row.component.application.name, row.component.name, row.environment.name): row.version.text
        for row in inventory.current()
    }
    assert now == {tuple(row.place): row.version for row in govuk.installations}
    started = Installation.objects.filter(source_name="govuk state_at_start").earliest("since")
    assert started.since.year == 2022, "what was there at the start says since when"


def test_environments_stand_in_order_and_the_leftover_leads_nowhere():
    ranks = dict(Environment.objects.values_list("name", "rank"))
    assert ranks["integration"] == ranks["test"] < ranks["staging"] < ranks["production"]


def test_applications_belong_to_the_team_that_the_source_names():
    owners = dict(Application.objects.values_list("name", "team__name"))
    assert owners["licensify-backend"] == "#gds-apto-collaboration"
    assert owners["imminence"] == "Govuk services", "it was gone before the list of owners"
    assert Team.objects.get(name="#govuk-publishing-platform").on_call_note == ""


def test_the_pipeline_is_a_robot_and_nobody_has_a_password():
    people = Person.objects.all()
    assert [person.name for person in people if person.is_robot] == ["govuk-ci"]
    assert "Sean Rankine" in {person.name for person in people}
    assert not any(person.has_usable_password() for person in people)


def test_an_empty_image_tag_is_a_version_that_nobody_may_deploy():
    there = Installation.objects.filter(environment__name="test", version__text="unknown", until=None)
    assert there.count() == 18
    assert all(row.version.is_blocked for row in there.select_related("version"))
    assert set(ComponentVersion.objects.exclude(blocked_at=None).values_list("text", flat=True)) == {
        "unknown"
    }


def test_both_components_of_an_application_run_its_image():
    found = Installation.objects.filter(
        component__application__name="frontend", environment__name="production", until=None
    )
    assert set(found.values_list("component__name", "version__text")) == {
        ("frontend", "v713"),
        ("draft-frontend", "v713"),
    }
