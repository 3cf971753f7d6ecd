"""Where an attempt's log goes: redacted, cut into chunks of at most 64 KB, its middle dropped when it is long."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from releaseorch.executors.base import kept_of_log
from releaseorch.executors.redaction import RedactingSink, Redactor
from releaseorch.runs.engine.lease import Lease, NotOurs
from releaseorch.runs.models import LogChunk
from releaseorch.runs.store import store

CHUNK = 64 * 1024
# More than one is dropped for each that is added, so that a log which began in small pieces stays within its limit.
DROPPED_AT_ONCE = 1000


class LogRows:
    """A log sink that stores what it is given before it returns; raises `NotOurs` once the attempt is lost.

    Of an attempt that another worker began it goes on where the log ends. Of a log beyond its limit the beginning
    stays, and with each piece that comes the oldest after it go: a gap is what no chunk covers.
    """

    def __init__(self, lease: Lease, is_begun: bool) -> None:
        self._lease = lease
        self._offset: int | None = None if is_begun else 0
        self._head, self._tail = kept_of_log(settings.LOG_LIMIT)
        self._dropped_until = self._head

    def write(self, data: bytes, /) -> None:
        for start in range(0, len(data), CHUNK):
            self._append(bytes(data[start : start + CHUNK]))

    def skip(self, count: int, /) -> None:
        """It is seen once something comes after it."""
        self._offset = self._end() + count

    def _append(self, chunk: bytes) -> None:
        claim, offset = self._lease.claim, self._end()
        end = offset + len(chunk)
        # No chunk is longer, so what begins before this ends before what is kept of the end.
        until = end - self._tail - CHUNK

        def add() -> bool:
            if until <= self._dropped_until:
                return store().append_log(claim, offset, chunk)
            with transaction.atomic():
                is_there = store().append_log(claim, offset, chunk)
                dropped_until = store().drop_log(claim, self._dropped_until, until, DROPPED_AT_ONCE)
            self._dropped_until = dropped_until
            return is_there

        if not self._lease.keep(add):
            raise NotOurs
        self._offset = end

    def _end(self) -> int:
        """Where the log ends, also one that another worker began."""
        if self._offset is None:
            self._offset = self._lease.keep(lambda: LogChunk.end_of(self._lease.claim.attempt_id))
        return self._offset


def sink_for(lease: Lease, *, is_begun: bool = False) -> RedactingSink:
    """The sink of an attempt; the product's own secrets never reach a log, whatever a script prints."""
    return RedactingSink(LogRows(lease, is_begun), _redactor_of(tuple(own_secrets().items())))


@lru_cache(maxsize=2)
def _redactor_of(secrets: tuple[tuple[str, bytes], ...]) -> Redactor:
    return Redactor(dict(secrets))


def own_secrets() -> dict[str, bytes]:
    """Name → value of what this process itself must keep to itself."""
    found = {
        "secret key": settings.SECRET_KEY,
        "database password": settings.DATABASES["default"].get("PASSWORD") or "",
        "broker password": urlsplit(settings.CELERY_BROKER_URL).password or "",
    }
    return {name: value.encode() for name, value in found.items() if value}
