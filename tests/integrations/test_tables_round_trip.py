"""Export, import elsewhere, export again: nothing is lost, nothing runs in a spreadsheet, nothing is written twice."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import override_settings

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, Component, ComponentVersion, Procedure, ProcedureStep
from releaseorch.core import clock
from releaseorch.environments.models import Environment, Installation
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import Release
from releaseorch.integrations.demo import enterprise
from releaseorch.integrations.demo.fixtures import Fixtures, places
from releaseorch.integrations.tables import exporting
from releaseorch.integrations.tables.book import SHEETS
from releaseorch.integrations.tables.importing import import_tables
from tests.integrations.workbooks import ACTOR, cells, exported_elsewhere
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil";"x")'


class SixApplications(Fixtures):
    """Without the landscape around them, which has nothing of its own kind and takes ten times as long."""

    applications = components = versions = features = ()


def demo_with_oddities() -> None:
    """The demo enterprise, and beside it what is rare or looks dangerous."""
    made = enterprise.make_enterprise(SixApplications(), places(), site_url="http://127.0.0.1:1")
    team = Team.objects.create(name=FORMULA, slug="f", contact="+49 1", on_call_note="'@ one\n-two\r\nthree")
    RoleGrant.objects.create(
        team=team, role=Role.OPERATOR, scope_kind=ScopeKind.TEAM, scope_id=team.pk, scope_name=team.name,
        valid_until=clock.now() + timedelta(days=9),
    )  # fmt: skip
    Team.objects.create(name="Gone", slug="gone", retired_at=clock.now())
    Person.objects.create_user("gone", "a-secret-password", name="-Gone; by\\now", is_active=False)
    odd = Application.objects.create(
        name="a;b: c", slug="odd", team=team, tags=["x;y", "z\\"], is_restricted=True, retired_at=clock.now(),
        retired_reason="No more",
    )  # fmt: skip
    procedure = Procedure.objects.create(name="service", version=2)
    ProcedureStep.objects.create(
        procedure=procedure, position=1, key="go", title="+Go", phase="deploy", kind="manual", team=team,
        instructions="1. Look.\n\n2. Go.", timeout_s=7, silence_s=3,
        parameters={"zeta": {"b": ["1.10", 1.1, None, True], "a": "x: y"}, "alpha": "no"},
    )  # fmt: skip
    ProcedureStep.objects.create(
        procedure=procedure, position=2, key="again", title="Again", phase="deploy", kind="automated", executor="shell",
        parameters={"argv": ["true"]}, effect_class="A", retry={"times": 3, "wait_s": 5, "at_most_s": 60},
        decisions={"skip": "never"},
    )  # fmt: skip
    component = Component.objects.create(
        application=odd, name="@web", procedure=procedure, parameters={"a:b": "c\nd\n\ne", "port": "0080"}
    )
    old, new = (
        ComponentVersion.objects.create(component=component, text=text, blocked_reason=why, blocked_at=at)
        for text, why, at in (("1.10-RC", "", None), ("1.10-rc", "Broken", clock.now()))
    )
    Installation.objects.create(
        component=component, environment=Environment.objects.get(slug="production"), version=old,
        uncertain_with=new, source_kind=SourceKind.HAND,
    )  # fmt: skip
    release = Release.objects.create(name="=Gone", application=odd)
    release.abandon()
    release.save()
    assert made.people


@pytest.fixture
def elsewhere(tmp_path):
    with override_settings(STATE_DIR=tmp_path):
        yield exported_elsewhere(demo_with_oddities)


def test_an_export_is_imported_elsewhere_without_loss(elsewhere, tmp_path):
    assert not Team.objects.exists()
    import_tables(elsewhere, actor=ACTOR)
    assert exporting.workbook() == elsewhere
    assert Person.objects.exclude(password__startswith="!").count() == 0
    assert RoleGrant.objects.get(team__name=FORMULA).scope_id == Team.objects.get(name=FORMULA).pk
    assert Release.objects.get(name="=Gone").state == "abandoned"
    assert Component.objects.get(name="@web").parameters == {"a:b": "c\nd\n\ne", "port": "0080"}
    counts = row_counts()
    assert import_tables(elsewhere, actor=ACTOR).is_empty
    call_command("export", "tables", str(tmp_path / "csv"))
    call_command("import_source", "tables", str(tmp_path / "csv"))
    assert row_counts() == counts
    assert Event.objects.values_list("verb", flat=True).get() == "source.imported"


def test_a_folder_is_imported_elsewhere_without_loss(tmp_path):
    folder = tmp_path / "csv"

    def make():
        demo_with_oddities()
        exporting.folder(folder)

    with override_settings(STATE_DIR=tmp_path):
        book = exported_elsewhere(make)
    import_tables(folder, actor=ACTOR)
    assert exporting.workbook() == book


def test_nothing_that_is_exported_runs_or_is_secret(elsewhere):
    sheets = cells(elsewhere)
    texts = [text for rows in sheets.values() for row in rows for text in row if text is not None]
    assert all(isinstance(text, str) for text in texts)
    assert [text for text in texts if text[0] in "=+-@\t\r"] == []
    assert f"'{FORMULA}" in texts
    assert not any("pbkdf2" in text or "argon2" in text for text in texts)
    assert "Connections" not in sheets
    assert next(iter(sheets)) == "Read me"


# What a table leaves out: ids, versions and keys of a row, what follows from another column, and what isn't for tables.
NOT_TOLD = {
    "Teams": {"retired_at"},
    "People": {"password", "last_login", "is_active"},
    "Applications": {"retired_at"},
    "Procedures": {"created_at"},
    "Components": {"retired_at"},
    "Targets": {"retired_at", "retired_reason"},
    "Environments": {"retired_at"},
    "Roles": {"scope_kind", "scope_id", "scope_name", "revoked_at"},
    "Versions": {"blocked_at", "blocked_by"},
    "Installed": {"until", "source_kind", "source_id", "source_name"},
}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.title)
def test_every_field_of_a_thing_is_a_column_or_left_out_on_purpose(sheet):
    models = [sheet.model, *([ProcedureStep] if sheet.model is Procedure else [])]
    fields = {one.name for model in models for one in model._meta.concrete_fields}
    told = {column.field for column in sheet.columns}
    own = {"id", "row_version", "name_key", "slug", "procedure", "position"}
    assert fields - told - own == NOT_TOLD.get(sheet.title, set())
