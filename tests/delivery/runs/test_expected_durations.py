"""What an automated step is expected to take is what it took in this environment lately."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.delivery import plan_queries
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import Attempt, DeploymentRun
from releaseorch.runs.states import AttemptState, RunState
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def took(run: DeploymentRun, seconds: int, state: AttemptState = AttemptState.SUCCEEDED) -> None:
    step, now = run.steps.get(), clock.now()
    Attempt.objects.create(
        step=step,
        number=step.attempts.count() + 1,
        token=1,
        state=state,
        started_at=now - timedelta(seconds=seconds),
        ended_at=now,
    )


def expected(house: House, environment: object = None) -> int:
    request = request_in_state(house, RequestState.APPROVED, environment=environment)  # type: ignore[arg-type]
    return plan_queries.preview_for_request(request).expected_s


def test_without_history_the_procedure_says_how_long(house: House) -> None:
    assert expected(house) == 60


def test_the_median_of_the_latest_successes_counts(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    for seconds in (900, 10, 20, 30, 40, 500):  # the first is older than the latest five
        took(run, seconds)
    assert expected(house) == 30


def test_failures_and_other_environments_say_nothing(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    took(run, 7, AttemptState.FAILED)
    assert expected(house) == 60
    took(run, 7)
    assert expected(house) == 7
    assert expected(house, house.acceptance) == 60
