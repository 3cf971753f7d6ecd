"""Who may come in by an OpenID provider: people whom an administrator has made, linked at their first log-in."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Identity, Person, PersonKind
from releaseorch.audit import edits, events
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, NotAllowed


@dataclass(frozen=True)
class Claim:
    """What a provider has proved of somebody: the subject is theirs for ever, the e-mail is not."""

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False


def log_in_by(claim: Claim) -> Person:
    """The active person who is this; the first time they are linked by their verified e-mail.

    Raises `NotAllowed` that says what would help.
    """
    found = _linked(claim) or _link(claim)
    if not found.is_active:
        raise NotAllowed(
            _("The account of %(person)s is deactivated. An administrator can reactivate it.")
            % {"person": found}
        )
    return found


def unlink_person(*, actor: Person, person: Person, reason: str, seen: int | None = None) -> Person:
    """The next log-in by the provider links them anew, by their e-mail.

    Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    policy.require(actor, "person.edit")
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(person, seen)
        issuers = list(fresh.identities.values_list("issuer", flat=True))
        if not issuers:
            raise Conflict(_("%(person)s is linked to no provider.") % {"person": fresh})
        fresh.identities.all().delete()
        fresh.save(update_fields=[])  # whoever looks at an older picture is told so
        events.record(
            actor=actor, verb="person.unlinked", subject=fresh, before={"issuer": ", ".join(issuers)},
            reason=why, topics=["people"],
        )  # fmt: skip
    return fresh


def _linked(claim: Claim) -> Person | None:
    found = (
        Identity.objects.select_related("person").filter(issuer=claim.issuer, subject=claim.subject).first()
    )
    return found.person if found else None


def _link(claim: Claim) -> Person:
    """By the e-mail that the provider has verified and one active person has here."""
    with transaction.atomic():
        person = edits.locked(_whose_mail(claim), None)
        if already := _linked(claim):  # in another window, a moment ago
            return already
        if person.identities.filter(issuer=claim.issuer).exists():
            raise NotAllowed(
                _(
                    "%(email)s belongs to somebody who is linked to another account of this provider already. "
                    "An administrator can take that link away on the page of the person."
                )
                % {"email": claim.email}
            )
        Identity.objects.create(person=person, issuer=claim.issuer, subject=claim.subject)
        events.record(
            actor=person, verb="person.linked", subject=person, topics=["people"],
            after={"issuer": claim.issuer, "subject": claim.subject},
        )  # fmt: skip
    return person


def _whose_mail(claim: Claim) -> Person:
    if not claim.email:
        raise NotAllowed(
            _(
                "The provider doesn't say your e-mail address, so nobody knows who you are here. "
                "Its administrator can let it send the claims email and email_verified."
            )
        )
    if not claim.is_verified:
        raise NotAllowed(
            _(
                "The provider doesn't vouch for the address %(email)s. Verify it there, then log in again; "
                "or ask an administrator here."
            )
            % {"email": claim.email}
        )
    people = Person.objects.filter(email__iexact=claim.email, is_active=True, kind=PersonKind.HUMAN)
    found = [one for one in people if _same_address(one.email, claim.email)]
    if len(found) > 1:
        raise NotAllowed(
            _("Several people here have the address %(email)s. An administrator can tell them apart.")
            % {"email": claim.email}
        )
    if not found:
        raise NotAllowed(
            _(
                "Nobody who may log in here has the address %(email)s. "
                "An administrator can add you, or correct your address, under Settings, People."
            )
            % {"email": claim.email}
        )
    return found[0]


def _same_address(one: str, other: str) -> bool:
    """Databases fold letters that only look alike; we fold those of ASCII."""
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())
