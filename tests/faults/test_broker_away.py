"""The broker is away when a run is started: who clicked waits for one attempt to reach it, not for one per step."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from releaseorch.core import clock
from releaseorch.runs import housekeeping
from tests.characters import Cast
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
STEPS = 30


@contextmanager
def dead_broker(*, hangs_up: bool) -> Iterator[tuple[int, list[float]]]:
    """A port and when somebody came to it: each is hung up on at once, or never hears a word."""
    calls: list[float] = []
    kept: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                caller, _address = listener.accept()
            except OSError:
                return
            calls.append(time.monotonic())
            if hangs_up:
                caller.close()
            else:
                kept.append(caller)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1]), calls
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for caller in kept:
            caller.close()


def start_elsewhere(person_id: int, run_id: int, port: int) -> None:
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{Path(str(name)).resolve()}"
    if connection.vendor == "postgresql":
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    own = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": url,
        "RELEASEORCH_TEST_BROKER_URL": f"redis://127.0.0.1:{port}/0",
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0",
    }
    command = [sys.executable, "-m", "tests.faults.start_a_run", str(person_id), str(run_id)]
    subprocess.run(command, env={**os.environ, **own}, cwd=settings.BASE_DIR, check=True)


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_start_waits_once_for_a_broker_that_is_away(cast: Cast, hangs_up: bool) -> None:
    run = a.approved_run(cast.release_manager, *(a.automated(f"s{number}") for number in range(STEPS)))
    with dead_broker(hangs_up=hangs_up) as (port, calls):
        start_elsewhere(cast.operator.pk, run.pk, port)
        ended = time.monotonic()
    assert set(a.states(run).values()) == {"ready"}
    assert 1 <= len(calls) <= 4  # one publish, which the client itself tries again
    assert ended - calls[0] < 15
    with clock.at(clock.now() + timedelta(seconds=60)):
        assert len(housekeeping.due_for_a_nudge()) == STEPS
