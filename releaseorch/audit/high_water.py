"""How far this installation had come, kept outside the database: whoever finds the database behind it sets the hold.

The mark (number and hash of the last seal) lies in each state directory and in the broker, one per installation:
an installation is known by the hash of its first seal. A mark is written after its seal was committed, and read
before the database is asked, so a database that is all there is never found behind.
"""

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from releaseorch.audit import events
from releaseorch.audit.mark_places import MarkPlace, places
from releaseorch.audit.models import Event, Seal
from releaseorch.core import hold
from releaseorch.core.actor import SYSTEM
from releaseorch.core.database import database_now
from releaseorch.core.models import Hold

logger = logging.getLogger(__name__)
EVERY_S = 10.0
ANEW_S = 60.0
AHEAD = "a restore that is under way"  # instead of a hash: no seal has it


@dataclass(frozen=True)
class Mark:
    """How far an installation had come; `at` is database time, as text."""

    installation: str
    seq: int
    hash: str
    at: str

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """None for what is no mark: half written, or of another version."""
        try:
            said = json.loads(text)
            mark = cls(str(said["installation"]), int(said["seq"]), str(said["hash"]), str(said["at"]))
        except (ValueError, KeyError, TypeError):
            return None
        return mark if _moment(mark.at) else None


def _moment(text: str) -> Any:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def of_the_database(using: str = "default") -> Mark | None:
    """None before anything was sealed."""
    first = Seal.objects.using(using).filter(seq=1).values_list("hash", flat=True).first()
    last = Seal.objects.using(using).order_by("-seq").values_list("seq", "hash").first()
    if first is None or last is None:
        return None
    return Mark(first, *last, at=database_now().isoformat())


def look() -> int:
    """Compare each mark with the database: one that is ahead sets the hold, the others follow; returns 1 for a hold."""
    first = Seal.objects.filter(seq=1).values_list("hash", flat=True).first()
    if first is None:
        return 0
    kept = [(place, place.read(first)) for place in places()]
    now = of_the_database()
    if now is None:
        return 0
    return sum(_compare(place, Mark.read(text) if text else None, now) for place, text in kept)


_seen: list[tuple[tuple[int, str], float]] = []  # the last seal when this process looked last, and when


def look_if_new() -> int:
    """`look` when the last seal is another one than at the last time, and every minute, since a mark may be lost."""
    last = Seal.objects.order_by("-seq").values_list("seq", "hash").first()
    if last is None or (_seen and _seen[0][0] == last and time.monotonic() - _seen[0][1] < ANEW_S):
        return 0
    found = look()
    _seen[:] = [(last, time.monotonic())]
    return found


def _compare(place: MarkPlace, mark: Mark | None, now: Mark) -> int:
    if mark is not None and (mark.seq, mark.hash) == (now.seq, now.hash):
        return 0
    if mark is not None and not Seal.objects.filter(seq=mark.seq, hash=mark.hash).exists():
        newest = hold.newest()
        if newest is None or (not newest.is_open and newest.set_at < _moment(mark.at)):
            return int(
                set_hold(_said(mark, now), {"mark": asdict(mark), "place": place.name, "found": asdict(now)})
            )
        if newest.is_open:  # it stays as it was found, for whoever looks
            return 0
    place.write(now.installation, json.dumps(asdict(now)))
    return 0


def _said(mark: Mark, now: Mark) -> str:
    if mark.seq <= now.seq:
        return _(
            "The database was replaced by an older one that has gone on since: seal %(n)d is another one."
        ) % {"n": mark.seq}
    return _("The database is behind: it ends with seal %(found)d, and seal %(mark)d was there already.") % {
        "found": now.seq, "mark": mark.seq,
    }  # fmt: skip


_looked_at: list[float] = []  # when this process looked last, by its monotonic clock


def look_if_due() -> None:
    """`look`, at most every few seconds in one process; always before its first step."""
    if not _looked_at or time.monotonic() - _looked_at[0] >= EVERY_S:
        look()
        _looked_at[:] = [time.monotonic()]


def raise_above(installation: str, seq: int) -> Mark | None:
    """Before a restore: every mark is ahead of what will be there, so that no process takes it for the present.

    Returns the furthest mark that was there.
    """
    found = [Mark.read(text) for place in places() if (text := place.read(installation))]
    furthest = max((mark for mark in found if mark), key=lambda mark: mark.seq, default=None)
    ahead = Mark(
        installation, max(seq, furthest.seq if furthest else 0) + 1, AHEAD, database_now().isoformat()
    )
    for place in places():
        place.write(installation, json.dumps(asdict(ahead)))
    return replace(furthest, seq=furthest.seq - 1) if furthest and furthest.hash == AHEAD else furthest


def set_hold(reason: str, evidence: dict[str, Any]) -> bool:
    """False when one is open already."""
    try:
        with transaction.atomic():
            made = Hold.objects.create(reason=reason, evidence=evidence, set_at=database_now())
            _tell(made)
    except IntegrityError:
        return False
    return True


def set_anew(reason: str, evidence: dict[str, Any]) -> None:
    """After a restore: one that came back open with the backup begins anew, since it knows nothing of this restore."""
    with transaction.atomic():
        back = Hold.objects.filter(is_open=True).first()
        if back is None:
            set_hold(reason, evidence)
            return
        back.reason, back.evidence, back.set_at = reason, evidence, database_now()
        back.save()
        _tell(back)


def _tell(of: Hold) -> None:
    events.record(actor=SYSTEM, verb="hold.set", subject=of, reason=of.reason, topics=("hold",))
    logger.error("%s %s", of.reason, hold.sentence())


def set_event(of: Hold) -> int:
    """The id of the event by which it was set: what has a larger one happened since."""
    events_of_it = Event.objects.filter(verb="hold.set", subject_kind="hold", subject_id=of.pk)
    return events_of_it.values_list("pk", flat=True).order_by("-pk").first() or 0
