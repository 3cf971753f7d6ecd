"""A worker whose code is older than the tables leaves steps to others, and says so where people look."""

import logging

import pytest
from django.db.migrations.recorder import MigrationRecorder

from releaseorch.core import signs
from releaseorch.runs import engine
from releaseorch.runs.models import Attempt
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.histories import run_in_state


def test_a_step_of_a_newer_schema_is_refused(house: House, caplog: pytest.LogCaptureFixture) -> None:
    run = run_in_state(house, RunState.RUNNING)
    step = run.steps.filter(state="ready", kind="automated").first()
    MigrationRecorder.Migration.objects.create(app="runs", name="9999_from_the_future")
    with caplog.at_level(logging.ERROR):
        engine.run_step(step.pk, step.token)
    step.refresh_from_db()
    assert (step.state, Attempt.objects.filter(step=step).count()) == ("ready", 0)
    assert "runs.9999_from_the_future" in caplog.text and "restart" in caplog.text
    signs.of_the_housekeeper()
    (heard,) = signs.heard(signs.HOUSEKEEPER)
    assert "9999_from_the_future" in heard.note and not heard.is_silent


def test_a_migration_of_somebody_elses_app_stops_nobody(db: None) -> None:
    MigrationRecorder.Migration.objects.create(app="elsewhere", name="0001_initial")
    from releaseorch.core import schema

    assert schema.why_too_old() == ""
    assert schema.missing() == frozenset()
