"""API tokens: made, shown once, found again by their hash."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Token
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Invalid, NotAllowed

PREFIX = "rlo_"
SCOPES = frozenset(
    {
        "read",
        "inbox:write",
        "versions:write",
        "requests:write",
        "runs:write",
        "steps:write",
        "settings:write",
        "approve",
    }
)
LONGEST_DAYS = 365


def _hash(text: str) -> str:
    # 256 random bits need no salt and no slow hash.
    return hashlib.sha256(text.encode()).hexdigest()


def create_token(
    *, actor: Person, person: Person, name: str, scopes: list[str], days: int
) -> tuple[Token, str]:
    """Make a token for `person`; returns the row and its text, which nobody can read again."""
    _refuse(why_not_for(actor, person))
    if actor.pk != person.pk and "approve" in scopes:
        raise NotAllowed(_("A token that approves is made by nobody for somebody else."))
    if not person.is_active:
        raise Invalid({"": _("%(person)s is deactivated. Reactivate them first.") % {"person": person}})
    unknown = sorted(set(scopes) - SCOPES)
    if unknown:
        raise Invalid({"scopes": _("Unknown scope: %(names)s.") % {"names": ", ".join(unknown)}})
    if not 0 < days <= LONGEST_DAYS:
        raise Invalid({"days": _("A token lives between 1 and 365 days.")})
    text = PREFIX + secrets.token_urlsafe(32)
    token = cleaned(
        Token(
            person=person,
            name=name,
            prefix=text[:8],
            hash=_hash(text),
            scopes=sorted(set(scopes)),
            expires_at=clock.now() + timedelta(days=days),
        )
    )
    with transaction.atomic():
        token.save()
        events.record(actor=actor, verb="token.created", subject=token, after={"scopes": token.scopes})
    return token, text


def find_token(text: str) -> Token | None:
    """The living token with this text, its person loaded; None when unknown, expired, revoked or inactive."""
    if not text.startswith(PREFIX):
        return None
    token = Token.objects.select_related("person").filter(hash=_hash(text), revoked_at=None).first()
    if token is None or token.expires_at <= clock.now() or not token.person.is_active:
        return None
    return token


def why_not_for(actor: Person, person: Person) -> str:
    """Tokens are one's own business; those of a robot are the administrators'. Empty when this person may."""
    if actor.pk == person.pk:
        return ""
    if not person.is_robot:
        return _("A token is made and revoked by the person it acts for.")
    return policy.why_not(actor, "person.edit")


def _refuse(why_not: str) -> None:
    if why_not:
        raise NotAllowed(why_not)


def revoke_token(*, actor: Person, token: Token) -> None:
    _refuse(why_not_for(actor, token.person))
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
            events.record(actor=actor, verb="token.revoked", subject=token)
