"""A scheduled run starts by itself when its window opens, in the name of whoever scheduled it."""

from datetime import timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog import services as catalog
from releaseorch.core import clock
from releaseorch.delivery import windows
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(house: House) -> DeploymentRun:
    return run_in_state(house, RunState.SCHEDULED)


def state(run: DeploymentRun) -> str:
    return str(DeploymentRun.objects.get(pk=run.pk).state)


def test_before_the_window_nothing_starts(run: DeploymentRun) -> None:
    assert windows.open_windows() == 0
    assert state(run) == RunState.SCHEDULED


def test_in_the_window_it_starts_once(house: House, run: DeploymentRun) -> None:
    assert run.window_from is not None
    with clock.at(run.window_from + timedelta(seconds=1)):
        assert windows.open_windows() == 1
        assert windows.open_windows() == 0
    assert state(run) == RunState.RUNNING
    started = Event.objects.get(verb="run.started")
    assert started.actor_id == house.cast.release_manager.pk


def test_a_run_that_may_not_start_says_why_and_does_not_stop_the_others(
    house: House, run: DeploymentRun
) -> None:
    assert run.window_from is not None
    other = run_in_state(house, RunState.SCHEDULED, requests=None)
    version = house.claims_web.versions.get()
    with clock.at(run.window_from + timedelta(hours=1)):
        assert windows.open_windows() == 1  # both deploy claims-web: the second is held up by the first
        assert {state(run), state(other)} == {RunState.RUNNING, RunState.SCHEDULED}
        assert "holds claims-web" in ledger.open_waits("run", [other.pk])[other.pk].sentence
        catalog.block_version(actor=house.cast.release_manager, version=version, reason="Loses photographs.")
        assert windows.open_windows() == 0
    assert "is blocked: Loses photographs" in ledger.open_waits("run", [other.pk])[other.pk].sentence


def test_a_window_that_has_closed_starts_nothing(run: DeploymentRun) -> None:
    assert run.window_until is not None
    with clock.at(run.window_until + timedelta(hours=1)):
        assert windows.open_windows() == 0
    assert "closed at" in ledger.open_waits("run", [run.pk])[run.pk].sentence
