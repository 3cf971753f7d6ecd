"""Sends what waits in the inbox for being mailed: bundled, tried again with growing pauses, given up after days.

A chore apart: nothing else ever waits for a mail server. The server is the administrator's choice, so its address is
not checked by the guard of outbound connections.
"""

import logging
import smtplib
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts import policy
from releaseorch.accounts.roles import Role
from releaseorch.core import clock
from releaseorch.notifications import audience, inbox, letters, password_mail
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import URGENT, Kind
from releaseorch.notifications.models import InboxEntry
from releaseorch.notifications.states import Sending

logger = logging.getLogger(__name__)

EVERY_S = 10.0
APART = timedelta(minutes=10)  # between two mails to one person about one run
PER_ROUND = 100  # mails
MOST_WAITING = 20_000  # entries; what is not urgent goes first when there are more
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
PERMANENT = 500  # an answer of the server from here on is its last word on this mail

WAITING = Q(mail=Sending.WAITING)
Bundle = tuple[int, str]


class ServerIsAway(Exception):
    """No mail gets out at all just now."""


def send_due() -> int:
    """One round; returns how many mails were sent. It ends with the first failure that is the server's."""
    if not settings.SENDS_MAIL:
        return 0
    give_up()
    due = _due()
    if not due:
        return 0
    sent, connection = 0, get_connection()
    try:
        for bundle in due[:PER_ROUND]:
            sent += _send(bundle, connection)
    except ServerIsAway as away:
        logger.warning("mail: %s", away)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.close()
    return sent


def _due() -> list[Bundle]:
    """What may be sent now, who must decide first: no second mail within ten minutes, unless it asks for a decision."""
    now = clock.now()
    rows = InboxEntry.objects.filter(WAITING, next_try__lte=now).order_by("at", "pk")
    urgent: dict[Bundle, bool] = defaultdict(bool)
    for person, bundle, kind in rows.values_list("person_id", "bundle", "kind"):
        urgent[person, bundle] |= kind in URGENT
    quiet = _mailed_lately([one for one, is_urgent in urgent.items() if not is_urgent], now)
    return sorted((one for one in urgent if one not in quiet), key=lambda one: not urgent[one])


def _mailed_lately(bundles: Sequence[Bundle], now: datetime) -> set[Bundle]:
    """Asked of these people and bundles only, which the index finds: all that was ever mailed is much."""
    if not bundles:
        return set()
    people, names = {person for person, _name in bundles}, {name for _person, name in bundles}
    lately = InboxEntry.objects.filter(
        person__in=people, bundle__in=names, mail=Sending.SENT, mailed_at__gt=now - APART
    )
    return set(lately.values_list("person_id", "bundle")) & set(bundles)


def _send(bundle: Bundle, connection: BaseEmailBackend) -> bool:
    entries = _taken(bundle)
    rows = InboxEntry.objects.filter(pk__in=[one.pk for one in entries])
    if not entries:
        return False
    if not _is_of_use(entries[0]):
        rows.update(mail=Sending.NONE)
        return False
    try:
        connection.open()  # stays open for the mails after this one
        connection.send_messages([letters.letter(entries)])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as refused:
        code, said = _answer(refused)
        rows.update(last_error=said)
        if code >= PERMANENT:
            _lose(entries, _refused, said)
        return False
    except (OSError, smtplib.SMTPException) as problem:
        rows.update(last_error=inbox.cut(f"{type(problem).__name__}: {problem}", 500))
        raise ServerIsAway(str(problem)) from problem
    rows.update(mail=Sending.SENT, mailed_at=clock.now(), last_error="")
    return True


def _is_of_use(entry: InboxEntry) -> bool:
    if entry.kind == Kind.PASSWORD_LINK:
        return password_mail.is_for(entry.person)
    return entry.person.is_active and bool(entry.person.email)


