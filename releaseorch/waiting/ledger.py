"""The only writer of the ledger: a subject waits for one thing first, then for another, then for nothing."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from operator import itemgetter

from django.db import IntegrityError, connection, transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.core.errors import Conflict
from releaseorch.core.statements import Statement, places, put_off
from releaseorch.waiting.models import Blocker, Interval

AT_ONCE = 500


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
    if (noted := _noted.get()) is not None:
        noted[subject_kind, subject_id] = blocker
        return
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
    if (noted := _noted.get()) is not None:
        noted.update({(subject_kind, subject_id): blocker for subject_id, blocker in waits.items()})
        return
    end(subject_kind, waits)
    now = clock.now()
    Interval.objects.bulk_create(
        _row(subject_kind, subject_id, blocker, now) for subject_id, blocker in waits.items()
    )


def end(subject_kind: str, subject_ids: Iterable[int]) -> None:
    """The subjects wait for nothing any more."""
    if (noted := _noted.get()) is not None:
        noted.update({(subject_kind, subject_id): None for subject_id in subject_ids})
        return
    _close(
        Interval.objects.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids), ended_at=None),
        clock.now(),
    )


_noted: ContextVar[dict[tuple[str, int], WaitsFor | None] | None] = ContextVar("noted", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Inside, within one transaction, waits are only noted; at the end the last word on each subject is written.

    Two statements, however many subjects. For those whom nobody else can move meanwhile.
    """
    noted: dict[tuple[str, int], WaitsFor | None] = {}
    token = _noted.set(noted)
    try:
        yield
    finally:
        _noted.reset(token)
    waits = list(noted.items())
    for start in range(0, len(waits), AT_ONCE):
        put_off(*_write(dict(waits[start : start + AT_ONCE])))


# The last word on each subject; of one that waits for nothing the blocker is NULL.
_SAID = """
WITH said (subject_kind, subject_id, blocker_kind, blocker_id, sentence) AS (VALUES {rows})
"""
_ROW = "(CAST(%s AS text), CAST(%s AS bigint), CAST(%s AS text), CAST(%s AS bigint), CAST(%s AS text))"
_ENDS = "UPDATE waiting_interval SET ended_at = CASE WHEN started_at > %s THEN started_at ELSE %s END"
_OPEN = (
    "open.subject_kind = said.subject_kind AND open.subject_id = said.subject_id AND open.ended_at IS NULL"
)
_GOES_ON = """(
    SELECT 1 FROM waiting_interval AS same
    WHERE same.subject_kind = said.subject_kind AND same.subject_id = said.subject_id AND same.ended_at IS NULL
    AND COALESCE(same.is_primary, FALSE) AND same.blocker_kind = said.blocker_kind AND same.sentence = said.sentence
    AND (same.blocker_id = said.blocker_id OR (same.blocker_id IS NULL AND said.blocker_id IS NULL))
    LIMIT 1
) IS NOT NULL"""
_END_OTHERS = f"""{_ENDS} WHERE id IN (
    SELECT open.id FROM said, waiting_interval AS open WHERE {_OPEN} AND NOT {_GOES_ON}
)"""  # noqa: S608 (every value is a parameter)
# The same; each `LIMIT` has PostgreSQL look for one subject after the other, not through all that is open.
_END_OTHERS_IN_TURN = f"""{_ENDS} WHERE id = ANY (ARRAY(
    SELECT one.id FROM said
    CROSS JOIN LATERAL (SELECT open.id FROM waiting_interval AS open WHERE {_OPEN} LIMIT 1000) AS one
    WHERE NOT {_GOES_ON}
))"""  # noqa: S608 (every value is a parameter)
_BEGIN = """
INSERT INTO waiting_interval (subject_kind, subject_id, team_id, blocker_kind, blocker_id, blocker_name, sentence,
    is_primary, started_at) VALUES {rows}
ON CONFLICT (subject_kind, subject_id) WHERE ended_at IS NULL AND is_primary DO NOTHING
"""


def _write(noted: Mapping[tuple[str, int], WaitsFor | None]) -> list[Statement]:
    """What goes on unchanged is left alone; what else is open ends; then what is new begins."""
    at = connection.ops.adapt_datetimefield_value(clock.now())
    said = [
        value
        for (kind, subject_id), new in sorted(noted.items(), key=itemgetter(0))
        for value in (
            kind,
            subject_id,
            *((new.kind.value, new.id, new.sentence[:500]) if new else (None,) * 3),
        )
    ]
    end_others = _SAID.format(rows=", ".join([_ROW] * len(noted))) + (
        _END_OTHERS_IN_TURN if connection.vendor == "postgresql" else _END_OTHERS
    )
    statements: list[Statement] = [(end_others, [*said, at, at])]
    begun = [
        (kind, subject_id, new.team_id, new.kind.value, new.id, new.name[:200], new.sentence[:500], True, at)
        for (kind, subject_id), new in noted.items()
        if new is not None
    ]
    if begun:
        rows = ", ".join([f"({places(begun[0])})"] * len(begun))
        statements.append((_BEGIN.format(rows=rows), list(chain.from_iterable(begun))))
    return statements


def _close(intervals: QuerySet[Interval], now: datetime) -> None:
    # The clocks of two hosts may differ; that must not refuse an end.
    intervals.update(ended_at=Greatest(F("started_at"), Value(now, DateTimeField())))


def open_waits(subject_kind: str, subject_ids: Iterable[int]) -> dict[int, Interval]:
    """The open primary wait of each subject that has one; one query, none without subjects."""
    ids = list(subject_ids)
    if not ids:
        return {}
    found = Interval.objects.filter(
        subject_kind=subject_kind, subject_id__in=ids, ended_at=None, is_primary=True
    )
    return {interval.subject_id: interval for interval in found}


def history(subject_kind: str, subject_id: int) -> list[Interval]:
    return list(
        Interval.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("started_at", "id")
    )
