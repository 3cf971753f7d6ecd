"""The command import_source on a small folder of the kind `govuk`: what is there afterwards."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.environments.models import Installation
from releaseorch.integrations.models import SourceRecord
from tests.integrations.govuk_folders import END, REPOS, START, deployment, make_folder
from tests.row_counts import row_counts

SWITCH = deployment(
    commit="c2", kind="switch", old_version="v2", new_automatic_deploys="false", requester="Ada", pull_request="7",
    merged_at="2024-06-11T08:00:00Z",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path, deployment() + SWITCH)


def bring(import_folder, folder, *options):
    return import_folder(folder, *options, kind="govuk")


def test_what_the_folder_tells_is_there_afterwards(import_folder, folder):
    summary = bring(import_folder, folder, "--history")
    assert (summary["refused"], summary["noted"]) == ([], [])
    application = Application.objects.get()
    assert (application.name, application.team.name) == ("frontend", "#frontend-team")
    began, merged = datetime(2023, 12, 1, 10, tzinfo=UTC), datetime(2024, 6, 10, 8, tzinfo=UTC)
    stays = Installation.objects.order_by("component__name", "since")
    assert list(stays.values_list("component__name", "version__text", "since", "until", "source_name")) == [
        ("draft-frontend", "v1", began, merged, "govuk state_at_start"),
        ("draft-frontend", "v2", merged, None, "govuk c1"),
        ("frontend", "v1", began, merged, "govuk state_at_start"),
        ("frontend", "v2", merged, None, "govuk c1"),
    ]
    assert Person.objects.get().is_robot, "who only turned a switch asked for no deployment"
    switch = SourceRecord.objects.get(kind="switch")
    assert (switch.payload["requester"], switch.payload["new_automatic_deploys"]) == ("Ada", "false")


def test_a_second_import_and_a_dry_run_change_nothing(import_folder, folder):
    foretold = bring(import_folder, folder, "--history", "--dry-run")
    assert bring(import_folder, folder, "--history")["kinds"] == foretold["kinds"]
    before = row_counts()
    for options in (["--history"], ["--history", "--dry-run"], []):
        again = bring(import_folder, folder, *options)
        assert all(counts["created"] == counts["updated"] == 0 for counts in again["kinds"].values())
    assert row_counts() == before


def test_without_history_what_is_there_is_known_since_the_day_the_file_says(import_folder, folder):
    bring(import_folder, folder)
    there = Installation.objects.filter(component__name="frontend").get()
    assert (there.version.text, there.since) == ("v2", datetime(2024, 6, 10, 8, tzinfo=UTC))
    assert not Person.objects.exists()


def test_an_application_follows_its_owner_unless_people_gave_it_away(import_folder, tmp_path):
    bring(import_folder, make_folder(tmp_path))
    make_folder(tmp_path, repos=REPOS.replace("#frontend-team", "#another-team"))
    summary = bring(import_folder, tmp_path)
    assert summary["kinds"]["application"]["updated"] == 1
    assert Application.objects.get().team.name == "#another-team"


def test_an_empty_image_tag_is_unknown_and_may_not_be_deployed(import_folder, tmp_path):
    nothing = "test,frontend,,,,2022-10-13T12:05:41Z\n"
    bring(
        import_folder,
        make_folder(tmp_path, deployment(), start=START + nothing, end=END + nothing),
        "--history",
    )
    there = Installation.objects.get(environment__name="test")
    assert (there.component.name, there.version.text, there.version.is_blocked) == (
        "frontend",
        "unknown",
        True,
    )
    assert "names no version" in there.version.blocked_reason
    assert ComponentVersion.objects.filter(blocked_at=None).count() == 4


def test_people_read_how_far_it_has_come_and_what_was_noted(tmp_path, db):
    make_folder(tmp_path, deployment(old_version="v0"))
    out, beside = StringIO(), StringIO()
    call_command("import_source", "govuk", str(tmp_path), "--history", stdout=out, stderr=beside)
    said = "Noted: deployments.csv, line 2: frontend in integration goes on from v0, but v1 was there before."
    assert said in out.getvalue()
    assert beside.getvalue().splitlines()[0].startswith("Reading ")
    assert "inventory: 2 of 2 places" in beside.getvalue()