def _taken(bundle: Bundle) -> list[InboxEntry]:
    """All that waits of the bundle, postponed first: of two that send, one goes on, and a crash means one try more."""
    now, (person, name) = clock.now(), bundle
    rows = InboxEntry.objects.filter(WAITING, person=person, bundle=name)
    entries = list(rows.select_related("person").order_by("pk"))
    if not entries:
        return []
    pause = min(FIRST_PAUSE * 2 ** min(max(one.tries for one in entries), 10), LONGEST_PAUSE)
    mine = rows.filter(pk__in=[one.pk for one in entries]).filter(
        Q(next_try__lte=now) | Q(tries=0)  # what came while the rest was postponed goes with it
    )
    taken = mine.update(tries=F("tries") + 1, next_try=now + pause)
    return entries if taken else []


def give_up() -> int:
    """What is older than the days that are set, and the oldest that is not urgent while too much waits."""
    days = float(settings.MAIL_GIVE_UP_DAYS)
    waiting = InboxEntry.objects.filter(WAITING).select_related("person").order_by("pk")
    lost = list(waiting.filter(at__lt=clock.now() - timedelta(days=days))[:MOST_WAITING])
    too_many = waiting.count() - len(lost) - MOST_WAITING
    if too_many > 0:
        lost += waiting.exclude(kind__in=URGENT).exclude(pk__in=[one.pk for one in lost])[:too_many]
    if lost:
        _lose(lost, _never_sent)
    return len(lost)


def _refused(n: int) -> str:
    return ngettext(
        "The mail server refused %(n)d piece of news for you: %(why)s.",
        "The mail server refused %(n)d pieces of news for you: %(why)s.",
        n,
    )


def _never_sent(n: int) -> str:
    return ngettext(
        "%(n)d piece of news for you could not be mailed: %(why)s.",
        "%(n)d pieces of news for you could not be mailed: %(why)s.",
        n,
    )


def _lose(entries: Sequence[InboxEntry], sentence: Callable[[int], str], why: str = "") -> None:
    """Not tried again; each person reads all of it in the inbox, also what they wanted by mail alone.

    A link to set a password is for somebody who can't open theirs: the administrators read of it.
    """
    InboxEntry.objects.filter(pk__in=[one.pk for one in entries]).update(mail=Sending.GIVEN_UP)
    by_person: dict[int, list[InboxEntry]] = defaultdict(list)
    for one in entries:
        if one.kind == Kind.PASSWORD_LINK:
            _tell_administrators(one, why or _last_error([one]))
        else:
            by_person[one.person_id].append(one)
    for person, ones in by_person.items():
        InboxEntry.objects.filter(pk__in=[one.pk for one in ones]).update(in_inbox=True)
        said = {"n": len(ones), "why": (why or _last_error(ones)).rstrip(".")}
        news = News(Kind.MAIL_LOST, [person], sentence(len(ones)) % said, _("They are here in your inbox."),
                    reverse("inbox"), ("person", person), "mail")  # fmt: skip
        inbox.write([news], once=f"mail:{max(one.pk for one in ones)}")


def _tell_administrators(link: InboxEntry, why: str) -> None:
    """Nothing to say when it is of no use any more: the person has a password, or has left."""
    person = link.person
    if not password_mail.is_for(person):
        return
    said = {"person": person, "why": why.rstrip(".")}
    sentence = _("The link to set a password could not be mailed to %(person)s: %(why)s.") % said
    news = News(Kind.MAIL_LOST, audience.with_role([Role.ADMINISTRATOR], policy.ANYWHERE), sentence,
                _("You can make a new link on the page of the person."), reverse("person", args=[person.pk]),
                ("person", person.pk), "mail")  # fmt: skip
    inbox.write([news], once=f"mail:{link.pk}")


def _last_error(entries: Sequence[InboxEntry]) -> str:
    return next(
        (one.last_error for one in reversed(entries) if one.last_error), _("no mail server could be reached")
    )


def _answer(refused: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[int, str]:
    if isinstance(refused, smtplib.SMTPDataError):
        code, said = refused.smtp_code, refused.smtp_error
    else:
        code, said = next(iter(refused.recipients.values()))
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return code, inbox.cut(f"{code} {text}", 500)
