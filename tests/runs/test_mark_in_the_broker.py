"""The high-water mark in a real broker, and in one that is away: losing it costs only what it would have told."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from releaseorch.audit.mark_places import MarkPlace, places
from releaseorch.launcher import broker

PATIENCE_S = 20.0
INSTALLATION = "0123456789abcdef" * 4


@pytest.fixture
def broker_url() -> Iterator[str]:
    program = next(broker.servers(), None)
    if program is None:
        pytest.skip("NO BROKER: neither Valkey nor Redis is on this machine")
    with tempfile.TemporaryDirectory(dir=broker.short_temporary()) as folder:
        socket = Path(folder) / "s"
        process = subprocess.Popen(
            [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE_S
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.02)
        yield f"redis+socket://{socket}?virtual_host=1"
        process.terminate()
        process.wait(PATIENCE_S)


def in_the_broker() -> MarkPlace:
    (found,) = [place for place in places() if place.name == "broker"]
    return found


def test_it_is_kept_there_by_installation(broker_url: str) -> None:
    with override_settings(CELERY_BROKER_URL=broker_url):
        place = in_the_broker()
        assert place.read(INSTALLATION) == ""
        place.write(INSTALLATION, "how far we are")
        assert in_the_broker().read(INSTALLATION) == "how far we are"
        assert in_the_broker().read("f" * 64) == ""


@pytest.mark.parametrize("url", ["redis+socket:///no/such/socket", "redis://127.0.0.1:1/0"])
def test_one_that_is_away_is_empty_and_stops_nobody(url: str) -> None:
    with override_settings(CELERY_BROKER_URL=url):
        in_the_broker().write(INSTALLATION, "how far we are")
        assert in_the_broker().read(INSTALLATION) == ""


def test_a_broker_of_files_keeps_it_and_rabbitmq_does_not(tmp_path: Path) -> None:
    with override_settings(CELERY_BROKER_URL="filesystem://", BROKER_DIR=tmp_path):
        in_the_broker().write(INSTALLATION, "how far we are")
        assert in_the_broker().read(INSTALLATION) == "how far we are"
    with override_settings(CELERY_BROKER_URL="amqp://guest@127.0.0.1//"):
        assert [place.name for place in places()] == ["state directory"]
