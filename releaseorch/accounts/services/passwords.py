"""Passwords: nobody gets one from somebody else; a link that counts once lets people set their own."""

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.errors import Conflict, Invalid, NotAllowed

_tickets = (
    PasswordResetTokenGenerator()
)  # made of the password so far, so it counts once; for PASSWORD_RESET_TIMEOUT


def ticket_for(person: Person) -> str:
    """The secret part of the link with which the person sets a password; it is kept nowhere."""
    return str(_tickets.make_token(person))


def person_with(pk: int, ticket: str) -> Person | None:
    """The person whom this ticket belongs to while it counts."""
    person = Person.objects.filter(pk=pk, is_active=True).first()
    return person if person is not None and _tickets.check_token(person, ticket) else None


def set_password(*, pk: int, ticket: str, password: str) -> Person:
    """Use the ticket. Raises `Conflict` when it no longer counts, `Invalid` for a weak password."""
    with transaction.atomic():
        person = person_with(pk, ticket)
        if person is None:
            raise Conflict(_("This link was used, or it is too old. An administrator makes a new one."))
        _write(person, password, "password.set")
    return person


def change_password(*, actor: Person, old: str, password: str) -> Person:
    """One's own password; every other session of the person ends. Raises `Invalid`."""
    if not actor.check_password(old):
        raise Invalid({"old": _("This isn't your present password.")})
    with transaction.atomic():
        _write(actor, password, "password.changed")
    return actor


def reset_password(*, actor: Person, person: Person) -> Person:
    """The password counts no longer and the person's sessions end; a link (`ticket_for`) lets them set a new one.

    Raises `NotAllowed`, `Invalid`.
    """
    policy.require(actor, "person.edit")
    if actor.pk == person.pk:
        raise NotAllowed(_("Your own password you change yourself, under My access."))
    if person.is_robot:
        raise Invalid({"": _("A robot has no password; it acts by API tokens.")})
    if not person.is_active:
        raise Invalid({"": _("%(person)s is deactivated. Reactivate them first.") % {"person": person}})
    with transaction.atomic():
        close(person)
        events.record(actor=actor, verb="password.reset", subject=person)
    return person


def close(person: Person) -> None:
    """No password and no session of this person counts any more: sessions are bound to the password."""
    before = person.password
    person.set_unusable_password()
    if not Person.objects.filter(pk=person.pk, password=before).update(password=person.password):
        raise Conflict(_("The password of %(person)s was changed in between.") % {"person": person})


def _write(person: Person, password: str, verb: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as weak:
        raise Invalid({"password": weak.messages}) from weak
    before = person.password
    person.set_password(password)
    if not Person.objects.filter(pk=person.pk, password=before).update(password=person.password):
        raise Conflict(_("Your password was changed in between."))
    events.record(actor=person, verb=verb, subject=person)
