"""Reads of the inbox, of the switches, and how the mail gets out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.models import Person
from releaseorch.core.paging import Page, page_of
from releaseorch.notifications.kinds import KINDS, Channel, Kind, Told, can_be_switched
from releaseorch.notifications.models import Escalation, InboxEntry, SwitchedOff
from releaseorch.notifications.states import Sending


def inbox_of(person: Person, cursor: str = "", *, unread: bool = False) -> Page[InboxEntry]:
    """Newest first; one query."""
    rows = InboxEntry.objects.filter(person=person, in_inbox=True)
    return page_of(rows.filter(read_at=None) if unread else rows, cursor)


def unread_entries(person: Person) -> QuerySet[InboxEntry]:
    return InboxEntry.objects.filter(person=person, in_inbox=True, read_at=None)


def unread_of(person: Person) -> int:
    return unread_entries(person).count()


@dataclass(frozen=True)
class Switch:
    """One kind through one channel; what can't be switched is always on, or never there."""

    channel: Channel
    is_on: bool
    can_be_switched: bool

    @property
    def label(self) -> Any:
        return self.channel.label


@dataclass(frozen=True)
class Line:
    kind: Kind
    told: Told
    switches: tuple[Switch, ...]


def switches_of(person: Person) -> list[Line]:
    """Every kind with its channels; one query."""
    off = set(SwitchedOff.objects.filter(person=person).values_list("kind", "channel"))
    return [
        Line(kind, told, tuple(_switch(kind, channel, (kind, channel) not in off) for channel in Channel))
        for kind, told in KINDS.items()
        if told.has_switches
    ]


def _switch(kind: Kind, channel: Channel, is_on: bool) -> Switch:
    if can_be_switched(kind, channel):
        return Switch(channel, is_on, True)
    return Switch(channel, channel == Channel.INBOX, False)


def called_of(since: Mapping[int, datetime | None]) -> dict[int, list[Escalation]]:
    """Who was called about each step since it began to wait for its decision, in order; one query."""
    found: dict[int, list[Escalation]] = {pk: [] for pk in since}
    for one in Escalation.objects.filter(step__in=list(since)):
        if one.since == since[one.step_id]:
            found[one.step_id].append(one)
    return found


def mail_sentence() -> str:
    """Why no mail gets out at all, empty while it does: for the page of the switches and for whoever looks after us."""
    if not settings.SENDS_MAIL:
        return _("This installation sends no mail: no mail server is set (EMAIL_URL).")
    waiting = InboxEntry.objects.filter(mail=Sending.WAITING)
    first = waiting.exclude(last_error="").order_by("at").first()
    if first is None:
        return ""
    n = waiting.count()
    said = ngettext(
        "Mail does not get out: %(n)d piece of news waits, the oldest since %(since)s (%(why)s).",
        "Mail does not get out: %(n)d pieces of news wait, the oldest since %(since)s (%(why)s).",
        n,
    )
    since = date_format(localtime(first.at), "j M H:i")
    return said % {"n": n, "since": since, "why": first.last_error}
