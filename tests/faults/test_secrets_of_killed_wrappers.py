"""Our processes take away the secrets of scripts whose wrapper was killed: a worker at its start, a housekeeper."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from releaseorch.executors.base import Context, Running
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.shell_stage import is_running, kill_wrapper, kill_wrapper_and_script, scratch, status_of
from tests.executors.stage import context_for, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
EXECUTOR = ShellExecutor()
WAITING = {"argv": ["sh", "-c", "until [ -e go ]; do sleep 0.02; done"]}
PATIENCE_S = 60.0


def started(state: Path, name: str) -> Context:
    work_dir = state / "attempts" / name
    context = replace(context_for(WAITING, work_dir), work_dir=work_dir)
    assert isinstance(EXECUTOR.start(context), Running)
    return context


def has_secrets(context: Context) -> bool:
    return any((context.work_dir / "secrets").iterdir())


def environment(state: Path) -> dict[str, str]:
    """That of an installation of its own on the database of the test, with a broker of files."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{Path(str(name)).resolve()}"
    if connection.vendor == "postgresql":
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    kept = {key: value for key, value in os.environ.items() if key != "PYTEST_XDIST_WORKER"}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": url,
        "RELEASEORCH_STATE_DIR": str(state),
        "CELERY_BROKER_URL": "filesystem://",
    }


@contextmanager
def celery_worker(state: Path) -> Iterator[None]:
    command = (
        "-m celery -A releaseorch.config.celery:app worker -P threads -c 1 --without-gossip --without-mingle"
    )
    process = subprocess.Popen(
        [sys.executable, *command.split(), "--loglevel", "ERROR"],
        env=environment(state),
        cwd=settings.BASE_DIR,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_worker_that_starts_takes_away_what_the_one_before_it_left(tmp_path: Path) -> None:
    lost, orphaned, well = (started(tmp_path, name) for name in ("1.lost", "2.orphaned", "3.well"))
    kill_wrapper_and_script(lost)
    kill_wrapper(orphaned)
    with celery_worker(tmp_path):
        until(lambda: not has_secrets(lost), PATIENCE_S)
    assert has_secrets(orphaned)
    assert has_secrets(well)
    for context in (orphaned, well):
        assert is_running(status_of(context)["script_pid"])
        scratch(context, "go").touch()
    until(lambda: not has_secrets(well))


def test_a_housekeeper_takes_them_away_once_the_script_is_gone(tmp_path: Path) -> None:
    orphaned = started(tmp_path, "1.orphaned")
    kill_wrapper(orphaned)
    assert "tidy: 0" in keep_house_once(tmp_path)
    assert has_secrets(orphaned)
    scratch(orphaned, "go").touch()
    until(lambda: not is_running(status_of(orphaned)["script_pid"]))
    assert "tidy: 1" in keep_house_once(tmp_path)
    assert not has_secrets(orphaned)


def keep_house_once(state: Path) -> str:
    command = [sys.executable, "manage.py", "housekeeper", "--once"]
    done = subprocess.run(
        command,
        env=environment(state),
        cwd=settings.BASE_DIR,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_that_can_not_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    odd = tmp_path / "attempts" / "0.odd"
    (odd / "secrets").mkdir(parents=True)
    (odd / "secrets" / "token").touch()
    (odd / "job.json").write_text("{}")
    lost = started(tmp_path, "1.lost")
    kill_wrapper_and_script(lost)
    until(lambda: "tidy: 1" in keep_house_once(tmp_path))
    assert not has_secrets(lost)
