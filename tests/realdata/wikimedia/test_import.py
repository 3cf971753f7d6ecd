"""The real history in our database: as of any day, and twice the same."""

from datetime import UTC, datetime

import pytest

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.core.actor import System
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.features.models import FeatureInVersion
from releaseorch.integrations.reenact.week import state_at
from releaseorch.integrations.sources.apply import apply
from tests.row_counts import row_counts

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("imported", "db")]


def test_nothing_is_refused_and_every_change_is_kept(imported):
    assert imported.refused == []
    created = {kind: counts.created for kind, counts in imported.kinds.items()}
    assert (created["application"], created["component"], created["environment"]) == (51, 87, 3)
    assert (created["feature"], created["commit record"], created["change record"]) == (463, 695, 2235)
    assert all(
        counts.updated == counts.unchanged == counts.refused == 0 for counts in imported.kinds.values()
    )


def test_a_second_import_changes_nothing(imported, wikimedia):
    before = row_counts()
    again = apply(wikimedia, actor=System("Import of wikimedia"))
    assert again.changed == 0
    assert row_counts() == before
    assert {kind: counts.unchanged for kind, counts in again.kinds.items()} == {
        kind: counts.created for kind, counts in imported.kinds.items()
    }
    assert Event.objects.filter(verb="source.imported").count() == 1


@pytest.mark.parametrize("environment", ["staging", "eqiad", "codfw"])
@pytest.mark.parametrize("day", ["2023-09-01", "2024-02-29", "2024-06-10", "2024-12-31"])
def test_on_any_day_the_inventory_is_the_data_sets(day, environment, wikimedia):
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
    place = Environment.objects.get(name=environment)
    ours = {
        (row.component.application.name, row.component.name): row.version.text
        for row in inventory.as_of(moment, [place.pk])
    }
    theirs = state_at(wikimedia, moment, environment)
    assert ours == {place[:2]: version for place, version in theirs.items()}
    assert len(ours) > 40


def test_the_end_of_the_history_is_what_is_there_now(wikimedia):
    now = {
        (row.component.application.name, row.component.name, row.environment.name): row.version.text
        for row in inventory.current()
    }
    assert now == {tuple(row.place): row.version for row in wikimedia.installations}
    assert Installation.objects.count() == 2342


def test_a_requester_has_no_password_and_pipelines_are_robots():
    people = Person.objects.all()
    assert not any(person.has_usable_password() for person in people)
    assert [person.name for person in people if person.is_robot] == ["PipelineBot"]


def test_a_version_holds_the_change_requests_of_the_commit_that_brought_it():
    held = FeatureInVersion.objects.filter(feature__key="T344730")
    assert set(held.values_list("version__component__application__name", flat=True)) >= {
        "eventgate-analytics", "eventgate-main", "eventstreams", "eventstreams-internal",
    }  # fmt: skip
