"""The demo enterprise: objects in telling states, reached through the services, and deployments that really happen."""

import json
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Q
from django.test import Client, override_settings

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.audit import outbox, seals
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, Component, ComponentDependency
from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Environment, Freeze, Installation
from releaseorch.features.models import FeatureScope, Release
from releaseorch.features.states import FeatureStatus, ReleaseState
from releaseorch.integrations.demo import fixtures
from releaseorch.launcher import ports
from releaseorch.runs import engine, services
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import RunState

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The demo, loaded once for all tests of this module and undone afterwards; its state directory."""
    state = tmp_path_factory.mktemp("state")
    with override_settings(DEMO=True, STATE_DIR=state), django_db_blocker.unblock(), transaction.atomic():
        call_command("load_demo")
        while outbox.deliver():  # as the housekeeper does in its first seconds
            pass
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
    assert (Application.objects.count(), Component.objects.count()) == (50, 150)
    assert Team.objects.count() == 12
    assert 40 <= Person.objects.count() <= 50
    under_way = Release.objects.get(name="2026.4")
    assert (under_way.features.count(), under_way.is_over) == (40, False)
    assert Release.objects.get(name="2026.3").state == ReleaseState.COMPLETED
    assert [place.name for place in Environment.objects.all()] == [
        "Development", "Integration", "Acceptance", "Production",
    ]  # fmt: skip


def test_its_requests_and_runs_are_in_every_state_that_lasts(demo: Path) -> None:
    """No verb leads to expired and superseded yet; a run is being cancelled for seconds only."""
    assert states(DeploymentRequest) == set(RequestState) - {RequestState.EXPIRED, RequestState.SUPERSEDED}
    assert states(DeploymentRun) == set(RunState) - {RunState.CANCELLING}
    assert DeploymentRequest.objects.count() >= 30
    assert set(FeatureScope.objects.values_list("status", flat=True)) == set(FeatureStatus)
    stuck = Step.objects.get(state="needs_decision")
    assert Attempt.objects.get(step=stuck).state == "failed"
    requests = DeploymentRequest.objects
    assert requests.filter(filed_by__isnull=False).exclude(filed_by=F("requester")).exists()
    assert requests.filter(late_since__isnull=False, late_consent_by__isnull=False).exists()
    assert requests.filter(late_since__isnull=False, late_consent_by=None).exists()


def test_everybody_has_work_that_is_theirs(demo: Path) -> None:
    humans = Person.objects.filter(kind="human")
    assert set(RoleGrant.objects.filter(person__in=humans).values_list("role", flat=True)) == set(Role)
    assert not Team.objects.filter(memberships=None).exists()
    teams = set(Application.objects.values_list("team", flat=True))
    assert teams == set(Team.objects.values_list("pk", flat=True))
    assert not Application.objects.filter(Q(contact="") | Q(runbook_url="") | Q(criticality="")).exists()
    assert not Component.objects.filter(versions=None).exists()


def test_no_component_needs_itself_by_way_of_others(demo: Path) -> None:
    needs: dict[int, set[int]] = {}
    for component, needed in ComponentDependency.objects.values_list("component", "needs"):
        needs.setdefault(component, set()).add(needed)
    assert len(list(TopologicalSorter(needs).static_order())) > 130
    across = ComponentDependency.objects.exclude(component__application=F("needs__application"))
    assert across.count() > 60


def test_the_inventory_has_a_past_without_gaps(demo: Path) -> None:
    rows = Installation.objects.order_by("component", "environment", "target", "since", "id")
    by_place: dict[tuple[int, int, int | None], list[Installation]] = {}
    for row in rows:
        by_place.setdefault((row.component_id, row.environment_id, row.target_id), []).append(row)
    assert len({component for component, _environment, _target in by_place}) == 150
    for stays in by_place.values():
        assert [before.until for before in stays] == [*(after.since for after in stays[1:]), None]
    assert rows.filter(until=None, since__gt=clock.now()).count() == 0
    assert rows.exclude(until=None).count() > 500


def test_a_freeze_is_ahead_and_production_is_behind(demo: Path) -> None:
    week = clock.now() + timedelta(days=7)
    close = Freeze.objects.get(starts_at__gte=week, starts_at__lte=week + timedelta(days=7))
    assert (str(close.environment), close.application) == ("Production", None)
    places = {place.name: place for place in Environment.objects.all()}
    there = {
        name: {
            (row.component_id, row.version_id)
            for row in Installation.objects.filter(environment=place, until=None)
        }
        for name, place in places.items()
    }
    assert len(there["Development"] - there["Production"]) > 60


PAGES = {
    "ines": "/",
    "sunita": "/board",
    "meiling": "/where",
    "priya": "/calendar",
    "helena": "/search?q=quote",
}


@pytest.mark.parametrize(("who", "path"), PAGES.items())
def test_its_pages_can_be_read_by_every_role(demo: Path, client: Client, who: str, path: str) -> None:
    client.force_login(Person.objects.get(username=who))
    assert client.get(path).status_code == 200


def test_every_state_was_reached_by_a_verb_that_the_audit_knows(demo: Path) -> None:
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {
        "request.submitted", "request.approved", "request.sent_back", "request.rejected", "request.withdrawn",
        "run.created", "run.proposed", "run.approved", "run.started", "run.succeeded", "step.done", "version.blocked",
        "request.late_consented", "request.commented", "run.cancelled", "run.rejected", "run.paused", "run.stopped",
        "run.scheduled", "step.skipped", "feature.signed_off", "release.completed", "policy.created",
    } <= verbs  # fmt: skip
    assert seals.verify().is_unbroken
    moments = list(Event.objects.order_by("id").values_list("at", flat=True))
    assert moments == sorted(moments)


def test_people_can_log_in_and_robots_cannot(demo: Path) -> None:
    listed = json.loads((demo / "people.json").read_text())
    assert (demo / "people.json").stat().st_mode & 0o077 == 0
    ines = Person.objects.get(username="ines")
    assert ines.check_password(next(one["password"] for one in listed if one["username"] == "ines"))
    named = {one["username"] for one in listed}
    others = Person.objects.exclude(username__in=named)
    assert "pipeline" in {one.username for one in others}
    assert len(named) == 14
    assert not [one.username for one in others if one.has_usable_password()]


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
