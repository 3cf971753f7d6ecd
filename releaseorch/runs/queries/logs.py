"""Reading the log of an attempt, which may still be growing; what is read depends on what is asked, not on its size."""

import re
from collections.abc import Iterable, Iterator

from django.db.models import F, Max, QuerySet, Sum
from django.db.models.functions import Length
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from releaseorch.runs.models import Attempt, LogChunk

PART = 256 * 1024
# A log that came byte by byte is read in shorter parts, so that a part is never a crowd of rows.
MOST_CHUNKS = 1000
# Colours and movements; titles and links of a window, when they end; whatever else begins with an escape.
TERMINAL_CODE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


def log_bytes(attempt: Attempt, offset: int = 0, limit: int = PART) -> bytes:
    """What is kept from this byte on without a gap, at most `limit` bytes; empty in a gap and at the end.

    Two queries: where the chunk with the first byte begins, and the chunks from there to the last byte.
    """
    chunks = attempt.chunks.order_by("offset")
    first = _offset_of(chunks.filter(offset__lte=offset).reverse()) or 0
    needed = chunks.filter(offset__gte=first, offset__lt=offset + limit)[:MOST_CHUNKS]
    found = b"".join(_without_gap(_read(needed), first))
    return found[offset - first :][:limit]


def log_pieces(attempt: Attempt) -> Iterator[tuple[int, bytes]]:
    """All that is kept, piece by piece, each with the number of bytes before it that are not."""
    offset = missing = 0
    while True:
        piece = log_bytes(attempt, offset)
        if piece:
            yield missing, piece
            offset, missing = offset + len(piece), 0
            continue
        goes_on = _offset_of(attempt.chunks.filter(offset__gt=offset).order_by("offset"))
        if goes_on is None:
            return
        offset, missing = goes_on, missing + goes_on - offset


def log_parts(attempt: Attempt) -> Iterator[bytes]:
    """The log as a file, part by part, so that its size doesn't matter; a line says where how much is missing."""
    last = b"\n"
    for missing, piece in log_pieces(attempt):
        if missing:
            line = f"{gap_line(missing)}\n".encode()
            yield line if last == b"\n" else b"\n" + line
        yield piece
        last = piece[-1:]


def gap_line(missing: int) -> str:
    """What stands where so many bytes are not kept."""
    said = _("[%(size)s of this log are not kept: %(n)s bytes. Of a long log the beginning and the end are.]")
    return said % {"size": filesizeformat(missing).replace("\xa0", " "), "n": f"{missing:,}"}


def log_missing(attempt: Attempt) -> int:
    """How many of its bytes are not kept, all in all; looks at each chunk, though not at what is in it."""
    size = Length("data")
    found = attempt.chunks.aggregate(end=Max(F("offset") + size), kept=Sum(size))
    return (found["end"] or 0) - (found["kept"] or 0)


def log_tail(attempt: Attempt, n: int = 20) -> str:
    """The last `n` lines, as text, of its last 256 KB; bytes that aren't UTF-8 are replaced."""
    return log_end(attempt, n)[0]


def log_end(attempt: Attempt, n: int) -> tuple[str, bool]:
    """As `log_tail`, and whether that is the whole log."""
    lines, is_whole = _last_lines(attempt, n)
    return "\n".join(line.decode("utf-8", "replace") for line in lines), is_whole


def log_length(attempt: Attempt) -> int:
    """How many bytes the log has now, whether or not all of them are kept."""
    return LogChunk.end_of(attempt.pk)


def shown_line(line: bytes) -> bytes:
    """A line as a terminal shows it: its codes are gone, and what was written over (`10 %\\r20 %`)."""
    if b"\x1b" in line:
        line = TERMINAL_CODE.sub(b"", line)
    return line.rstrip(b"\r").rpartition(b"\r")[2]


def _last_lines(attempt: Attempt, n: int) -> tuple[list[bytes], bool]:
    """Reads backwards, a few chunks first and then more, until there are enough lines or bytes, or a gap."""
    begin = end = log_length(attempt)
    lowest = max(end - PART, 0)
    chunks = attempt.chunks.order_by("-offset")
    chunks = chunks.filter(offset__gte=_offset_of(chunks.filter(offset__lte=lowest)) or 0)
    found, breaks, count = b"", 0, 4
    while begin > lowest and breaks <= n:
        read = _back_to_gap(_read(chunks.filter(offset__lt=begin)[:count]), begin)
        if not read:
            break
        earlier = b"".join(reversed(read))
        found, breaks = earlier + found, breaks + earlier.count(b"\n")
        begin, count = begin - len(earlier), min(count * 4, MOST_CHUNKS)
    if begin < lowest:
        found, begin = found[lowest - begin :], lowest
    lines = found.removesuffix(b"\n").split(b"\n") if found else []
    return [shown_line(line) for line in lines[-n:]], begin == 0 and len(lines) <= n


def _read(chunks: QuerySet[LogChunk]) -> list[tuple[int, bytes]]:
    return [(offset, bytes(data)) for offset, data in chunks.values_list("offset", "data")]


def _without_gap(chunks: Iterable[tuple[int, bytes]], begin: int) -> Iterator[bytes]:
    for offset, data in chunks:
        if offset != begin:
            return
        yield data
        begin += len(data)


def _back_to_gap(chunks: Iterable[tuple[int, bytes]], end: int) -> list[bytes]:
    found = []
    for offset, data in chunks:
        if offset + len(data) != end:
            break
        found.append(data)
        end = offset
    return found


def _offset_of(chunks: QuerySet[LogChunk]) -> int | None:
    return chunks.values_list("offset", flat=True).first()
