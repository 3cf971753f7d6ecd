"""What people and runs did stays, however often a source is imported."""

import pytest

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.catalog.states import Level
from releaseorch.core.actor import SYSTEM
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import Feature
from releaseorch.integrations.sources.things import _followers
from tests.factories import ApplicationFactory, EnvironmentFactory, PersonFactory, TeamFactory
from tests.integrations.wikimedia_folders import END, START, deployment, make_folder
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db


def test_what_was_there_before_is_taken_as_it_is(import_folder, folder):
    team = TeamFactory(name="Media")
    mine = ApplicationFactory(name="thumbor", slug="pictures", team=team)
    place = EnvironmentFactory(name="staging", slug="stage", rank=7)
    summary = import_folder(folder, "--history")
    assert summary["kinds"]["application"]["unchanged"] == 1
    assert Application.objects.get() == mine
    assert (Application.objects.get().team, Environment.objects.get(pk=place.pk).rank) == (team, 7)
    assert Component.objects.get().application == mine
    before = row_counts()
    import_folder(folder, "--history")
    assert row_counts() == before


def test_a_slug_that_is_taken_gets_a_number(import_folder, folder):
    EnvironmentFactory(name="The stage", slug="staging")
    import_folder(folder, "--history")
    assert Environment.objects.get(name="staging").slug == "staging-2"


def test_a_name_that_only_looks_different_is_taken_as_it_is(import_folder, folder):
    mine = EnvironmentFactory(name="Staging")
    import_folder(folder, "--history")
    assert Environment.objects.get(name__iexact="staging") == mine
    before = row_counts()
    import_folder(folder, "--history")
    assert row_counts() == before


def test_a_requester_is_never_taken_for_somebody_of_the_same_name(import_folder, folder):
    mine = PersonFactory(username="ada", name="Ada")
    import_folder(folder, "--history")
    assert set(Person.objects.filter(name="Ada").values_list("username", flat=True)) == {"ada", "ada-2"}
    import_folder(folder, "--history")
    assert Person.objects.filter(name="Ada").count() == 2
    assert Person.objects.get(pk=mine.pk).username == "ada"


def test_people_may_rename_and_change_what_was_imported(import_folder, folder):
    import_folder(folder, "--history")
    Application.objects.update(name="Thumbnails", level=Level.DECIDES_ALONE)
    Feature.objects.filter(key="T1").update(title="Smaller pictures")
    before = row_counts()
    import_folder(folder, "--history")
    assert row_counts() == before
    assert Application.objects.get().name == "Thumbnails"
    assert Feature.objects.get(key="T1").title == "Smaller pictures"


def test_what_the_source_itself_changes_is_changed(import_folder, folder):
    import_folder(folder, "--history")
    make_folder(folder, deployment(subject="A better title"), start=START, end=END)
    summary = import_folder(folder, "--history")
    assert summary["kinds"]["feature"] == {"created": 0, "updated": 2, "unchanged": 0, "refused": 0}
    assert Feature.objects.get(key="T1").title == "A better title"
    assert summary["kinds"]["commit record"]["updated"] == 1


def deploy_by_a_run(text: str) -> None:
    component = Component.objects.get()
    version, _made = ComponentVersion.objects.get_or_create(component=component, text=text)
    inventory.install(
        actor=SYSTEM, component=component, environment=Environment.objects.get(name="staging"), target=None,
        version=version, source_kind=SourceKind.RUN, source_id=1, source_name="a run #1",
    )  # fmt: skip


def test_what_a_run_installed_stays_while_the_source_says_nothing_new(import_folder, folder):
    import_folder(folder, "--history")
    deploy_by_a_run("v9")
    summary = import_folder(folder, "--history")
    assert summary["kinds"]["inventory"] == {"created": 0, "updated": 0, "unchanged": 2, "refused": 0}
    assert {row.version.text for row in inventory.current()} == {"v9", "v1"}


def test_where_a_run_and_the_source_disagree_the_run_stays_and_the_line_says_so(import_folder, folder):
    import_folder(folder, "--history")
    deploy_by_a_run("v9")
    later = deployment(commit="c2", merged_at="2024-06-12T08:00:00Z", old_version="v2", new_version="v3")
    make_folder(folder, deployment() + later, start=START, end=END.replace("v2", "v3"))
    foretold = import_folder(folder, "--history", "--dry-run")
    summary = import_folder(folder, "--history")
    assert foretold["kinds"] == summary["kinds"]
    assert summary["kinds"]["inventory"] == {"created": 0, "updated": 0, "unchanged": 1, "refused": 1}
    assert summary["refused"][0]["reason"] == (
        "thumbor/thumbor/staging: a run or a person changed it since the last import; it stays as it is."
    )
    assert {row.version.text for row in inventory.current()} == {"v9", "v1"}


def test_what_follows_a_name_changes_along_with_it():
    team = TeamFactory(name="Claims")
    team.name = "CLAIMS  Ops"
    assert _followers(team, ["name"]) == ["name_key", "row_version"]
    assert (team.name_key, team.row_version) == ("claims ops", 2)
    assert _followers(team, []) == []
