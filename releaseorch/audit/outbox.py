"""Handlers are told of events at least once; a broken one is tried again later and blocks nobody."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from releaseorch.audit.models import Event, Outbox
from releaseorch.core import clock

logger = logging.getLogger(__name__)

Handler = Callable[[Event], None]
_handlers: dict[str, dict[str, Handler]] = {}  # verb → name → handler
_later: set[str] = set()  # names of those that only the sweep tells
BATCH = 100
LONGEST_PAUSE = timedelta(hours=1)


def on(verb: str, name: str, handler: Handler, *, at_once: bool = True) -> None:
    """Tell `handler` (idempotent) of every event with this verb; called when an app starts.

    At once: by the process that wrote the event, right after commit. Else by the sweep alone, so that no verb pays.
    """
    _handlers.setdefault(verb, {})[name] = handler
    if not at_once:
        _later.add(name)


def has_handlers(verb: str) -> bool:
    return verb in _handlers


def enqueue(events: Iterable[Event]) -> None:
    """Write the outbox rows of the events; this process tells the handlers right after commit, the sweep if it dies."""
    rows = [
        Outbox(event=event, handler=name)
        for event in events
        for name in sorted(_handlers.get(event.verb, ()))
    ]
    if not rows:
        return
    Outbox.objects.bulk_create(rows)
    for event in {row.event_id: row.event for row in rows if row.handler not in _later}.values():
        at_once = sorted(set(_handlers[event.verb]) - _later)
        transaction.on_commit(partial(_deliver, Q(event=event, handler__in=at_once)), robust=True)


def deliver() -> int:
    """Deliver what is due; returns how many handlers were told."""
    return _deliver(Q(not_before__lte=clock.now()))


def _deliver(which: Q) -> int:
    due = list(Outbox.objects.select_related("event").filter(which, delivered_at=None).order_by("id")[:BATCH])
    return sum(_deliver_one(entry) for entry in due)


def _deliver_one(entry: Outbox) -> bool:
    handler = _handlers.get(entry.event.verb, {}).get(entry.handler)
    mine = Outbox.objects.filter(pk=entry.pk, delivered_at=None, tries=entry.tries)
    pause = min(timedelta(seconds=2**entry.tries), LONGEST_PAUSE)
    # Taken by a guarded update: of two deliverers one goes on.
    if not mine.update(tries=entry.tries + 1, not_before=clock.now() + pause):
        return False
    try:
        with transaction.atomic():
            if handler is not None:
                handler(entry.event)
            Outbox.objects.filter(pk=entry.pk).update(delivered_at=clock.now(), last_error="")
    except Exception as error:
        logger.exception("outbox handler %s failed", entry.handler)
        Outbox.objects.filter(pk=entry.pk).update(last_error=f"{type(error).__name__}: {error}"[:2000])
        return False
    return True
