"""Mails people the link to set their password: for a new person, and after an administrator has reset it.

The secret part of the link stands in no row: it is made when the mail is, of the password as it is then.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.accounts.services import passwords
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry
from releaseorch.notifications.states import Sending


def is_for(person: Person) -> bool:
    """Whether a link would reach the person, and is of use to them."""
    can_log_in = person.is_active and not person.is_robot and not person.has_usable_password()
    return settings.SENDS_MAIL and settings.PASSWORD_LOGIN and bool(person.email) and can_log_in


def enqueue(event: Event) -> None:
    """Told twice, it is queued once; it never shows in the inbox, which such a person can't open."""
    person = Person.objects.filter(pk=event.subject_id).first()
    if person is None or not is_for(person):
        return
    is_new = event.verb == "person.created"
    said = {"name": person.username}
    InboxEntry.objects.get_or_create(
        person=person, kind=Kind.PASSWORD_LINK, once=f"event:{event.pk}",
        defaults={
            "subject_kind": "person", "subject_id": person.pk, "bundle": f"password:{event.pk}",
            "sentence": _("You can log in as %(name)s. Set your password first.") % said
            if is_new
            else _("Your password counts no longer. Set a new one to log in as %(name)s.") % said,
            "why": _("An administrator asked for it; the link counts once and for three days."),
            "link": "/login", "in_inbox": False, "mail": Sending.WAITING, "next_try": clock.now(),
        },
    )  # fmt: skip


def path_for(person: Person) -> str:
    return reverse("password-set", args=[person.pk, passwords.ticket_for(person)])
