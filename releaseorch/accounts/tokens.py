"""API tokens: made, shown once, found again by their hash."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Token
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Invalid, NotAllowed

PREFIX = "rlo_"
SCOPES = frozenset({"read", "versions:write", "requests:write", "runs:write", "steps:write", "approve"})
LONGEST_DAYS = 365


def _hash(text: str) -> str:
    # 256 random bits need no salt and no slow hash.
    return hashlib.sha256(text.encode()).hexdigest()


def create_token(
    *, actor: Person, person: Person, name: str, scopes: list[str], days: int
) -> tuple[Token, str]:
    """Make a token for `person`; returns the row and its text, which nobody can read again."""
    if actor.pk != person.pk:
        raise NotAllowed(_("A token is made by the person it acts for."))
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


def revoke_token(*, actor: Person, token: Token) -> None:
    if actor.pk != token.person_id:
        raise NotAllowed(_("A token is revoked by the person it acts for."))
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
            events.record(actor=actor, verb="token.revoked", subject=token)
