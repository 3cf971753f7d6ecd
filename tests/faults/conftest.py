"""Fixtures of the fault tests: real processes on the database of the session."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from tests.races import Racers

# A tenth and less of the real times.
SHORT_LEASES = {
    "RELEASEORCH_LEASE": "1.5",
    "RELEASEORCH_HEARTBEAT": "0.3",
    "RELEASEORCH_SELF_FENCE": "1.0",
    "RELEASEORCH_LEASE_GRACE": "0.3",
    "RELEASEORCH_POLL": "0.05",
}


@pytest.fixture(scope="session")
def racers(django_db_setup: None) -> Iterator[Racers]:
    racers = Racers(str(connection.settings_dict["NAME"]))
    yield racers
    racers.close()


@pytest.fixture
def lone_worker(transactional_db: None, settings: Any) -> Iterator[Racers]:
    """One process that works for us and may be killed; leases are short on both sides."""
    settings.ENGINE = {
        key.removeprefix("RELEASEORCH_").lower().replace("lease_grace", "grace"): float(value)
        for key, value in SHORT_LEASES.items()
    }
    worker = Racers(str(connection.settings_dict["NAME"]), count=1, environ=SHORT_LEASES)
    yield worker
    worker.close()
