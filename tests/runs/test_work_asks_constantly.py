"""What a person can do now is read with as many queries for twelve steps as for two."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from releaseorch.accounts.models import Person
from releaseorch.catalog.states import StepKind
from releaseorch.runs import queries
from releaseorch.runs.models import Step
from releaseorch.runs.states import RunState, StepState
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db


def asked_for(person: Person) -> int:
    """By the page My work, the steps and the buttons on it too."""
    client = Client()
    client.force_login(person)
    with CaptureQueriesContext(connection) as seen:
        page = client.get("/?all=now")
    assert page.content.count(b"Take a step") == len(
        queries.work_of(person, queries.runs_under_way()).to_take
    )
    return len(seen)


def test_steps_of_no_team_of_their_own_ask_no_more_each(house: House) -> None:
    run = run_in_state(house, RunState.RUNNING)

    def add(count: int) -> None:
        first = run.steps.count() + 1
        Step.objects.bulk_create(
            Step(
                run=run, number=number, key=f"look-{number}", title="Look", kind=StepKind.MANUAL,
                state=StepState.READY, component=house.claims_web,
            )
            for number in range(first, first + count)
        )  # fmt: skip

    add(2)
    few = asked_for(house.cast.operator)
    add(10)
    assert asked_for(house.cast.operator) == few
