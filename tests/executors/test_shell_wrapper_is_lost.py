"""What is read from disk when the wrapper, the host or the start itself went wrong."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors.base import Context, Done, Errored, Failed, Running, Unknown
from releaseorch.executors.shell import wrapper
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.shell_stage import kill_wrapper, kill_wrapper_and_script, scratch, status_of
from tests.executors.stage import carry_out, context_for, log_of, until

EXECUTOR = ShellExecutor()
WAITING = {"argv": ["sh", "-c", "echo x >> effects; until [ -e go ]; do sleep 0.02; done"]}


def started(tmp_path: Path) -> Context:
    context = context_for(WAITING, tmp_path)
    assert isinstance(EXECUTOR.start(context), Running)
    until(scratch(context, "effects").exists)
    return context


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_script_without_its_wrapper_is_unknown_and_told_to_be_still_there(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper(context)
    result = EXECUTOR.reconcile(context, None)
    assert isinstance(result, Unknown)
    assert f"process {status_of(context)['script_pid']} is still there" in result.reason
    scratch(context, "go").touch()


def test_without_wrapper_and_script_it_is_unknown(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    result = EXECUTOR.reconcile(context, None)
    assert isinstance(result, Unknown)
    assert "still there" not in result.reason


@pytest.mark.parametrize("changes", [{"host": "another"}, {"boot_id": "another"}])
def test_a_start_on_another_host_or_before_a_reboot_is_unknown(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    rewrite(context.work_dir / wrapper.JOB, **changes)
    assert isinstance(EXECUTOR.reconcile(context, None), Unknown)


def test_an_end_that_is_on_disk_is_known_even_after_a_reboot(tmp_path: Path) -> None:
    context = context_for({"argv": ["sh", "-c", "echo over; exit 7"]}, tmp_path)
    EXECUTOR.start(context)
    until((context.work_dir / wrapper.EXIT).exists)
    rewrite(context.work_dir / wrapper.JOB, boot_id="another")
    assert EXECUTOR.reconcile(context, None) == Failed("It ended with exit code 7.", 7)
    assert log_of(context) == b"over\n"


def test_an_end_by_a_signal_is_failed_and_named(tmp_path: Path) -> None:
    result = carry_out(EXECUTOR, context_for({"argv": ["sh", "-c", "kill -9 $$"]}, tmp_path))
    assert result == Failed("It was ended by the signal SIGKILL.", 137)


def test_a_job_whose_wrapper_never_came_is_not_started_later(tmp_path: Path) -> None:
    context = started(tmp_path)
    kill_wrapper_and_script(context)
    (context.work_dir / wrapper.STATUS).unlink()
    scratch(context, "effects").unlink()
    assert isinstance(EXECUTOR.reconcile(context, None), Errored)
    wrapper.run(context.work_dir)
    assert not scratch(context, "effects").exists()
    assert isinstance(EXECUTOR.reconcile(context, None), Errored)


def test_without_any_trace_it_is_unknown(tmp_path: Path) -> None:
    assert isinstance(EXECUTOR.reconcile(context_for(WAITING, tmp_path), None), Unknown)


def test_starting_an_attempt_again_and_again_has_one_effect(tmp_path: Path) -> None:
    contexts = [context_for(WAITING, tmp_path) for _ in range(6)]
    barrier = threading.Barrier(len(contexts))

    def start(context: Context) -> None:
        barrier.wait()
        EXECUTOR.start(context)

    racers = [threading.Thread(target=start, args=[context]) for context in contexts]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    result = EXECUTOR.start(contexts[0])
    assert isinstance(result, Running | Errored)
    if isinstance(result, Running):
        until(scratch(contexts[0], "effects").exists)
        assert scratch(contexts[0], "effects").read_text() == "x\n"
        scratch(contexts[0], "go").touch()
        until(lambda: isinstance(EXECUTOR.poll(contexts[0], result.external_id), Done))


def test_what_the_wrapper_writes_about_itself(tmp_path: Path) -> None:
    context = started(tmp_path)
    status = status_of(context)
    assert status.keys() >= {"host", "boot_id", "pid", "start_time", "script_pid", "log", "exit"}
    assert wrapper.look_at(status["pid"]) is not None
    assert (context.work_dir / wrapper.JOB).stat().st_mode & 0o077 == 0
    scratch(context, "go").touch()
    result = EXECUTOR.start(context)
    assert isinstance(result, Running | Done)
