"""Every byte of a script's log arrives once and in order, whatever it is."""

import os
import sys
from pathlib import Path

import pytest

from releaseorch.executors.base import LOG_LIMIT, Context, Done, Running
from releaseorch.executors.shell import attempt, wrapper
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.shell_stage import scratch
from tests.executors.stage import Log, carry_out, context_for, log_of, poll_to_end, until

EXECUTOR = ShellExecutor()


def python(code: str) -> dict[str, list[str]]:
    return {"argv": [sys.executable, "-I", "-S", "-c", "import os, sys; " + code]}


def with_log(tmp_path: Path, content: bytes) -> Context:
    """Return an attempt whose script has ended after writing this log."""
    context = context_for({"argv": ["true"]}, tmp_path)
    EXECUTOR.start(context)
    until((context.work_dir / wrapper.EXIT).exists)
    (context.work_dir / wrapper.LOG).write_bytes(content)
    return context


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no newline",
        bytes(range(256)) * 3,
        b"\xff\xfe\xed\xa0\x80\xc0\n",
        b"\x1b]8;;http://x\x07link\x1b]8;;\x07\r 50 %\r100 %\n\0\0",
        b"x" * 1_000_000 + b"\n",
        os.urandom(200_000),
    ],
    ids=["empty", "no-newline", "all-bytes", "invalid-utf-8", "escapes", "long-line", "random"],
)
def test_bytes_arrive_unchanged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "content").write_bytes(content)
    context = context_for({"argv": ["cat", str(tmp_path / "content")]}, tmp_path)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert log_of(context) == content


def test_both_streams_arrive_in_one_order(tmp_path: Path) -> None:
    context = context_for(python("[os.write(i % 2 + 1, b'%d\\n' % i) for i in range(500)]"), tmp_path)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert log_of(context) == b"".join(b"%d\n" % i for i in range(500))


def test_a_secret_that_is_written_in_two_pieces_is_hidden_across_polls(tmp_path: Path) -> None:
    script = "printf 'a hunter2-'; until [ -e go ]; do sleep 0.02; done; echo hunter2 b"
    context = context_for({"argv": ["sh", "-c", script]}, tmp_path)
    result = EXECUTOR.start(context)
    assert isinstance(result, Running)
    until(lambda: ShellExecutor().poll(context, result.external_id) and log_of(context))
    assert log_of(context) == b"a "
    scratch(context, "go").touch()
    poll_to_end(EXECUTOR, context, result)
    assert log_of(context) == b"a [secret] b\n"


def test_a_sink_that_refuses_loses_nothing(tmp_path: Path) -> None:
    class Refusing(Log):
        def write(self, data: bytes) -> None:
            raise PermissionError

    content = os.urandom(300_000)
    context = with_log(tmp_path, content)
    stale = context_for(context.config, tmp_path, log=Refusing())
    with pytest.raises(PermissionError):
        EXECUTOR.poll(stale, "")
    poll_to_end(EXECUTOR, context, Running("", 0))
    assert log_of(context) == content


def test_a_long_log_takes_several_polls_and_then_the_end_is_told(tmp_path: Path) -> None:
    content = os.urandom(attempt.CHUNK * attempt.CHUNKS_PER_POLL * 2)
    context = with_log(tmp_path, content)
    first = EXECUTOR.poll(context, "")
    assert isinstance(first, Running)
    assert first.next_poll_s == 0
    assert isinstance(poll_to_end(EXECUTOR, context, first), Done)
    assert log_of(context) == content


def test_an_endless_log_is_cut_and_the_result_stays(tmp_path: Path) -> None:
    context = with_log(tmp_path, b"")
    with (context.work_dir / wrapper.LOG).open("wb") as log:
        log.truncate(LOG_LIMIT + 5000)
    assert isinstance(poll_to_end(EXECUTOR, context, Running("", 0)), Done)
    assert len(log_of(context)) == LOG_LIMIT + len(b"\n[truncated 5000 bytes]\n")
    assert log_of(context).endswith(b"\n[truncated 5000 bytes]\n")
