"""Of a log beyond the limit the first fifth and the last four fifths are kept; what is missing is said at its place."""

import re
import sys
from itertools import islice

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.executors.base import Unknown
from releaseorch.runs.engine import endings, logs, worker
from releaseorch.runs.engine.lease import Lease, NotOurs
from releaseorch.runs.models import Attempt, LogChunk
from releaseorch.runs.queries import log_end, log_length, log_missing, log_parts, log_pieces
from releaseorch.runs.store import Claim
from releaseorch.web import step_log
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a

KB, MB = 1024, 1024 * 1024
HEAD, TAIL = MB // 5, MB - MB // 5
GAP = re.compile(rb"\[[^\n]* of this log are not kept: ([0-9,]+) bytes\.[^\n]*\]\n")


@pytest.fixture(autouse=True)
def _limit(settings) -> None:
    settings.LOG_LIMIT = MB


@pytest.fixture
def claim(cast: Cast) -> Claim:
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    step = a.step(run, "deploy")
    found = worker.claim_step(step.pk, step.token)
    assert found is not None
    return found


def attempt_of(claim: Claim) -> Attempt:
    return Attempt.objects.get(pk=claim.attempt_id)


def lines(count: int) -> bytes:
    """Lines of a hundred bytes that hold their numbers, which begin with 1."""
    return b"".join(b"%099d\n" % number for number in range(1, count + 1))


def saved(attempt: Attempt) -> tuple[bytes, int, bytes]:
    """A download: what is before the line about the gap, how many bytes it says are missing, and what is after it."""
    head, said, tail = GAP.split(b"".join(log_parts(attempt)))
    return head, int(said.replace(b",", b"")), tail


def assert_is_kept(attempt: Attempt, whole: bytes) -> None:
    head, missing, tail = saved(attempt)
    if not whole.startswith(head):  # it ended within a line
        head = head.removesuffix(b"\n")
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head) + missing + len(tail) == len(whole) == log_length(attempt)
    assert missing == log_missing(attempt)
    assert HEAD <= len(head) <= HEAD + 64 * KB
    assert TAIL <= len(tail) <= TAIL + 64 * KB


def test_of_a_script_that_prints_too_much_the_beginning_and_the_end_are_kept(cast: Cast) -> None:
    script = "import sys; sys.stdout.write(''.join('%099d\\n' % n for n in range(1, 30_001)))"
    run = a.running_run(cast.release_manager, a.automated("deploy", sys.executable, "-I", "-c", script))
    a.carry_out(run, "deploy")
    assert_is_kept(a.last_attempt(run, "deploy"), lines(30_000))


@pytest.mark.parametrize("piece", [9_997, 64 * KB, 300 * KB])
def test_whoever_writes_the_log_the_sink_keeps_its_beginning_and_its_end(claim: Claim, piece: int) -> None:
    whole, sink = lines(25_000), logs.sink_for(Lease(claim))
    for start in range(0, len(whole), piece):
        sink.write(whole[start : start + piece])
    sink.close()
    assert_is_kept(attempt_of(claim), whole)


def test_a_log_of_just_the_limit_is_whole(claim: Claim) -> None:
    sink = logs.sink_for(Lease(claim))
    sink.write(b"x" * MB)
    attempt = attempt_of(claim)
    assert b"".join(log_parts(attempt)) == b"x" * MB
    assert (log_length(attempt), log_missing(attempt)) == (MB, 0)


def test_what_is_dropped_goes_with_what_comes_in_one_transaction(claim: Claim) -> None:
    sink = logs.sink_for(Lease(claim))
    sink.write(b"x" * (MB + 64 * KB))
    with CaptureQueriesContext(connection) as asked:
        sink.write(b"x" * 64 * KB)
    begin, *texts, end = (one["sql"].split()[0] for one in asked)
    assert texts == ["INSERT", "DELETE"]
    assert (begin, end) in {("BEGIN", "COMMIT"), ("SAVEPOINT", "RELEASE")}


def test_a_log_that_began_in_small_pieces_stays_within_its_limit(claim: Claim) -> None:
    whole = lines(9_000)
    small = [
        LogChunk(attempt_id=claim.attempt_id, offset=at, data=whole[at : at + 100])
        for at in range(0, len(whole), 100)
    ]
    LogChunk.objects.bulk_create(small, batch_size=300)
    later = lines(20_000)
    sink = logs.sink_for(Lease(claim), is_begun=True)
    sink.write(later)
    assert_is_kept(attempt_of(claim), whole + later)


def test_another_worker_goes_on_where_a_long_log_ends(claim: Claim) -> None:
    whole = lines(24_000)
    logs.sink_for(Lease(claim)).write(whole[:1_300_000])
    logs.sink_for(Lease(claim), is_begun=True).write(whole[1_300_000:])
    assert_is_kept(attempt_of(claim), whole)


