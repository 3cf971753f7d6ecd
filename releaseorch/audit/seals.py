"""The hash chain over all events: appended in batches by one sealer, verified by streaming."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from releaseorch.audit.models import Event, Seal

GENESIS = "0" * 64
BATCH = 500
OUT_OF_ORDER, ALL_EVERY_S = 10_000, 3600.0


def canonical(event: Event) -> bytes:
    """The bytes that are hashed: sorted keys, UTC with microseconds, no floats."""
    content = {
        "id": event.pk,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [event.actor_kind, event.actor_id, event.actor_name],
        "verb": event.verb,
        "subject": [event.subject_kind, event.subject_id, event.subject_name],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def chained(previous: str, event: Event) -> str:
    return hashlib.sha256(previous.encode() + canonical(event)).hexdigest()


def seal_batch() -> int:
    """Seal the oldest unsealed events; returns how many. Two sealers at once: one wins, the other adds nothing."""
    events = list(_unsealed().order_by("id")[:BATCH])
    if not events:
        return 0
    last = Seal.objects.order_by("-seq").first()
    seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
    seals = []
    for event in events:
        seq += 1
        current = chained(previous, event)
        seals.append(Seal(seq=seq, event=event, previous_hash=previous, hash=current))
        previous = current
    try:
        with transaction.atomic():
            Seal.objects.bulk_create(seals)
    except IntegrityError:
        return 0
    return len(seals)


_looked_at_all: list[float] = []  # when this process did last, by its monotonic clock


def _unsealed() -> QuerySet[Event]:
    """Events without a seal are looked for, not "id > last": ids commit out of order.

    By how much is bounded, so that the whole past needn't be looked at each time; it is when a process begins, and
    every hour.
    """
    missing = Event.objects.filter(seal=None)
    if not _looked_at_all or time.monotonic() - _looked_at_all[0] > ALL_EVERY_S:
        _looked_at_all[:] = [time.monotonic()]
        return missing
    last = Seal.objects.order_by("-seq").values("event_id")[:1]
    return missing.filter(id__gt=Coalesce(Subquery(last), 0) - OUT_OF_ORDER)


@dataclass(frozen=True)
class Verdict:
    """`sealed` events checked; `broken_at` is the first seq that doesn't fit, with the sentence `why`."""

    sealed: int
    unsealed: int
    broken_at: int | None
    why: str

    @property
    def is_unbroken(self) -> bool:
        return self.broken_at is None


def verify() -> Verdict:
    """Walk the whole chain; constant memory."""
    count = 0
    unsealed = Event.objects.filter(seal=None).count()
    for count, broken in enumerate(_walk(), start=1):
        if broken:
            return Verdict(count, unsealed, count, broken)
    return Verdict(count, unsealed, None, "")


def _walk() -> Iterator[str]:
    previous = GENESIS
    seals = Seal.objects.select_related("event").order_by("seq").iterator(chunk_size=2000)
    for expected, seal in enumerate(seals, start=1):
        if seal.seq != expected:
            yield _("Seal %(n)d is missing.") % {"n": expected}
        elif seal.previous_hash != previous:
            yield _("Seal %(n)d doesn't follow the one before.") % {"n": seal.seq}
        elif seal.hash != chained(previous, seal.event):
            said = _("Event %(id)d (%(verb)s) is not what was sealed.")
            yield said % {"id": seal.event_id, "verb": seal.event.verb}
        else:
            yield ""
        previous = seal.hash
