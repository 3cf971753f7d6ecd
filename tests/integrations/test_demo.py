"""The demo enterprise: objects in telling states, reached through the services, and deployments that really happen."""

import json
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from releaseorch.accounts.models import Person
from releaseorch.audit import seals
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, Component
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments.models import Environment, Installation
from releaseorch.integrations.demo import fixtures
from releaseorch.launcher import ports
from releaseorch.runs import engine, services
from releaseorch.runs.models import Attempt, DeploymentRun, Step

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The demo, loaded once for all tests of this module and undone afterwards; its state directory."""
    state = tmp_path_factory.mktemp("state")
    with override_settings(DEMO=True, STATE_DIR=state), django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo")
        yield state
        transaction.set_rollback(True)


@pytest.fixture
def site(demo: Path) -> Iterator[str]:
    """The demo's servers, a process of their own that only reads what was deployed."""
    port = ports.any_free()
    program = fixtures.FOLDER / "scripts" / "site.py"
    child = subprocess.Popen(
        [sys.executable, program, "--root", demo / "demo" / "sites", "--port", str(port)]
    )
    yield f"http://127.0.0.1:{port}"
    child.terminate()
    child.wait()


def asked(address: str) -> dict[str, str]:
    deadline = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                found: dict[str, str] = json.load(answer)
                return found
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
        except urllib.error.URLError as refused:
            if not isinstance(refused.reason, ConnectionError) or time.monotonic() > deadline:
                raise


def states(model: Any) -> set[str]:
    return set(model.objects.values_list("state", flat=True))


def test_it_has_the_size_it_promises(demo: Path) -> None:
    assert (Application.objects.count(), Component.objects.count()) == (6, 15)
    assert [place.name for place in Environment.objects.all()] == [
        "Development", "Integration", "Acceptance", "Production",
    ]  # fmt: skip


def test_its_requests_and_runs_are_in_telling_states(demo: Path) -> None:
    assert {
        "submitted",
        "sent_back",
        "approved",
        "planned",
        "deploying",
        "deployed",
        "rejected",
        "withdrawn",
    } <= states(DeploymentRequest)
    assert states(DeploymentRun) == {"succeeded", "proposed", "draft", "running"}
    stuck = Step.objects.get(state="needs_decision")
    assert Attempt.objects.get(step=stuck).state == "failed"


def test_every_state_was_reached_by_a_verb_that_the_audit_knows(demo: Path) -> None:
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {
        "request.submitted", "request.approved", "request.sent_back", "request.rejected", "request.withdrawn",
        "run.created", "run.proposed", "run.approved", "run.started", "run.succeeded", "step.done", "version.blocked",
    } <= verbs  # fmt: skip
    assert seals.verify().is_unbroken
    moments = list(Event.objects.order_by("id").values_list("at", flat=True))
    assert moments == sorted(moments)


def test_people_can_log_in_and_robots_cannot(demo: Path) -> None:
    listed = json.loads((demo / "people.json").read_text())
    assert (demo / "people.json").stat().st_mode & 0o077 == 0
    ines = Person.objects.get(username="ines")
    assert ines.check_password(next(one["password"] for one in listed if one["username"] == "ines"))
    assert not Person.objects.get(username="pipeline").has_usable_password()
    assert "pipeline" not in {one["username"] for one in listed}


def test_what_a_run_deployed_is_on_disk(demo: Path) -> None:
    there = Installation.objects.get(component__name="billing-db", environment__slug="acceptance", until=None)
    assert there.version is not None
    assert there.version.text == "6.2.0"
    database = sqlite3.connect(demo / "demo" / "sites" / "acceptance" / "billing-db" / "data.sqlite3")
    versions = [row[0] for row in database.execute("SELECT version FROM schema_version ORDER BY rowid")]
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    assert versions == ["6.1.9", "6.2.0"]
    assert "billing_db_6_2_0" in tables


def test_the_failed_step_succeeds_when_somebody_decides_to_try_again(demo: Path, site: str) -> None:
    step = Step.objects.get(state="needs_decision")
    link = demo / "demo" / "sites" / "integration" / "int-01" / "payout-batch" / "current"
    assert link.readlink() == Path("3.2.0")
    operator = Person.objects.get(username="meiling")
    retried = services.retry_step(actor=operator, step=step, reason="The certificate was renewed.")
    engine.run_step(retried.pk, retried.token)
    assert link.readlink() == Path("3.2.1")
    assert asked(f"{site}/integration/int-01/payout-batch/health")["version"] == "3.2.1"
    assert DeploymentRun.objects.get(pk=step.run_id).state == "succeeded"


def test_a_second_load_changes_nothing(demo: Path) -> None:
    before = (Event.objects.count(), DeploymentRequest.objects.count(), (demo / "people.json").read_text())
    call_command("load_demo")
    assert (
        Event.objects.count(),
        DeploymentRequest.objects.count(),
        (demo / "people.json").read_text(),
    ) == before


def test_it_is_refused_outside_the_demo(settings: Any) -> None:
    settings.DEMO = False
    before = Person.objects.count()
    with pytest.raises(CommandError, match="RELEASEORCH_DEMO"):
        call_command("load_demo")
    assert Person.objects.count() == before
