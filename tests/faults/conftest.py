"""Fixtures of the fault tests: real processes on the database of the session."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.faults import contestants
from tests.races import Racers

SHORT_LEASES = {"lease": 1.5, "heartbeat": 0.3, "self_fence": 1.0, "grace": 0.3, "poll": 0.05}


@pytest.fixture(scope="session")
def racers(django_db_setup: None) -> Iterator[Racers]:
    racers = Racers(str(connection.settings_dict["NAME"]))
    yield racers
    racers.close()


@pytest.fixture
def lone_worker(transactional_db: None, settings: Any) -> Iterator[Racers]:
    """One process that works for us and may be killed; leases are short on both sides."""
    settings.ENGINE = SHORT_LEASES
    worker = Racers(str(connection.settings_dict["NAME"]), count=1)
    worker.race(contestants.shorten, [(SHORT_LEASES,)])
    yield worker
    worker.close()
