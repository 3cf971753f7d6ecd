"""Reading a log costs what is asked for, however long it is and in whatever pieces it came."""

import tracemalloc
from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.runs.engine import worker
from releaseorch.runs.models import Attempt, LogChunk
from releaseorch.runs.queries import log_bytes, log_end, log_length, log_parts, log_tail
from releaseorch.web import step_log
from tests.characters import Cast
from tests.runs import builders as a

KB, MB = 1024, 1024 * 1024


@pytest.fixture
def attempt(cast: Cast) -> Attempt:
    """One that a worker has taken; nothing is written yet."""
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    step = a.step(run, "deploy")
    worker.claim_step(step.pk, step.token)
    return a.last_attempt(run, "deploy")


def write(attempt: Attempt, pieces: Sequence[bytes]) -> bytes:
    """Store the log in these chunks and return it whole."""
    offset, chunks = log_length(attempt), []
    for data in pieces:
        chunks.append(LogChunk(attempt=attempt, offset=offset, data=data))
        offset += len(data)
    LogChunk.objects.bulk_create(chunks, batch_size=100)
    return b"".join(pieces)


def lines(count: int) -> bytes:
    return b"".join(b"%099d\n" % number for number in range(count))


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def peak_of(read: Callable[[], object]) -> int:
    """How much memory was in use at once, in bytes."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 7, 1000, 64 * KB])
def test_any_part_is_what_stands_there(attempt: Attempt, size: int) -> None:
    whole = write(attempt, cut(lines(70), size))
    for offset, limit in ((0, 10), (3, 1), (999, 2002), (6999, 5), (0, 64 * KB), (7000, 9)):
        found, at = b"", offset
        while len(found) < limit and (part := log_bytes(attempt, at, limit - len(found))):
            found, at = found + part, at + len(part)
        assert found == whole[offset : offset + limit]


@pytest.mark.parametrize("size", [1000, 64 * KB])
def test_the_parts_are_the_whole_log(attempt: Attempt, size: int) -> None:
    whole = write(attempt, cut(lines(20_000), size))
    assert b"".join(log_parts(attempt)) == whole


def test_an_empty_log_has_no_parts_and_no_lines(attempt: Attempt) -> None:
    assert list(log_parts(attempt)) == []
    assert log_bytes(attempt, 5) == b""
    assert log_end(attempt, 20) == ("", True)


def test_a_part_of_a_long_log_takes_two_queries_and_the_memory_of_a_part(attempt: Attempt) -> None:
    write(attempt, [b"x" * 64 * KB] * 256)
    for offset in (0, 8 * MB + 5, 16 * MB - 10):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert log_bytes(attempt, offset)[:1] == b"x"
        assert len(asked) == 2
        assert peak_of(lambda offset=offset: log_bytes(attempt, offset)) < 2 * MB


def test_a_download_takes_the_same_memory_whatever_the_length(attempt: Attempt) -> None:
    def drain() -> None:
        for _part in log_parts(attempt):
            pass

    write(attempt, [b"x" * 64 * KB] * 32)
    short = peak_of(drain)
    write(attempt, [b"x" * 64 * KB] * 224)
    assert peak_of(drain) < 1.5 * short + 64 * KB


@pytest.mark.parametrize("size", [40, 1000, 64 * KB])
def test_the_end_is_the_last_lines(attempt: Attempt, size: int) -> None:
    whole = write(attempt, cut(lines(1000), size)).decode()
    assert log_tail(attempt, 3) == "\n".join(whole.splitlines()[-3:])
    assert log_end(attempt, 999) == ("\n".join(whole.splitlines()[-999:]), False)
    assert log_end(attempt, 1000) == (whole.removesuffix("\n"), True)


def test_the_end_of_a_long_log_takes_few_queries_and_no_more_than_256_kb(attempt: Attempt) -> None:
    write(attempt, [b"x" * 64 * KB] * 256)
    with CaptureQueriesContext(connection) as asked:
        assert log_end(attempt, 1500) == ("x" * 256 * KB, False)
    assert len(asked) <= 4
    assert peak_of(lambda: log_tail(attempt)) < 3 * MB


def test_what_a_terminal_writes_over_is_gone_on_the_page_and_stays_in_the_download(attempt: Attempt) -> None:
    whole = write(attempt, [b"one\r\n10 %\r20", b" %\r30 %\nlast\r"])
    assert log_end(attempt, 20) == ("one\n30 %\nlast", True)
    assert not step_log.page_of(attempt).is_cut
    assert step_log.page_of(attempt, "30").text == "2  30 %"
    assert b"".join(log_parts(attempt)) == whole


def test_what_steers_a_terminal_is_gone_on_the_page_and_in_searches(attempt: Attempt) -> None:
    coloured = b"\x1b[1;31mfa\x1b[0miled\x1b[K: \x1b]8;;http://x\x07here\x1b]8;;\x1b\\\x1b(B\n"
    whole = write(attempt, [coloured, b"10 %\r\x1b[2K20 %\r\x1b[0m\n", b"\x1b]not ended\n"])
    assert log_end(attempt, 20)[0] == "failed: here\n20 %\nnot ended"
    assert step_log.page_of(attempt, "failed: here").text == "1  failed: here"
    assert b"".join(log_parts(attempt)) == whole


def test_bytes_that_are_no_text_are_replaced_on_the_page_and_stay_in_the_download(attempt: Attempt) -> None:
    whole = write(attempt, [b"caf\xe9 \xc3", b"\xa9\n", bytes(range(256)), b"\nend \xe2\x82"])
    first, *_others, last = log_end(attempt, 20)[0].split("\n")
    assert (first, last) == ("caf\ufffd é", "end \ufffd")
    assert step_log.page_of(attempt, "end").text.endswith("  end \ufffd")
    assert b"".join(log_parts(attempt)) == whole


def test_a_search_goes_through_a_line_without_end_and_shows_where_it_found_it(attempt: Attempt) -> None:
    line = b"x" * (3 * MB) + b"Needle" + b"y" * MB
    write(attempt, cut(b"first\n" + line + b"\nneedle too\n", 64 * KB))
    page = step_log.page_of(attempt, "needle")
    first, second = page.text.splitlines()
    assert first.startswith("2  …xxx")
    assert "xNeedley" in first
    assert len(first) < 2000
    assert (second, page.count, page.is_cut) == ("3  needle too", 2, False)
    assert peak_of(lambda: step_log.page_of(attempt, "zebra")) < 6 * MB


@pytest.mark.parametrize("at", [64 * KB - 6, 64 * KB - 3, 64 * KB])
def test_a_search_finds_what_lies_across_the_border_of_two_pieces(attempt: Attempt, at: int) -> None:
    write(attempt, cut(b"x" * at + b"needle" + b"x" * 90_000, 64 * KB))
    assert "needle" in step_log.page_of(attempt, "needle").text
