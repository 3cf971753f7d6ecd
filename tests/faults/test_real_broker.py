"""A run through a real broker: one process starts it, a real Celery worker in another one carries it out."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from releaseorch.config.celery import app
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.skipif(
        not settings.CELERY_BROKER_URL.startswith("redis"),
        reason="NO BROKER: set RELEASEORCH_TEST_BROKER_URL to a Redis or Valkey",
    ),
]
PATIENCE_S = 120.0
QUEUE = "exec.default"


@pytest.fixture
def celery_worker(transactional_db: None) -> Iterator[None]:
    with app.connection_for_write() as broker:
        broker.default_channel.queue_purge(QUEUE)  # the nudges of earlier tests, whose rows are gone
    command = (
        "-m celery -A releaseorch.config.celery:app worker -P threads -c 2 --without-gossip --without-mingle"
    )
    process = subprocess.Popen(
        [sys.executable, *command.split(), "-Q", QUEUE, "--loglevel", "WARNING"],
        env=_environment(),
        cwd=settings.BASE_DIR,
    )
    yield
    process.terminate()
    process.wait(PATIENCE_S)


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": _database_url()}


def _database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(str(name)).resolve()}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def test_nudges_after_commit_carry_a_run_to_its_end(cast: Cast, house: House, celery_worker: None) -> None:
    version = house.version(house.claims_web, "2.1.0")
    run = a.approved_run(
        cast.release_manager,
        a.automated("one"),
        a.automated("two"),
        a.installing("deploy", version, "sh", "-c", "echo unpacked", after=["one", "two"]),
        environment=house.production,
    )
    command = [sys.executable, "-m", "tests.faults.start_a_run", str(cast.operator.pk), str(run.pk)]
    subprocess.run(command, env=_environment(), cwd=settings.BASE_DIR, check=True)
    end = time.monotonic() + PATIENCE_S
    while a.now(run).state == "running":
        assert time.monotonic() < end, a.states(run)
        time.sleep(0.1)
    assert a.now(run).state == "succeeded"
    assert a.installed(house.claims_web, house.production) == "2.1.0"
