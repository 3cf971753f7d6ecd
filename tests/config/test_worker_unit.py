"""The worker's systemd unit: what ends the worker doesn't end its scripts, nor take anything from under them."""

from pathlib import Path

import pytest
from django.conf import settings

UNIT = Path(settings.BASE_DIR) / "docs" / "install" / "releaseorch-worker.service"


def set_to(name: str) -> list[str]:
    lines = (line.partition("=") for line in UNIT.read_text().splitlines() if not line.startswith("#"))
    return [value for found, _is, value in lines if found == name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KillMode", "process"),  # "control-group" and "mixed" kill the wrappers and scripts, too
        ("OOMPolicy", "continue"),  # a script that is killed for its memory must not stop the worker
        ("PrivateTmp", "no"),  # a private /tmp is emptied when the worker stops, under scripts that go on
    ],
)
def test_scripts_outlive_their_worker(name: str, value: str) -> None:
    assert set_to(name) == [value]


def test_scripts_may_write_where_scripts_write() -> None:
    (paths,) = set_to("ReadWritePaths")
    assert {"/tmp", "/var/tmp", "/var/lib/releaseorch"} <= set(paths.split())


def test_the_worker_is_one_process_so_that_a_stop_reaches_all_of_it() -> None:
    (command,) = set_to("ExecStart")
    assert " -P threads " in command
