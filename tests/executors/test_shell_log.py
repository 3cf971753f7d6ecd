"""Every byte of a script's log arrives once and in order, whatever it is."""

import base64
import io
import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from releaseorch.executors.base import Context, Done, Running, kept_of_log
from releaseorch.executors.redaction import MASK
from releaseorch.executors.shell import attempt, wrapper
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.shell_stage import scratch
from tests.executors.stage import SECRET, Log, carry_out, context_for, log_of, poll_to_end, until

EXECUTOR = ShellExecutor()

MB = 1024 * 1024
HEAD, TAIL = kept_of_log(MB)
TOKEN = b's3cr3t/+ "q\\9'
WITHIN = base64.b64encode(b"user:" + TOKEN)


def python(code: str) -> dict[str, list[str]]:
    return {"argv": [sys.executable, "-I", "-S", "-c", "import os, sys; " + code]}


def with_log(tmp_path: Path, content: bytes, **more: Any) -> Context:
    """Return an attempt whose script has ended after writing this log."""
    context = context_for({"argv": ["true"]}, tmp_path, **more)
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


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        base64.b64encode(TOKEN),
        WITHIN,
        quote(TOKEN, safe="").encode(),
        quote_plus(TOKEN).encode(),
        json.dumps(TOKEN.decode())[1:-1].encode(),
    ],
    ids=["raw", "base64", "base64-within", "url", "form", "json"],
)
def test_a_secret_across_the_border_of_two_chunks_is_hidden_wherever_it_is_cut(
    form: bytes, tmp_path: Path
) -> None:
    for cut in range(1, len(form)):
        context = context_for({}, tmp_path / str(cut), secrets={"token": TOKEN})
        context.work_dir.mkdir(parents=True)
        content = b"\n" * (attempt.CHUNK - cut) + form + b"\n" * 100
        (context.work_dir / wrapper.LOG).write_bytes(content)
        assert attempt.forward_log(context, final=True)
        assert MASK in log_of(context)
        # Within a longer text what isn't the secret's alone stays: the name before it, and letters that both share.
        assert len(log_of(context).replace(MASK, b"").strip(b"\n")) <= (10 if form == WITHIN else 0)


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


def gap_of(context: Context) -> tuple[bytes, int, bytes]:
    """What arrived before the one gap, how much was skipped, and what arrived after it."""
    assert isinstance(context.log, Log)
    [(at, skipped)] = context.log.gaps
    return log_of(context)[:at], skipped, log_of(context)[at:]


def test_what_is_too_far_behind_is_skipped_up_to_a_new_line(tmp_path: Path) -> None:
    content = b"".join(b"%099d\n" % number for number in range(50_000))
    context = with_log(tmp_path, content, log_limit=MB)
    assert isinstance(poll_to_end(EXECUTOR, context, Running("", 0)), Done)
    head, skipped, tail = gap_of(context)
    assert content == head + content[len(head) : len(head) + skipped] + tail
    assert HEAD <= len(head) <= HEAD + attempt.CHUNK
    assert TAIL <= len(tail) <= TAIL + 100


@pytest.mark.parametrize("inside", [1, len(SECRET) // 2, len(SECRET) - 1])
@pytest.mark.parametrize("before", [b"x", b"one of many lines\n"], ids=["no-lines", "lines"])
@pytest.mark.parametrize(
    "form", [SECRET, base64.b64encode(SECRET), b"-".join([SECRET, SECRET])], ids=["raw", "base64", "two"]
)
def test_a_skip_never_ends_within_a_secret(form: bytes, before: bytes, inside: int, tmp_path: Path) -> None:
    content = before * (3 * MB // len(before)) + form
    content += b"y" * (TAIL - len(form) + inside)
    context = with_log(tmp_path, content, log_limit=MB)
    assert isinstance(poll_to_end(EXECUTOR, context, Running("", 0)), Done)
    _head, _skipped, tail = gap_of(context)
    assert set(tail.replace(before, b"").replace(MASK, b"").replace(b"-", b"")) == {ord("y")}


def test_the_middle_of_an_endless_log_takes_no_room_on_the_disk(tmp_path: Path) -> None:
    script = "import time; line = b'%099d\\n'\n"
    script += "for part in range(20):\n"
    script += "    os.write(1, b''.join(line % (part * 15_000 + n) for n in range(15_000))); time.sleep(0.06)"
    context = context_for(python(script), tmp_path, log_limit=MB)
    result = EXECUTOR.start(context)
    until((context.work_dir / wrapper.EXIT).exists)
    log = (context.work_dir / wrapper.LOG).stat()
    assert log.st_size == 30_000_000
    assert log.st_blocks * 512 < 10 * MB
    assert isinstance(poll_to_end(EXECUTOR, context, result), Done)
    head, skipped, tail = gap_of(context)
    whole = b"".join(b"%099d\n" % number for number in range(300_000))
    assert whole == head + whole[len(head) : len(head) + skipped] + tail


class Overtaken(io.FileIO):
    """Once while it is read, the script prints on and the wrapper frees what is being read."""

    is_overtaken = False

    def read(self, size: int | None = -1) -> bytes:
        place = self.tell()
        if place >= HEAD and not self.is_overtaken:
            self.is_overtaken = True
            with Path(str(self.name)).open("r+b") as log:
                log.seek(place)
                log.write(b"\0" * attempt.CHUNK)
                log.seek(0, os.SEEK_END)
                log.write(b"y" * 2 * TAIL)
        return super().read(size) or b""


def test_what_is_freed_while_it_is_read_is_skipped(tmp_path: Path) -> None:
    context = context_for({}, tmp_path, log_limit=MB)
    context.work_dir.mkdir()
    path = context.work_dir / wrapper.LOG
    path.write_bytes(b"x" * MB)
    with Overtaken(path) as log:
        reader = attempt.Reader(context, log)
        until(lambda: reader.forward(final=True))
        assert log.is_overtaken
    head, skipped, tail = gap_of(context)
    assert (set(head), set(tail)) == ({ord("x")}, {ord("y")})
    assert len(head) + skipped + len(tail) == path.stat().st_size


def test_who_reads_while_the_middle_goes_reads_no_hole(tmp_path: Path) -> None:
    """A script that prints without a pause, and is read all the time."""
    script = "import time; line = b'%099d\\n'; end = time.monotonic() + 2; number = 0\n"
    script += "while time.monotonic() < end:\n"
    script += "    os.write(1, b''.join(line % n for n in range(number, number + 2000))); number += 2000"
    context = context_for(python(script), tmp_path, log_limit=MB)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert isinstance(context.log, Log)
    edges = [0, *(at for at, _skipped in context.log.gaps), len(log_of(context))]
    expected = 0
    for (begin, end), skipped in zip(pairwise(edges), [*(n for _at, n in context.log.gaps), 0], strict=True):
        numbers = range(expected // 100, (expected + end - begin) // 100 + 1)
        printed = b"".join(b"%099d\n" % number for number in numbers)[expected % 100 :]
        assert log_of(context)[begin:end] == printed[: end - begin]
        expected += end - begin + skipped
    assert len(context.log.gaps) > 1