def test_who_lost_the_attempt_drops_nothing(claim: Claim) -> None:
    sink = logs.sink_for(Lease(claim))
    sink.write(b"x" * (MB + 128 * KB))
    attempt = attempt_of(claim)
    there = list(attempt.chunks.values_list("offset", flat=True))
    assert endings.finish(claim, Unknown("Given up."))
    with pytest.raises(NotOurs):
        sink.write(b"y" * 64 * KB)
    assert list(attempt.chunks.values_list("offset", flat=True)) == there


@pytest.mark.parametrize("count", [1000, 5_000_000])
def test_what_was_skipped_on_the_way_is_missing_at_its_place(claim: Claim, count: int) -> None:
    sink = logs.sink_for(Lease(claim))
    sink.write(b"first\n")
    sink.skip(count)
    sink.write(b"last\n")
    attempt = attempt_of(claim)
    assert saved(attempt) == (b"first\n", count, b"last\n")
    assert log_end(attempt, 20) == ("last", False)
    assert log_length(attempt) == count + 11
    page = step_log.page_of(attempt)
    assert (page.text, page.is_cut) == ("last", True)
    assert f"not kept: {count:,} bytes" in page.gap


def test_what_goes_while_it_is_read_is_said_to_be_missing(claim: Claim) -> None:
    sink = logs.sink_for(Lease(claim))
    sink.write(lines(10_000))
    attempt = attempt_of(claim)
    read = log_pieces(attempt)
    begun = list(islice(read, 1))
    sink.write(lines(10_000))
    pieces = begun + list(read)
    assert sum(missing + len(piece) for missing, piece in pieces) == 2_000_000
    assert [missing for missing, _piece in pieces if missing] != []


def long_log(claim: Claim) -> Attempt:
    """Between two needles a lot of hay."""
    logs.sink_for(Lease(claim)).write(b"one needle\n" + lines(20_000) + b"another needle\n")
    return attempt_of(claim)


def test_the_page_shows_the_end_and_says_once_what_is_missing(claim: Claim) -> None:
    attempt = long_log(claim)
    page = step_log.page_of(attempt)
    assert page.text.endswith(f"{20_000:099d}\nanother needle")
    assert page.is_cut
    assert "not kept" not in page.text
    assert f"not kept: {log_missing(attempt):,} bytes" in page.gap


def test_a_search_goes_over_the_gap_and_counts_lines_from_there(claim: Claim) -> None:
    attempt = long_log(claim)
    lines_after = saved(attempt)[2].count(b"\n")
    page = step_log.page_of(attempt, "Needle")
    first, gap, last = page.text.split("\n")
    assert (first, last, page.count) == ("1  one needle", f"+{lines_after}  another needle", 2)
    assert f"not kept: {log_missing(attempt):,} bytes" in gap
    assert (page.gap, page.is_cut) == ("", False)


def test_a_search_that_finds_nothing_says_where_it_could_not_look(claim: Claim) -> None:
    page = step_log.page_of(long_log(claim), "zebra")
    assert (page.text, page.count) == ("", 0)
    assert "not kept" in page.gap


def test_more_than_fits_before_the_gap_is_cut_as_ever(claim: Claim) -> None:
    page = step_log.page_of(long_log(claim), "0")
    assert (page.count, page.is_cut) == (step_log.MOST_FOUND, True)
    assert page.text.split("\n")[0] == f"2  {1:099d}"


def test_page_download_and_api_say_the_same_is_missing(house: House, door) -> None:
    version = house.version(house.claims_web, "3.0.0")
    script = (
        "sh",
        "-c",
        "yes 'all is well, and so it goes on and on and on' | head -n 50000; echo 'the disk is full'",
    )
    run = a.running_run(
        house.cast.release_manager, a.installing("deploy", version, *script), environment=house.production
    )
    a.carry_out(run, "deploy")
    attempt = a.last_attempt(run, "deploy")
    said = f"not kept: {log_missing(attempt):,} bytes"
    client = door(house.cast.auditor)
    page = client.get(f"/steps/{attempt.step_id}").content.decode()
    assert page.count(said) == 1
    assert "the disk is full" in page
    for path in (f"/attempts/{attempt.pk}/log", f"/api/v1/attempts/{attempt.pk}/log"):
        text = b"".join(client.get(path).streaming_content).decode()
        assert text.count(said) == 1
        assert text.startswith("all is well, and")
        assert text.endswith("on and on\nthe disk is full\n")
    found = client.get(f"/steps/{attempt.step_id}?find=full").content.decode()
    assert found.count(said) == 1
    nothing = client.get(f"/steps/{attempt.step_id}?find=zebra").content.decode()
    assert "Download all of it" not in found + nothing
    assert nothing.count(said) == 1
    assert "No line holds this." in nothing
