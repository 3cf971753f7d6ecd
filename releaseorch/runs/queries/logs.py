"""Reading the log of an attempt, which may still be growing; what is read depends on what is asked, not on its size."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.db.models.functions import Length

from releaseorch.runs.models import Attempt, LogChunk

PART = 256 * 1024
# A log that came byte by byte is read in shorter parts, so that a part is never a crowd of rows.
MOST_CHUNKS = 1000


def log_bytes(attempt: Attempt, offset: int = 0, limit: int = PART) -> bytes:
    """The log from this byte on, at most `limit` bytes; empty at the end. The next part begins at offset + length.

    Two queries: where the chunk with the first byte begins, and the chunks from there to the last byte.
    """
    chunks = attempt.chunks.order_by("offset")
    first = _offset_of(chunks.filter(offset__lte=offset).reverse())
    needed = chunks.filter(offset__gte=first, offset__lt=offset + limit)[:MOST_CHUNKS]
    found = b"".join(data for _at, data in _read(needed))
    return found[offset - first :][:limit]


def log_parts(attempt: Attempt) -> Iterator[bytes]:
    """The whole log, part by part, so that its size doesn't matter."""
    offset = 0
    while part := log_bytes(attempt, offset):
        yield part
        offset += len(part)


def log_tail(attempt: Attempt, n: int = 20) -> str:
    """The last `n` lines, as text, of its last 256 KB; bytes that aren't UTF-8 are replaced."""
    return log_end(attempt, n)[0]


def log_end(attempt: Attempt, n: int) -> tuple[str, bool]:
    """As `log_tail`, and whether that is the whole log."""
    lines, is_whole = _last_lines(attempt, n)
    return "\n".join(line.decode("utf-8", "replace") for line in lines), is_whole


def log_length(attempt: Attempt) -> int:
    """How many bytes the log has now."""
    last = (
        attempt.chunks.order_by("-offset").annotate(size=Length("data")).values_list("offset", "size").first()
    )
    return last[0] + last[1] if last else 0


def shown_line(line: bytes) -> bytes:
    """A line as a terminal shows it: what was written over (`10 %\\r20 %`) is gone."""
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def _last_lines(attempt: Attempt, n: int) -> tuple[list[bytes], bool]:
    """Reads backwards, a few chunks first and then more, until there are enough lines or bytes."""
    begin = end = log_length(attempt)
    lowest = max(end - PART, 0)
    chunks = attempt.chunks.order_by("-offset")
    chunks = chunks.filter(offset__gte=_offset_of(chunks.filter(offset__lte=lowest)))
    found, breaks, count = b"", 0, 4
    while begin > lowest and breaks <= n:
        read = _read(chunks.filter(offset__lt=begin)[:count])
        earlier = b"".join(data for _at, data in reversed(read))
        found, breaks = earlier + found, breaks + earlier.count(b"\n")
        begin, count = read[-1][0], min(count * 4, MOST_CHUNKS)
    if begin < lowest:
        found, begin = found[lowest - begin :], lowest
    lines = found.removesuffix(b"\n").split(b"\n") if found else []
    return [shown_line(line) for line in lines[-n:]], begin == 0 and len(lines) <= n


def _read(chunks: QuerySet[LogChunk]) -> list[tuple[int, bytes]]:
    return [(offset, bytes(data)) for offset, data in chunks.values_list("offset", "data")]


def _offset_of(chunks: QuerySet[LogChunk]) -> int:
    return chunks.values_list("offset", flat=True).first() or 0
