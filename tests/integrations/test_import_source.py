"""The command import_source: what it says, what it changes, and what it refuses."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, ComponentDependency
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.features.models import Feature, FeatureInVersion
from tests.integrations.wikimedia_folders import END, START, deployment, make_folder
from tests.row_counts import row_counts

MERGED = datetime(2024, 6, 10, 8, tzinfo=UTC)


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as raised:
        call_command("import_source", *arguments)
    return str(raised.value)


def stays(environment: str) -> list[tuple[str, datetime, datetime | None]]:
    rows = Installation.objects.filter(environment__name=environment).order_by("since", "id")
    return [(row.version.text, row.since, row.until) for row in rows.select_related("version")]


def test_what_the_folder_tells_is_there_afterwards(import_folder, folder):
    summary = import_folder(folder, "--history")
    assert summary["refused"] == []
    application = Application.objects.get()
    assert (application.name, application.team.name) == ("thumbor", "Wikimedia services")
    assert "names no owner" in application.team.on_call_note
    assert dict(Environment.objects.values_list("name", "rank")) == {"staging": 1, "eqiad": 2, "codfw": 2}
    assert stays("staging") == [("v1", MERGED, MERGED), ("v2", MERGED, None)]
    assert stays("eqiad") == [("v1", MERGED, None)]
    assert [row.version.text for row in inventory.current()] == ["v2", "v1"]
    assert set(Feature.objects.values_list("key", flat=True)) == {"T1", "T22"}
    held = FeatureInVersion.objects.values_list("version__text", "feature__key")
    assert set(held) == {("v2", "T1"), ("v2", "T22")}
    author = Person.objects.get(name="Ada")
    assert (author.username, author.has_usable_password(), author.is_robot) == ("ada", False, False)


def test_a_second_import_changes_nothing(import_folder, folder):
    first = import_folder(folder, "--history")
    before = row_counts()
    second = import_folder(folder, "--history")
    assert row_counts() == before
    assert all(counts["created"] == counts["updated"] == 0 for counts in second["kinds"].values())
    for kind, counts in first["kinds"].items():
        assert second["kinds"][kind]["unchanged"] == counts["created"], kind


def test_a_dry_run_counts_the_same_and_changes_nothing(import_folder, folder):
    before = row_counts()
    foretold = import_folder(folder, "--history", "--dry-run")
    assert row_counts() == before
    assert foretold["dry_run"] is True
    assert import_folder(folder, "--history")["kinds"] == foretold["kinds"]
    again = import_folder(folder, "--history", "--dry-run")
    assert all(counts["created"] == counts["updated"] == 0 for counts in again["kinds"].values())


def test_one_event_tells_of_the_whole_import(import_folder, folder):
    import_folder(folder, "--history")
    event = Event.objects.get()
    assert (event.verb, event.actor_name, event.actor_kind) == (
        "source.imported",
        "Import of wikimedia",
        "system",
    )
    assert event.after["kinds"]["inventory"]["created"] == 2
    import_folder(folder, "--history")
    assert Event.objects.count() == 1


def test_without_history_only_what_runs_now_is_imported(import_folder, folder):
    import_folder(folder)
    assert [(version, until) for version, _since, until in stays("staging")] == [("v2", None)]
    assert not Feature.objects.exists()
    before = row_counts()
    assert import_folder(folder)["kinds"]["inventory"]["unchanged"] == 2
    assert row_counts() == before


def test_the_history_can_be_brought_later(import_folder, folder):
    import_folder(folder)
    summary = import_folder(folder, "--history")
    assert summary["kinds"]["inventory"] == {"created": 0, "updated": 2, "unchanged": 0, "refused": 0}
    assert stays("staging") == [("v1", MERGED, MERGED), ("v2", MERGED, None)]
    assert import_folder(folder)["kinds"]["inventory"]["unchanged"] == 2


def test_what_happened_since_the_last_import_is_added(import_folder, folder):
    import_folder(folder, "--history")
    kept = Installation.objects.get(environment__name="staging", until=None).pk
    later = deployment(
        commit="c2", merged_at="2024-06-12T08:00:00Z", old_version="v2", new_version="v3", change_requests=""
    )
    make_folder(folder, deployment() + later, start=START, end=END.replace("v2", "v3"))
    summary = import_folder(folder, "--history")
    assert summary["kinds"]["version"] == {"created": 1, "updated": 0, "unchanged": 2, "refused": 0}
    assert summary["kinds"]["inventory"] == {"created": 0, "updated": 1, "unchanged": 1, "refused": 0}
    assert stays("staging")[1:] == [
        ("v2", MERGED, datetime(2024, 6, 12, 8, tzinfo=UTC)),
        ("v3", datetime(2024, 6, 12, 8, tzinfo=UTC), None),
    ]
    assert Installation.objects.get(version__text="v2", environment__name="staging").pk == kept


def test_a_removal_ends_what_was_there(import_folder, tmp_path):
    gone = deployment(kind="remove", old_version="v1", new_version="")
    import_folder(make_folder(tmp_path, gone, start="thumbor,thumbor,staging,v1\n"), "--history")
    assert stays("staging") == [("v1", MERGED, MERGED)]
    assert inventory.current() == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2024-06-10T08:00:00Z,thumbor\n", "This row has 2 fields, the header has 14."),
        (deployment(commit="bad", subject="x" * 200_000), "at most 10,000 per field are taken"),
        (deployment(commit="bad", environment="moon"), "environment “moon” is not known"),
        (deployment(commit="bad", requester="A\0da"), "invisible character (U+0000)"),
        (deployment(commit="bad", requester="M\u00fcller").encode("latin-1"), "This row is not UTF-8."),
    ],
    ids=["too few fields", "a field of 200 KB", "an unknown environment", "NUL", "the wrong encoding"],
)
def test_a_broken_row_is_a_line_in_the_summary_and_the_others_are_imported(
    row, reason, import_folder, tmp_path
):
    content = deployment().encode() + (row if isinstance(row, bytes) else row.encode())
    summary = import_folder(make_folder(tmp_path, content, start=START, end=END), "--history")
    (line,) = summary["refused"]
    assert (line["file"], line["line"]) == ("deployments.csv", 3)
    assert reason in line["reason"]
    assert summary["kinds"]["deployments.csv"]["refused"] == 1
    assert [row.version.text for row in inventory.current()] == ["v2", "v1"]


def test_people_read_a_table_and_each_refused_row(folder, db):
    with (folder / "deployments.csv").open("a") as file:
        file.write(deployment(commit="bad", kind="explode"))
    out = StringIO()
    call_command("import_source", "wikimedia", str(folder), "--history", "--dry-run", stdout=out)
    said = out.getvalue()
    assert "Refused: deployments.csv, line 3: kind “explode” is not known" in said
    assert said.splitlines()[-1].startswith("Would be imported from wikimedia in ")
    assert said.splitlines()[-1].endswith(" changes, 1 refused.")


def test_what_cant_be_read_is_one_sentence_and_changes_nothing(folder, db):
    before = row_counts()
    assert (
        refused("wikimedia", "/nowhere/at/all") == "Nothing was imported: there is no folder /nowhere/at/all."
    )
    assert (
        refused("moon", str(folder))
        == "Nothing was imported: There is no source “moon”. There are: govuk, wikimedia."
    )
    (folder / "deployments.csv").write_text("merged_at,service\n")
    assert "deployments.csv can't be imported: the columns requested_at, component" in refused(
        "wikimedia", str(folder), "--history"
    )
    (folder / "deployments.csv").unlink()
    assert refused("wikimedia", str(folder), "--history") == (
        "Nothing was imported: deployments.csv can't be imported: the file is missing."
    )
    (folder / "state_at_end.csv").write_bytes("service,component,environment,version\n".encode("utf-16"))
    assert "state_at_end.csv can't be imported" in refused("wikimedia", str(folder))
    assert row_counts() == before


def test_a_dependency_that_closes_a_cycle_is_refused_and_named(import_folder, tmp_path):
    end = "a,a,eqiad,v1\nb,b,eqiad,v1\n"
    summary = import_folder(make_folder(tmp_path, end=end, dependencies="a,b,values.yaml\nb,a,values.yaml\n"))
    assert summary["kinds"]["component dependency"] == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
    }
    assert summary["refused"][0]["reason"] == "b/b/a/a: b/b can't need a/a: that would be a cycle."
    assert ComponentDependency.objects.count() == 1
