"""The calendar: what is under way and what begins in the next 30 days, with what stands against it."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.core import clock
from releaseorch.environments import services
from releaseorch.environments.models import Freeze
from releaseorch.features.models import ReleaseMilestone
from releaseorch.features.states import MilestoneKind
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def freeze(house: House, begins: datetime, **where: object) -> Freeze:
    return services.create_freeze(
        actor=house.cast.release_manager, starts_at=begins, ends_at=begins + 2 * DAY, reason="Closing",
        **where,  # type: ignore[arg-type]
    )  # fmt: skip


def kinds(client, **query: object) -> list[str]:
    context = client.get("/calendar", query).context
    days = [entry for day in context["days"] for entry in day.entries]
    return [entry.kind for entry in [*context["under_way"], *days]]


def test_empty_it_says_what_appears_here(house: House, door) -> None:
    client = door(house.cast.outsider)
    assert "Nothing is planned for the next 30 days." in client.get("/calendar").content.decode()
    assert "Nothing fits" in client.get("/calendar", {"environment": house.production.pk}).content.decode()


def test_everything_of_the_next_30_days_stands_in_its_order(house: House, door) -> None:
    now = clock.now()
    run_in_state(house, RunState.RUNNING)
    services.create_reservation(
        actor=house.cast.qa, environment=house.acceptance, starts_at=now + DAY, expires_at=now + 2 * DAY,
        reason="Load test",
    )  # fmt: skip
    freeze(house, now + 3 * DAY, environment=house.production)
    freeze(house, now + 31 * DAY, environment=house.production)
    ReleaseMilestone.objects.create(release=house.release, kind=MilestoneKind.FILING, at=now + 4 * DAY)
    house.release.target_date = now + 5 * DAY
    house.release.save()
    client = door(house.cast.outsider)
    assert kinds(client) == ["run", "reservation", "freeze", "cut-off", "release"]
    assert kinds(client, environment=house.acceptance.pk) == ["reservation", "cut-off", "release"]
    assert kinds(client, application=house.billing.pk) == ["reservation", "freeze", "cut-off", "release"]
    text = client.get("/calendar").content.decode()
    assert "predicted until" in text and "Load test" in text


def test_a_run_that_would_start_inside_a_freeze_or_a_reservation_is_marked(house: House, door) -> None:
    run = run_in_state(house, RunState.SCHEDULED)
    assert run.window_from is not None
    freeze(house, run.window_from, application=house.claims)
    freeze(house, run.window_from, application=house.billing)
    services.create_reservation(
        actor=house.cast.qa,
        environment=house.production,
        expires_at=run.window_from + DAY,
        reason="Load test",
    )
    (entry,) = [
        entry
        for day in door(house.cast.outsider).get("/calendar").context["days"]
        for entry in day.entries
        if entry.kind == "run"
    ]
    assert entry.clashes == ["Starts inside a freeze: Closing", "Kept by Quinn Abara then: Load test"]
    assert entry.ends_at is not None and entry.ends_at >= entry.starts_at


def test_it_costs_the_same_with_many_entries(house: House, door) -> None:
    client = door(house.cast.outsider)

    def cost() -> int:
        client.get("/calendar")
        with CaptureQueriesContext(connection) as seen:
            client.get("/calendar")
        return len(seen)

    for _ in range(2):
        run_in_state(house, RunState.SCHEDULED)
        freeze(house, clock.now() + DAY, environment=house.production)
    few = cost()
    for _ in range(3):
        run_in_state(house, RunState.SCHEDULED)
        freeze(house, clock.now() + DAY, environment=house.production)
    assert cost() == few
