"""Where an attempt's log goes: redacted, cut into chunks of at most 64 KB, appended without a gap."""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from releaseorch.executors.redaction import RedactingSink, Redactor
from releaseorch.runs.engine.lease import Lease, NotOurs
from releaseorch.runs.models import LogChunk
from releaseorch.runs.store import store

CHUNK = 64 * 1024
# Tools are told the limit and say themselves what they leave out; one that doesn't is cut here.
TIMES_THE_LIMIT = 4
CUT = b"\n[The log is too long; what follows is not kept.]\n"


class LogRows:
    """A log sink that stores what it is given before it returns; raises `NotOurs` once the attempt is lost.

    Of an attempt that another worker began it goes on where the log ends.
    """

    def __init__(self, lease: Lease, is_begun: bool) -> None:
        self._lease = lease
        self._offset: int | None = None if is_begun else 0
        self._is_full = False

    def write(self, data: bytes, /) -> None:
        for start in range(0, len(data), CHUNK):
            self._append(bytes(data[start : start + CHUNK]))

    def _append(self, chunk: bytes) -> None:
        if self._offset is None:
            self._offset, self._is_full = self._lease.keep(self._stored)
        if self._is_full:
            return
        if self._offset + len(chunk) > TIMES_THE_LIMIT * settings.LOG_LIMIT:
            self._is_full, chunk = True, CUT
        claim, offset = self._lease.claim, self._offset
        if not self._lease.keep(lambda: store().append_log(claim, offset, chunk)):
            raise NotOurs
        self._offset += len(chunk)

    def _stored(self) -> tuple[int, bool]:
        """Where the log ends that another worker began, and whether it is full."""
        last = LogChunk.objects.filter(attempt_id=self._lease.claim.attempt_id).order_by("-offset").first()
        data = bytes(last.data) if last else b""
        return (last.offset if last else 0) + len(data), data == CUT


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
