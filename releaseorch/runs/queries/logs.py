"""Reading the log of an attempt, which may still be growing."""

from django.db.models.functions import Length

from releaseorch.runs.models import Attempt, LogChunk

PART = 256 * 1024


def log_bytes(attempt: Attempt, offset: int = 0, limit: int = PART) -> bytes:
    """The log from this byte on, at most `limit` bytes; empty at the end. The next part begins at offset + length."""
    found = bytearray()
    for chunk in _from(attempt, offset):
        data = bytes(chunk.data)
        found += data[max(offset - chunk.offset, 0) :]
        if len(found) >= limit:
            break
    return bytes(found[:limit])


def log_tail(attempt: Attempt, n: int = 20) -> str:
    """The last `n` lines, as text; bytes that aren't UTF-8 are replaced."""
    found = b""
    for chunk in attempt.chunks.order_by("-offset").iterator(chunk_size=4):
        found = bytes(chunk.data) + found
        if found.count(b"\n") > n or len(found) > PART:
            break
    return "\n".join(found.decode("utf-8", "replace").splitlines()[-n:])


def log_length(attempt: Attempt) -> int:
    """How many bytes the log has now."""
    last = (
        attempt.chunks.order_by("-offset").annotate(size=Length("data")).values_list("offset", "size").first()
    )
    return last[0] + last[1] if last else 0


def _from(attempt: Attempt, offset: int) -> list[LogChunk]:
    """The chunk that holds this byte and those after it, as many as one part needs."""
    first = (
        attempt.chunks.filter(offset__lte=offset).order_by("-offset").values_list("offset", flat=True).first()
    )
    return list(attempt.chunks.filter(offset__gte=first or 0).order_by("offset")[:256])
