"""Reads of the audit: events newest first, by keyset; the head of the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from releaseorch.audit.models import Event, Seal
from releaseorch.core.paging import Page, page_of


@dataclass(frozen=True)
class EventFilters:
    """Empty fields don't filter. `verb` may be a noun (`request`) or a whole verb; `actors` are ids of people."""

    verb: str = ""
    actors: Iterable[int] | None = None
    actor_name: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def events_page(filters: EventFilters, cursor: str = "") -> Page[Event]:
    """Newest first, each with its seal; one query; `Invalid` for a cursor that isn't one of ours."""
    return page_of(_filtered(Event.objects.select_related("seal"), filters), cursor)


def _filtered(events: QuerySet[Event], filters: EventFilters) -> QuerySet[Event]:
    if filters.verb:
        whole = "." in filters.verb.rstrip(".")
        events = (
            events.filter(verb=filters.verb)
            if whole
            else events.filter(verb__startswith=f"{filters.verb.rstrip('.')}.")
        )
    if filters.actor_name:
        events = events.filter(
            Q(actor_id__in=list(filters.actors or ())) | Q(actor_name__iexact=filters.actor_name)
        )
    if filters.subject_kind and filters.subject_id is not None:
        events = events.filter(subject_kind=filters.subject_kind, subject_id=filters.subject_id)
    if filters.text:
        events = events.filter(subject_name__icontains=filters.text)
    if filters.since:
        events = events.filter(at__gte=filters.since)
    if filters.until:
        events = events.filter(at__lt=filters.until)
    return events


def head_of_chain() -> Seal | None:
    """The newest seal: whoever writes its hash down elsewhere can prove later that nothing before it was changed."""
    return Seal.objects.order_by("-seq").first()


def events_of(kind: str, subject_id: int, limit: int = 200) -> list[Event]:
    """What happened to one subject, newest first."""
    return list(Event.objects.filter(subject_kind=kind, subject_id=subject_id).order_by("-id")[:limit])
