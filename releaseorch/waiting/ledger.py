"""The only writer of the ledger: a subject waits for one thing first, then for another, then for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.core.errors import Conflict
from releaseorch.waiting.models import Blocker, Interval


@dataclass(frozen=True)
class WaitsFor:
    """A blocker, with the sentence people read ("waits for the approval of Release management")."""

    kind: Blocker
    name: str
    sentence: str
    id: int | None = None
    team_id: int | None = None


def wait(subject_kind: str, subject_id: int, blocker: WaitsFor) -> None:
    """From now on the subject waits for `blocker`; the wait before it ends now, with who was asked besides.

    Unchanged waits go on.
    """
    open_now = Interval.objects.filter(subject_kind=subject_kind, subject_id=subject_id, ended_at=None)
    current = open_now.filter(is_primary=True).first()
    if current is not None and (current.blocker_kind, current.blocker_id, current.sentence) == (
        blocker.kind,
        blocker.id,
        blocker.sentence[:500],
    ):
        return
    now = clock.now()
    _close(open_now, now)
    try:
        with transaction.atomic():
            _row(subject_kind, subject_id, blocker, now).save()
    except IntegrityError as clash:
        raise Conflict(_("Somebody else was first. Look at how it stands now.")) from clash


def ask_besides(subject_kind: str, subject_id: int, blockers: Iterable[WaitsFor]) -> None:
    """These can help too, besides the one that the subject waits for first; it ends with that wait."""
    now = clock.now()
    rows = [_row(subject_kind, subject_id, one, now) for one in blockers]
    for row in rows:
        row.is_primary = False
    Interval.objects.bulk_create(rows)


def asked_besides(subject_kind: str, subject_ids: Iterable[int]) -> list[Interval]:
    """The open waits beside the first of each subject, newest first; one query."""
    found = Interval.objects.filter(
        subject_kind=subject_kind, subject_id__in=list(subject_ids), ended_at=None, is_primary=False
    )
    return list(found.order_by("-started_at", "-pk"))


def _row(subject_kind: str, subject_id: int, blocker: WaitsFor, now: datetime) -> Interval:
    return Interval(
        subject_kind=subject_kind,
        subject_id=subject_id,
        team_id=blocker.team_id,
        blocker_kind=blocker.kind,
        blocker_id=blocker.id,
        blocker_name=blocker.name[:200],
        sentence=blocker.sentence[:500],
        started_at=now,
    )


def wait_many(subject_kind: str, waits: dict[int, WaitsFor]) -> None:
    """`wait` for many subjects that don't wait yet, in two queries."""
    end(subject_kind, waits)
    now = clock.now()
    Interval.objects.bulk_create(
        _row(subject_kind, subject_id, blocker, now) for subject_id, blocker in waits.items()
    )


def end(subject_kind: str, subject_ids: Iterable[int]) -> int:
    """The subjects wait for nothing any more; returns how many waits ended."""
    return _close(
        Interval.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids), ended_at=None),
        clock.now(),
    )


def _close(intervals: QuerySet[Interval], now: datetime) -> int:
    # The clocks of two hosts may differ; that must not refuse an end.
    return intervals.update(ended_at=Greatest(F("started_at"), Value(now, DateTimeField())))


def open_waits(subject_kind: str, subject_ids: Iterable[int]) -> dict[int, Interval]:
    """The open primary wait of each subject that has one; one query."""
    found = Interval.objects.filter(
        subject_kind=subject_kind, subject_id__in=list(subject_ids), ended_at=None, is_primary=True
    )
    return {interval.subject_id: interval for interval in found}


def history(subject_kind: str, subject_id: int) -> list[Interval]:
    return list(
        Interval.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("started_at", "id")
    )
