"""What is stopped is stopped with everything it started, and says why."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors.base import Cancelled, Context, Done, Errored, Failed, Running, Unknown
from releaseorch.executors.shell.executor import LIFELINE_VARIABLE, ShellExecutor
from tests.executors.shell_stage import is_running, kill_wrapper, pids_in, scratch, status_of
from tests.executors.stage import context_for, log_of, poll_to_end, until

EXECUTOR = ShellExecutor()
# A child, a grandchild, one in a session of its own, and all of them deaf to TERM.
FAMILY = """trap '' TERM; echo $$ >> pids
sh -c 'echo $$ >> pids; sleep 300 & echo $! >> pids; wait' &
setsid sh -c 'echo $$ >> pids; sleep 300; true' &
while :; do sleep 0.05; done"""


def start(config: dict[str, Any], tmp_path: Path, **more: Any) -> tuple[Context, Running]:
    context = context_for(config, tmp_path, **more)
    result = EXECUTOR.start(context)
    assert isinstance(result, Running), result
    return context, result


def start_family(tmp_path: Path, **more: Any) -> tuple[Context, Running, list[int]]:
    context, result = start({"argv": ["sh", "-c", FAMILY], "grace_s": 0.1}, tmp_path, **more)
    return context, result, pids_in(scratch(context, "pids"), 4)


def test_cancel_leaves_no_grandchild(tmp_path: Path) -> None:
    context, result, pids = start_family(tmp_path)
    assert all(map(is_running, pids))
    assert EXECUTOR.cancel(context, result.external_id) == Cancelled()
    assert not any(map(is_running, pids))
    assert EXECUTOR.reconcile(context, result.external_id) == Cancelled()


def test_a_timeout_leaves_no_grandchild(tmp_path: Path) -> None:
    context, result, pids = start_family(tmp_path, timeout_s=0.5)
    ended = poll_to_end(EXECUTOR, context, result)
    assert isinstance(ended, Failed)
    assert "longer than 0.5 s" in ended.reason
    assert not any(map(is_running, pids))


def test_a_script_that_says_nothing_any_more_is_stopped(tmp_path: Path) -> None:
    script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done; sleep 300"
    context, result = start({"argv": ["sh", "-c", script]}, tmp_path, silence_s=0.4)
    ended = poll_to_end(EXECUTOR, context, result)
    assert isinstance(ended, Failed)
    assert "wrote nothing for 0.4 s" in ended.reason
    assert log_of(context) == b"1\n2\n3\n4\n5\n6\n"


def test_a_script_may_tidy_up_when_it_is_asked_to_stop(tmp_path: Path) -> None:
    script = "trap 'echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.02; done"
    context, result = start({"argv": ["sh", "-c", script]}, tmp_path)
    until(lambda: EXECUTOR.poll(context, result.external_id) and b"ready" in log_of(context))
    assert EXECUTOR.cancel(context, result.external_id) == Cancelled()
    assert log_of(context).endswith(b"tidy\n")


def test_a_script_that_was_faster_than_its_cancel_keeps_its_end(tmp_path: Path) -> None:
    context, result = start({"argv": ["true"]}, tmp_path)
    until((context.work_dir / "exit.json").exists)
    assert isinstance(EXECUTOR.cancel(context, result.external_id), Done)


def test_a_cancel_without_traces_is_unknown(tmp_path: Path) -> None:
    assert isinstance(EXECUTOR.cancel(context_for({"argv": ["true"]}, tmp_path), "x"), Unknown)


def test_a_script_that_lost_its_wrapper_can_be_cancelled(tmp_path: Path) -> None:
    context, result = start({"argv": ["sh", "-c", "echo hello; sleep 300"]}, tmp_path)
    until(lambda: EXECUTOR.poll(context, result.external_id) and log_of(context))
    kill_wrapper(context)
    assert EXECUTOR.cancel(context, result.external_id) == Cancelled()
    assert not is_running(status_of(context)["script_pid"])


def test_background_work_of_a_script_that_ended_well_stays(tmp_path: Path) -> None:
    context, result = start({"argv": ["sh", "-c", "sleep 300 & echo $! > pids"]}, tmp_path)
    assert isinstance(poll_to_end(EXECUTOR, context, result), Done)
    (pid,) = pids_in(scratch(context, "pids"), 1)
    assert is_running(pid)
    os.kill(pid, 9)


def test_the_script_dies_with_the_supervisor_when_a_lifeline_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_end, write_end = os.pipe()
    monkeypatch.setenv(LIFELINE_VARIABLE, str(read_end))
    context, result, pids = start_family(tmp_path)
    os.close(read_end)
    assert isinstance(EXECUTOR.poll(context, result.external_id), Running)
    os.close(write_end)
    ended = poll_to_end(EXECUTOR, context, result)
    assert isinstance(ended, Failed)
    assert not any(map(is_running, pids))


def test_a_lifeline_that_is_no_open_pipe_is_errored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("soon", "999999", "-1"):
        monkeypatch.setenv(LIFELINE_VARIABLE, text)
        assert isinstance(EXECUTOR.start(context_for({"argv": ["true"]}, tmp_path)), Errored)


def test_the_script_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = """
import os, pathlib, signal, sys
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.stage import context_for
config = {"argv": ["sh", "-c", "until [ -e go ]; do sleep 0.02; done; echo done"]}
context = context_for(config, pathlib.Path(sys.argv[1]))
print(ShellExecutor().start(context).external_id, flush=True)
os.killpg(0, signal.SIGKILL)
"""
    worker = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert worker.returncode == -9, worker.stderr
    context = context_for({"argv": ["true"]}, tmp_path)
    external_id = worker.stdout.strip()
    assert isinstance(EXECUTOR.reconcile(context, external_id), Running)
    scratch(context, "go").touch()
    assert poll_to_end(EXECUTOR, context, Running(external_id, 0)) == Done({})
    assert log_of(context) == b"done\n"
