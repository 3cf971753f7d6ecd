"""Writes what people are told: never to who did it, to robots or to who has left; the same twice is once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from releaseorch.accounts.models import Person, PersonKind
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.notifications.kinds import KINDS, Channel, Kind
from releaseorch.notifications.models import SENTENCE, InboxEntry, SwitchedOff
from releaseorch.notifications.states import Sending


@dataclass(frozen=True)
class News:
    """One thing for some people; who stands in several news of one moment is told the first of them only."""

    kind: Kind
    people: Iterable[int]
    sentence: str
    why: str
    link: str
    subject: tuple[str, int]
    bundle: str
    once: str = ""  # what makes it the same; by default the event it comes from


def write(news: Sequence[News], *, once: str, by: int | None = None, at: datetime | None = None) -> int:
    """Put the news into the inboxes, and into the queue of the mail; returns how many entries are new.

    `once` names the moment; `by` is who did it and knows already. Four queries, whatever the number of people.
    """
    told = _shared_out(news, once, by)
    people = {one.pk: one for one in _who_can_be_told(one.person for one in told)}
    off = set(SwitchedOff.objects.filter(person__in=people).values_list("person_id", "kind", "channel"))
    known = _known(told)
    entries = [
        entry
        for one in told
        if one.person in people and one.key not in known
        for entry in [_entry(people[one.person], one, at or clock.now(), off)]
        if entry is not None
    ]
    InboxEntry.objects.bulk_create(entries, ignore_conflicts=True)  # somebody else writes the same just now
    events.touch(*(f"inbox:{entry.person_id}" for entry in entries if entry.in_inbox))
    return len(entries)


@dataclass(frozen=True)
class _ForOne:
    """A piece of news for one person; `key` is what the database holds only once."""

    person: int
    news: News
    once: str

    @property
    def key(self) -> tuple[int, str, str]:
        return self.person, str(self.news.kind), self.once


def _shared_out(news: Sequence[News], once: str, by: int | None) -> list[_ForOne]:
    found: dict[tuple[int, tuple[str, int]], _ForOne] = {}
    for one in news:
        for pk in one.people:
            if pk != by:
                found.setdefault((pk, one.subject), _ForOne(pk, one, one.once or once))
    return list(found.values())


def _known(told: Iterable[_ForOne]) -> set[tuple[int, str, str]]:
    onces = {one.once for one in told}
    return set(InboxEntry.objects.filter(once__in=onces).values_list("person_id", "kind", "once"))


def _who_can_be_told(ids: Iterable[int]) -> Iterable[Person]:
    return Person.objects.filter(pk__in=set(ids), is_active=True, kind=PersonKind.HUMAN).order_by("pk")


def _entry(person: Person, told: _ForOne, at: datetime, off: set[tuple[int, str, str]]) -> InboxEntry | None:
    news = told.news
    in_inbox = (person.pk, news.kind, Channel.INBOX) not in off
    is_fresh = at > clock.now() - timedelta(
        days=float(settings.MAIL_GIVE_UP_DAYS)
    )  # not what happened long ago
    is_mailed = settings.SENDS_MAIL and is_fresh and bool(person.email) and KINDS[news.kind].by_mail
    by_mail = is_mailed and (person.pk, news.kind, Channel.MAIL) not in off
    if not in_inbox and not by_mail:
        return None
    kind, number = news.subject
    return InboxEntry(
        person=person,
        kind=news.kind,
        once=told.once,
        subject_kind=kind,
        subject_id=number,
        bundle=news.bundle,
        sentence=cut(news.sentence),
        why=cut(news.why, 200),
        link=news.link,
        at=at,
        in_inbox=in_inbox,
        mail=Sending.WAITING if by_mail else Sending.NONE,
        next_try=at,
    )


def cut(text: str, length: int = SENTENCE) -> str:
    """One line, at most so long."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
