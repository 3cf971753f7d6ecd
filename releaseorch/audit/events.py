"""Record what somebody did, in the transaction of the verb, and tell the pages that watch it after commit."""

import atexit
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.db import Error, connection, models, transaction

from releaseorch.audit import outbox
from releaseorch.audit.models import Event, Topic
from releaseorch.core import clock
from releaseorch.core.actor import Actor
from releaseorch.core.statements import Statement, places, put_off


def kind_of(subject: models.Model) -> str:
    """The glossary word of a model class: `audit_kind` where the class says one, else its name."""
    return str(getattr(subject, "audit_kind", subject._meta.model_name))


def record(
    *,
    actor: Actor,
    verb: str,
    subject: models.Model,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    topics: Iterable[str] = (),
) -> Event:
    """Insert the event and its outbox rows; must be called inside the verb's transaction.

    `verb` is in the past tense with its noun (`request.approved`). `topics` are touched besides the subject's own.
    """
    event = Event(
        at=clock.now(),
        actor_kind=actor.kind,
        actor_id=actor.pk,
        actor_name=actor.name,
        verb=verb,
        subject_kind=kind_of(subject),
        subject_id=subject.pk,
        subject_name=str(subject)[:300],
        before=before or {},
        after=after or {},
        reason=reason,
    )
    gathered = _gathered.get()
    if gathered is None:
        event.save()
        outbox.enqueue([event])
    else:
        gathered.append(event)
    touch(f"{kind_of(subject)}:{subject.pk}", *topics)
    return event


_gathered: ContextVar[list[Event] | None] = ContextVar("gathered", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Inside, within one transaction, events are only noted; at the end they are inserted at once, in their order."""
    events: list[Event] = []
    token = _gathered.set(events)
    try:
        yield
    finally:
        _gathered.reset(token)
    if any(outbox.has_handlers(event.verb) for event in events):
        Event.objects.bulk_create(events)
        outbox.enqueue(events)
    else:
        for start in range(0, len(events), AT_ONCE):
            put_off(_insert(events[start : start + AT_ONCE]))


AT_ONCE = 500
_COLUMNS = (
    "at", "actor_kind", "actor_id", "actor_name", "verb", "subject_kind", "subject_id", "subject_name", "before",
    "after", "reason",
)  # fmt: skip
_INSERT = 'INSERT INTO "audit_event" ({columns}) VALUES {rows}'


def _insert(events: Sequence[Event]) -> Statement:
    """The same as in bulk, for events of which nobody is told: their numbers aren't asked for."""
    values: list[Any] = []
    for event in events:
        values += (
            connection.ops.adapt_datetimefield_value(event.at), event.actor_kind, event.actor_id, event.actor_name,
            event.verb, event.subject_kind, event.subject_id, event.subject_name, json.dumps(event.before),
            json.dumps(event.after), event.reason,
        )  # fmt: skip
    columns = ", ".join(f'"{column}"' for column in _COLUMNS)
    rows = ", ".join([f"({places(_COLUMNS)})"] * len(events))
    return _INSERT.format(columns=columns, rows=rows), values


_is_unwatched: ContextVar[bool] = ContextVar("unwatched", default=False)


@contextmanager
def unwatched() -> Iterator[None]:
    """Inside, no topic is raised: what is loaded into an installation that no page shows yet changes nobody's page."""
    token = _is_unwatched.set(True)
    try:
        yield
    finally:
        _is_unwatched.reset(token)


def touch(*names: str) -> None:
    """After commit, raise the version of each topic. Not in the transaction: its row lock would queue the writers.

    All topics of one transaction are raised together: a verb with many events costs one more commit, not dozens.
    """
    if _is_unwatched.get() or not names:
        return
    here = set(connection.savepoint_ids)
    for entry in connection.run_on_commit:
        waiting = entry[1]
        if isinstance(waiting, _Raising) and entry[0] == here:
            waiting.names.update(names)
            return
    transaction.on_commit(_Raising(set(names)), robust=True)


class _Raising:
    """What is done after commit, with the topics collected until then."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def __call__(self) -> None:
        if _apart:
            _apart[0].add(self.names)
        else:
            with suppress(Error):  # a page that misses one change sees the next, and a reload shows all
                _raise(sorted(self.names))


class _Apart(threading.Thread):
    """Raises the topics of a process that changes much, at most ten times a second."""

    def __init__(self) -> None:
        super().__init__(name="topics", daemon=True)
        self._names: set[str] = set()
        self._lock, self._is_due, self._is_over = threading.Lock(), threading.Event(), threading.Event()

    def add(self, names: Iterable[str]) -> None:
        with self._lock:
            self._names.update(names)
        self._is_due.set()

    def run(self) -> None:
        while not self._is_over.is_set():
            self._is_due.wait()
            self._is_over.wait(BETWEEN_S)
            self._raise_all()
        connection.close()

    def close(self) -> None:
        """What was added until now is raised; then the thread ends."""
        self._is_over.set()
        self._is_due.set()
        self.join(5.0)

    def _raise_all(self) -> None:
        with self._lock:
            self._is_due.clear()
            names, self._names = sorted(self._names), set()
        try:
            if names:
                _raise(names)
        except Error:  # as above
            connection.close()


BETWEEN_S = 0.1
_apart: list[_Apart] = []


def raise_apart() -> None:
    """From now on this process raises its topics beside its work, so that no step waits for it; for workers."""
    if not _apart:
        _apart.append(_Apart())
        _apart[0].start()
        atexit.register(_apart[0].close)


def _raise(names: list[str]) -> None:
    """One statement; in order, so that two never wait for each other."""
    rows = ", ".join(["(%s, 1)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Topic._meta.db_table} (name, version) VALUES {rows}"  # noqa: S608 (names are parameters)
            f" ON CONFLICT (name) DO UPDATE SET version = {Topic._meta.db_table}.version + 1",
            names,
        )
