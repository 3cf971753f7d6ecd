"""How a mail reads: names, one line why for each thing, one link. Nothing that people typed can act in it."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.notifications import password_mail
from releaseorch.notifications.inbox import cut
from releaseorch.notifications.kinds import URGENT, Kind
from releaseorch.notifications.models import InboxEntry

MOST_LISTED = 20
SUBJECT = 120


def letter(entries: Sequence[InboxEntry]) -> EmailMessage:
    """One mail for one person (`person` is read with the entries) about all of these, what is urgent first."""
    ordered = sorted(entries, key=lambda one: (one.kind not in URGENT, one.at, one.pk))
    person = ordered[0].person
    return EmailMessage(
        subject=_subject(ordered),
        body=_body(ordered),
        to=[person.email],
        headers={
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{switches()}>",
            "X-Releaseorch-Kinds": ",".join(sorted({one.kind for one in ordered})),
        },
    )


def address(path: str) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def switches() -> str:
    return address(reverse("notifications"))


def inert(text: str) -> str:
    """One line in which no programme finds a link: the mail's own is the only one."""
    return cut(text).replace("://", ": //").replace("www.", "www .")


def link_of(ordered: Sequence[InboxEntry]) -> str:
    """What must be decided first; else the page that all of it shares: that of the run, or the inbox."""
    first = ordered[0]
    if first.kind == Kind.PASSWORD_LINK:
        return password_mail.path_for(first.person)
    if first.kind in URGENT or len({one.link for one in ordered}) == 1:
        return first.link
    noun, _colon, number = first.bundle.partition(":")
    return reverse("run", args=[int(number)]) if noun == "run" else reverse("inbox")


def _subject(entries: Sequence[InboxEntry]) -> str:
    first = inert(entries[0].sentence)
    more = len(entries) - 1
    if not more:
        return cut(first, SUBJECT)
    said = ngettext("%(first)s and %(n)d more", "%(first)s and %(n)d more", more)
    return said % {"first": cut(first, SUBJECT), "n": more}


def _body(entries: Sequence[InboxEntry]) -> str:
    lines = [_("Hello %(name)s,") % {"name": inert(entries[0].person.name)}, ""]
    for one in entries[:MOST_LISTED]:
        lines += [f"- {inert(one.sentence)}", "  " + _("Why you: %(why)s") % {"why": inert(one.why)}, ""]
    more = len(entries) - MOST_LISTED
    if more > 0:
        said = ngettext("And %(n)d more, in your inbox.", "And %(n)d more, in your inbox.", more)
        lines += [said % {"n": more}, ""]
    lines += [address(link_of(entries)), "", "-- "]
    lines += [_("Choose what you are told, and how: %(address)s") % {"address": switches()}, ""]
    return "\n".join(lines)
