"""Secrets on disk don't outlive the script that reads them, whoever is killed, and never go before it does."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors.base import Cancelled, Context, Errored, Running, Unknown
from releaseorch.executors.shell import attempt, orphan, wrapper
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.shell_stage import (
    is_running,
    kill_wrapper,
    kill_wrapper_and_script,
    pids_in,
    scratch,
    status_of,
)
from tests.executors.stage import SECRET, context_for, until

EXECUTOR = ShellExecutor()
READ = 'cat "$RELEASEORCH_SECRETS_DIR/token" > "$1"'
WAITING = f"until [ -e go ]; do sleep 0.02; done; {READ}; echo over > over"
# The script is gone, what it started goes on, in a session of its own.
WITH_CHILD = f"setsid sh -c 'echo $$ > pids; {WAITING}' sh seen & wait"


def started(tmp_path: Path, script: str = WAITING, **more: Any) -> Context:
    context = context_for({"argv": ["sh", "-c", script, "sh", "seen"]}, tmp_path, **more)
    assert isinstance(EXECUTOR.start(context), Running)
    return context


def secrets(context: Context) -> list[str]:
    return [path.name for path in (context.work_dir / wrapper.SECRETS).iterdir()]


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def age(path: Path) -> None:
    then = path.stat().st_mtime - orphan.ABANDONED_S - 1
    os.utime(path, (then, then))


def test_a_script_that_lost_its_wrapper_keeps_its_secrets_until_it_has_ended(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper(context)
    assert not orphan.remove_secrets(context.work_dir)
    assert isinstance(EXECUTOR.reconcile(context, None), Unknown)
    assert secrets(context) == ["token"]
    scratch(context, "go").touch()
    until(scratch(context, "over").exists)
    until(lambda: not is_running(status_of(context)["script_pid"]))
    assert scratch(context, "seen").read_bytes() == SECRET
    assert orphan.remove_secrets(context.work_dir)
    assert secrets(context) == []


def test_when_wrapper_and_script_were_killed_the_secrets_go(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    assert secrets(context) == ["token"]
    until(lambda: orphan.remove_secrets(context.work_dir))
    assert secrets(context) == []
    assert not orphan.remove_secrets(context.work_dir)


def test_whoever_asks_what_became_of_it_takes_them_away(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    until(lambda: isinstance(EXECUTOR.reconcile(context, None), Unknown) and not secrets(context))


def test_a_cancel_of_a_script_without_wrapper_takes_them_away(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper(context)
    assert EXECUTOR.cancel(context, "") == Cancelled()
    assert secrets(context) == []


def test_what_a_killed_script_started_keeps_them_within_the_time_limit(tmp_path: Path) -> None:
    context = started(tmp_path, WITH_CHILD)
    (child,) = pids_in(scratch(context, "pids"), 1)
    kill_wrapper_and_script(context)
    assert not orphan.remove_secrets(context.work_dir)
    scratch(context, "go").touch()
    until(scratch(context, "over").exists)
    until(lambda: not is_running(child))
    assert scratch(context, "seen").read_bytes() == SECRET
    until(lambda: orphan.remove_secrets(context.work_dir))


def test_background_work_does_not_keep_them_for_ever(tmp_path: Path) -> None:
    context = started(tmp_path, WITH_CHILD)
    (child,) = pids_in(scratch(context, "pids"), 1)
    kill_wrapper_and_script(context)
    rewrite(context.work_dir / wrapper.STATUS, started_at=0)
    assert orphan.remove_secrets(context.work_dir)
    os.kill(child, signal.SIGKILL)


def test_a_process_that_has_the_number_of_the_script_today_keeps_nothing(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    rewrite(context.work_dir / wrapper.STATUS, script_pid=os.getpid(), script_start_time=1, started_at=0)
    assert orphan.remove_secrets(context.work_dir)


def test_under_a_living_wrapper_they_stay(tmp_path: Path) -> None:
    context = started(tmp_path)
    assert not orphan.remove_secrets(context.work_dir)
    scratch(context, "go").touch()
    until((context.work_dir / wrapper.EXIT).exists)
    assert scratch(context, "seen").read_bytes() == SECRET
    assert secrets(context) == []


def test_those_of_another_host_are_its_own_and_those_before_a_restart_go(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    host = json.loads((context.work_dir / wrapper.JOB).read_text())["host"]
    rewrite(context.work_dir / wrapper.JOB, host="another", boot_id="another")
    assert not orphan.remove_secrets(context.work_dir)
    rewrite(context.work_dir / wrapper.JOB, host=host)
    assert orphan.remove_secrets(context.work_dir)


@pytest.fixture
def unborn(tmp_path: Path) -> Context:
    """An attempt whose worker wrote the job; no wrapper has come yet."""
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    for name in (wrapper.STATUS, wrapper.LOG, wrapper.LOCK):
        (context.work_dir / name).unlink()
    return context


def test_an_attempt_that_is_being_started_keeps_them(unborn: Context) -> None:
    """Its lock isn't touched either: a wrapper that finds it taken starts nothing."""
    assert not orphan.remove_secrets(unborn.work_dir)
    assert secrets(unborn) == ["token"]
    assert not (unborn.work_dir / wrapper.LOCK).exists()


def test_an_attempt_that_was_never_started_is_given_up_before_they_go(unborn: Context) -> None:
    age(unborn.work_dir / wrapper.JOB)
    assert orphan.remove_secrets(unborn.work_dir)
    scratch(unborn, "go").touch()
    wrapper.run(unborn.work_dir)
    assert not scratch(unborn, "seen").exists()
    assert isinstance(EXECUTOR.reconcile(unborn, None), Errored)


def test_secrets_without_a_job_go_when_nobody_came_back_for_them(tmp_path: Path) -> None:
    context = context_for({"argv": ["true"]}, tmp_path)
    folder = context.work_dir / wrapper.SECRETS
    folder.mkdir(parents=True)
    (folder / "token").write_bytes(SECRET)
    assert not orphan.remove_secrets(context.work_dir)
    age(folder)
    assert orphan.remove_secrets(context.work_dir)


def test_a_folder_without_secrets_is_left_alone(tmp_path: Path) -> None:
    assert not orphan.remove_secrets(tmp_path)
    assert not orphan.remove_secrets(tmp_path / "nowhere")


def test_an_end_that_another_start_wrote_is_not_this_ones(tmp_path: Path) -> None:
    context = started(tmp_path)
    other = {"start_id": "of another day", "code": 0, "stopped": None, "ended_at": 0}
    wrapper.write_atomically(context.work_dir / wrapper.EXIT, other)
    assert isinstance(EXECUTOR.reconcile(context, None), Running)
    scratch(context, "go").touch()
    until(lambda: attempt.traces(context.work_dir).ending)


def test_a_wrapper_writes_its_end_where_it_began_whatever_has_that_name_now(tmp_path: Path) -> None:
    context = started(tmp_path)
    moved = context.work_dir.rename(tmp_path / "moved")
    again = started(tmp_path, "sleep 300")
    (moved / attempt.SCRATCH / "go").touch()
    until((moved / wrapper.EXIT).exists)
    assert isinstance(EXECUTOR.reconcile(again, None), Running)
    assert secrets(again) == ["token"]
    assert EXECUTOR.cancel(again, "") == Cancelled()
