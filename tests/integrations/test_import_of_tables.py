"""What an import of tables changes, and what it leaves to people, pages and runs."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, Component, ComponentVersion, Procedure
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion, FeatureScope
from releaseorch.integrations.tables import importing
from releaseorch.integrations.tables.found import TablesRefused
from releaseorch.runs.models import DeploymentRun, RunTarget
from tests.characters import make_cast
from tests.factories import PersonFactory, TeamFactory
from tests.integrations.workbooks import ACTOR, SMALL, bring, problems, workbook
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db
SERVICE = [
    ["Procedure", "Step", "Title", "Kind", "Installs", "After"],
    ["by hand", "copy", "Copy it", "manual", "yes", ""],
    ["by hand", "look", "Look at it", "manual", "", "copy"],
]


def test_a_few_sheets_make_an_application_that_can_be_deployed():
    done = bring({**SMALL, "Procedures": SERVICE, "Components": [
        ["Application", "Component", "Procedure", "Parameters"],
        ["Ledger", "ledger-web", "by hand", "port: 8080\nnote: two\n  lines\ntime: 10:30"],
    ]})  # fmt: skip
    assert done.summary(is_dry_run=False).changed == 7
    component = Component.objects.get()
    assert component.parameters == {"port": "8080", "note": "two\nlines", "time": "10:30"}
    assert [step.key for step in component.procedure.steps.all()] == ["copy", "look"]
    assert Application.objects.get().slug == "ledger"
    assert [(row.version.text, row.source_kind) for row in inventory.current()] == [("1.10", "import")]
    assert DeploymentRequest.objects.count() == 0


def test_rows_that_are_known_are_changed_with_their_events_and_the_rest_stays():
    bring(
        {
            **SMALL,
            "Procedures": SERVICE,
            "Teams": [["Team", "Contact"], ["Payments", "ext. 1"], ["Other", "ext. 2"]],
        }
    )
    bring({
        "Teams": [["Team", "Contact", "On call"], ["Payments", "", "Call 1"]],
        "People": [["User name", "Name", "Teams"], ["ada", "Ada", "Payments; Other"]],
        "Features": [["Feature", "Title", "Owner", "Applications"], ["F-1", "One", "ada", "Ledger: in_test"]],
        "Versions": [[*SMALL["Versions"][0], "Features"], ["Ledger", "ledger-web", "1.10", "F-1"],
                     ["Ledger", "ledger-web", "1.11", ""]],
        "Procedures": [*SERVICE, ["by hand", "tell", "Tell them", "manual", "", "look"]],
        "Components": [["Application", "Component", "Procedure"], ["Ledger", "ledger-web", "by hand"]],
        "Installed": [*SMALL["Installed"][:1], ["Ledger", "ledger-web", "Test", "1.11"]],
    })  # fmt: skip
    event = Event.objects.get(verb="team.edited")
    assert (event.before, event.after) == (
        {"contact": "ext. 1", "on_call_note": ""}, {"contact": "", "on_call_note": "Call 1"},
    )  # fmt: skip
    assert Team.objects.get(name="Other").contact == "ext. 2"
    assert FeatureScope.objects.get().status == "in_test"
    assert FeatureInVersion.objects.get().version.text == "1.10"
    assert Procedure.objects.count() == 2
    assert Component.objects.get().procedure.version == 2
    stays = Installation.objects.order_by("id").select_related("version")
    assert [(row.version.text, row.until is None) for row in stays] == [("1.10", False), ("1.11", True)]
    assert Event.objects.filter(verb="source.imported").count() == 2
    Installation.objects.filter(until=None).update(uncertain_with=stays[0].version)
    bring({"Installed": [*SMALL["Installed"][:1], ["Ledger", "ledger-web", "Test", "1.11"]]})
    (now,) = inventory.current()
    assert (now.version.text, now.uncertain_with) == ("1.11", None)


def test_a_status_that_changes_is_told_in_the_history_of_its_feature():
    head = ["Feature", "Title", "Applications"]
    bring({**SMALL, "Features": [head, ["F-0", "None", ""], ["F-1", "One", "Ledger: "]],
           "Releases": [["Release", "Features"], ["Spring", "F-1"]]})  # fmt: skip
    bring({"Features": [head, ["F-1", "One", "Ledger: in_test"]]})
    scope, event = FeatureScope.objects.get(), Event.objects.get(verb="feature.status_set")
    assert scope.status == "in_test" and scope.pk != scope.feature_id
    assert (event.subject_id, event.subject_name) == (scope.feature_id, str(scope.feature))
    assert event.before == {"application": "Ledger", "status": "open"}
    assert not Event.objects.filter(verb="feature.edited").exists()


def test_what_only_its_own_verbs_change_is_refused_and_named():
    bring({**SMALL, "Versions": [[*SMALL["Versions"][0], "Digest"], ["Ledger", "ledger-web", "1.10", "sha256:a"],
                                 ["Ledger", "ledger-web", "2", ""]]})  # fmt: skip
    installed = Installation.objects.get()
    inventory.install(
        actor=ACTOR, component=installed.component, environment=installed.environment, target=None,
        version=ComponentVersion.objects.get(text="2"), source_kind=SourceKind.RUN, source_id=7, source_name="Run 7",
    )  # fmt: skip
    before = row_counts()
    said = problems(
        workbook({
            "Applications": [["Application", "Team", "Retired because"], ["Ledger", "Payments", "Old"]],
            "Procedures": [["Procedure", "Version", "Step", "Title", "Kind", "Tool"],
                           ["auto", "1", "a", "A", "automated", ""]],
            "Versions": [[*SMALL["Versions"][0], "Digest"], ["Ledger", "ledger-web", "1.10", "sha256:b"],
                         ["Ledger", "LEDGER-web", "3", ""]],
            "Installed": SMALL["Installed"],
            "Components": [["Application", "Component"], ["Ledger", "LEDGER-web"]],
            "Teams": [["Team"], ["payments"]],
        })
    )  # fmt: skip
    assert [one.partition(": ")[0] for one in said] == [
        "Applications, row 2, Retired because", "Components, row 2", "Installed, row 2, Version",
        "Procedures, row 2", "Teams, row 2", "Versions, row 2, Digest",
    ]  # fmt: skip
    assert "2 is there, said Run 7. Confirm on its page" in said[2]
    assert "has sha256:a here, which a table can't change" in said[5]
    assert "payments looks like Payments, which is there already" in said[4]
    assert row_counts() == before


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path, capsys):
    file = tmp_path / "mine.xlsx"
    file.write_bytes(workbook({**SMALL, "Teams": [["Team"], ["Payments\u00a0"]]}))
    before = row_counts()
    call_command("import_source", "tables", str(file), "--dry-run")
    said = capsys.readouterr().out
    assert "Would be imported from tables" in said
    assert "6 changes, 0 refused" in said
    assert "Noted: Teams, line 2: Team: Blanks at the ends were left out." in said
    assert row_counts() == before


def test_only_administrators_import_and_nobody_gives_themselves_rights():
    cast = make_cast()
    ada, small = cast.administrator, workbook(SMALL)
    with pytest.raises(NotAllowed):
        importing.import_tables(small, actor=cast.release_manager)
    importing.import_tables(small, actor=ada)
    greedy = {
        "People": [["User name", "Name", "Teams"], [ada.username, ada.name, "Claims"]],
        "Roles": [["User name", "Role"], [ada.username, "operator"], ["pipeline", "administrator"]],
    }
    with pytest.raises(TablesRefused) as refused:
        importing.import_tables(workbook(greedy), actor=ada)
    first, second, third = map(str, refused.value.problems)
    assert first.startswith("People, row 2, Teams: Nobody adds themselves to a team")
    assert second.startswith("Roles, row 2: Nobody grants a role to themselves.")
    assert third.startswith("Roles, row 3, Role: A robot is never an administrator.")
    importing.import_tables(
        workbook(
            {
                "Roles": [
                    ["User name", "Role", "Reach", "Reaches"],
                    ["otto", "operator", "application", "Ledger"],
                ]
            }
        ),
        actor=ada,
    )
    grant = RoleGrant.objects.get(person__username="otto")
    assert (grant.scope_kind, grant.scope_id) == ("application", Application.objects.get(name="Ledger").pk)


def bring_what_was_looked_at(monkeypatch, content, meanwhile):
    looked = importing.look(content, actor=ACTOR)
    meanwhile()
    monkeypatch.setattr(importing, "look", lambda *_args, **_kwargs: looked)
    importing.import_tables(content, actor=ACTOR)


def test_what_a_run_installs_meanwhile_is_never_overwritten(monkeypatch):
    rows = [["Ledger", "ledger-web", text] for text in ("1.10", "1.11", "2")]
    bring({**SMALL, "Versions": [SMALL["Versions"][0], *rows]})
    stands = Installation.objects.get()
    newer = workbook({"Installed": [SMALL["Installed"][0], ["Ledger", "ledger-web", "Test", "1.11"]]})

    def a_run_starts():
        rita = PersonFactory()
        run = DeploymentRun.objects.create(
            title="Run 7", environment=stands.environment, composed_by=rita, edited_by=rita
        )
        RunTarget.objects.create(
            run=run, component=stands.component, environment=stands.environment, is_active=True
        )

    def a_run_has_installed():
        inventory.install(
            actor=ACTOR, component=stands.component, environment=stands.environment, target=None,
            version=ComponentVersion.objects.get(text="2"), source_kind=SourceKind.RUN, source_id=7,
            source_name="Run 7",
        )  # fmt: skip

    with (
        monkeypatch.context() as patch,
        pytest.raises(Conflict, match=r"works there now.*Nothing was imported"),
    ):
        bring_what_was_looked_at(patch, newer, a_run_starts)
    RunTarget.objects.update(is_active=False)
    with (
        monkeypatch.context() as patch,
        pytest.raises(Conflict, match="Somebody else changed what is installed"),
    ):
        bring_what_was_looked_at(patch, newer, a_run_has_installed)
    (now,) = inventory.current()
    assert (now.version.text, now.source_kind) == ("2", "run")


def test_what_somebody_changed_meanwhile_stops_the_whole_import(monkeypatch):
    bring(SMALL)
    before = row_counts()
    content = workbook(
        {"Teams": [["Team"], ["New"]], "Environments": [["Environment", "Rank"], ["Test", "2"]]}
    )

    def meanwhile():
        row = Environment.objects.get()
        row.rank = 7
        row.save()

    with pytest.raises(Conflict):
        bring_what_was_looked_at(monkeypatch, content, meanwhile)
    assert row_counts() == before
    assert not Person.objects.exists()


def test_only_a_clash_with_somebody_else_is_told_as_one(monkeypatch):
    content = workbook({"Teams": [["Team"], ["New"]]})
    with monkeypatch.context() as patch, pytest.raises(Conflict, match="Somebody else wrote the same"):
        bring_what_was_looked_at(patch, content, lambda: TeamFactory(name="New"))
    monkeypatch.setattr(importing, "_write", lambda *_args: Team.objects.create(name="Two", row_version=None))
    with pytest.raises(IntegrityError):
        importing.import_tables(workbook({"Teams": [["Team"], ["Two"]]}), actor=ACTOR)
