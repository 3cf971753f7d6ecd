"""An installation of the spine's last commit, with runs under way, is brought up to date: nothing is lost, all goes on.

One test, since the way through all migrations costs seconds, and two processes would both go it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from releaseorch.accounts.models import Person
from releaseorch.audit import seals
from releaseorch.catalog.models import Application
from releaseorch.catalog.services.applications import edit_application
from releaseorch.config.doctor.names import names
from releaseorch.core import schema as versions
from releaseorch.core.fields import NameKey, name_key
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs.models import DeploymentRun, Step
from tests.faults import invariants
from tests.upgrade import old_installation as old
from tests.upgrade.schemas import Schema, differences, schema

pytestmark = pytest.mark.django_db  # of what is "default" then: what the test writes is rolled back
OpenDoor = Callable[..., Any]

TABLES = old.rows()
BILLING = 3
TWIN = old.add(TABLES, "catalog_application", BILLING, name="BILLING\u200b", slug="billing-2")
GROWN_BY_DJANGO = {"auth_permission", "django_content_type"}
OLD_AND_CHEAP = [
    f"django.contrib.auth.hashers.{name}PasswordHasher"
    for name in ("MD5", "PBKDF2")  # the second is what the rows have
]


@pytest.fixture(scope="module")
def new_schema(django_db_setup: None, django_db_blocker: Any) -> Schema:
    with django_db_blocker.unblock():
        return schema()


@pytest.fixture(scope="module")
def upgraded(new_schema: Schema, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    folder: Path = tmp_path_factory.mktemp("upgrade")
    with django_db_blocker.unblock(), old.empty_database(folder):
        old.make_old_tables()
        old.fill(TABLES)
        assert versions.missing(), "there is nothing to migrate: the tables are not the old ones"
        call_command("migrate", interactive=False, verbosity=0)
        yield


def test_an_old_installation_is_brought_up_to_date(
    upgraded: None, new_schema: Schema, door: OpenDoor
) -> None:
    the_tables_are_those_of_a_new_installation(new_schema)
    no_row_is_lost()
    every_rule_holds()
    names_are_told_apart_and_two_that_look_the_same_both_stay()
    somebody_renames_the_later_one()
    people_go_on_with_their_work(door)
    every_rule_holds()


def the_tables_are_those_of_a_new_installation(new_schema: Schema) -> None:
    assert versions.missing() == frozenset()
    found = differences(schema(), new_schema)
    assert not found, "\n".join(found)


def no_row_is_lost() -> None:
    with connection.cursor() as cursor:
        for name, table in TABLES.items():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            found, wanted = cursor.fetchone()[0], len(table["rows"])
            assert found >= wanted if name in GROWN_BY_DJANGO else found == wanted, name
    assert seals.verify().sealed == len(TABLES["audit_event"]["rows"])


def every_rule_holds() -> None:
    seals.seal_batch()
    verdict = seals.verify()
    assert (verdict.why, verdict.unsealed) == ("", 0)
    assert invariants.broken() == []


def names_are_told_apart_and_two_that_look_the_same_both_stay() -> None:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, NameKey):
                for row in model._default_manager.all():
                    own = f" ~{TWIN}" if isinstance(row, Application) and row.pk == TWIN else ""
                    assert getattr(row, field.name) == name_key(getattr(row, field.follows)) + own
    found = names()
    assert (found.state, found.help) == ("warn", "Rename it on its page.")
    assert f"application BILLING\u200b (number {TWIN})" in found.sentence


def somebody_renames_the_later_one() -> None:
    sunita = Person.objects.get(username="sunita")
    twin = Application.objects.get(pk=TWIN)
    edit_application(actor=sunita, application=twin, name="Billing of old")
    assert names().state == "ok"


def people_go_on_with_their_work(door: OpenDoor) -> None:
    lea, amara = door(), door(Person.objects.get(username="amara"))
    with override_settings(PASSWORD_HASHERS=OLD_AND_CHEAP):
        answer = lea.post("/login", {"username": "lea", "password": old.PASSWORD})
    assert answer.status_code == 303
    step = Step.objects.get(state="claimed")
    assert step.title in lea.get("/").content.decode()

    request = DeploymentRequest.objects.get(state="submitted")
    assert request.title in amara.get(f"/requests/{request.pk}").content.decode()
    amara.post(f"/requests/{request.pk}/approve", {"version": request.row_version})
    request.refresh_from_db()
    assert request.state == "approved"

    assert step.title in lea.get(f"/runs/{step.run_id}").content.decode()
    lea.post(f"/steps/{step.pk}/done", {"version": step.row_version, "note": "Written to all."})
    assert DeploymentRun.objects.get(pk=step.run_id).state == "succeeded"
