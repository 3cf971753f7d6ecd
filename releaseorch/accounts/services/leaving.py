"""Somebody leaves with open work, or comes back; a person is never deleted."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import holdings, policy
from releaseorch.accounts.administrators import one_remains
from releaseorch.accounts.holdings import Holding
from releaseorch.accounts.models import Person, Team, Token
from releaseorch.accounts.services import passwords
from releaseorch.audit import edits, events
from releaseorch.core import clock
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, DomainError, Invalid, NotAllowed

Heir = Person | Team


def deactivate_person(
    *,
    actor: Person,
    person: Person,
    reason: str,
    heirs: Mapping[str, Heir] | None = None,
    rest: Heir | None = None,
    seen: int | None = None,
) -> Person:
    """Hand over everything that the person holds and close the account: tokens, sessions and event streams end.

    `heirs` says by the key of each holding who gets it, `rest` who gets all others. Everything happens, or nothing.
    Raises `NotAllowed` also for the last administrator, `Invalid` naming what nobody gets, `Conflict`.
    """
    policy.require(actor, "person.edit")
    if actor.pk == person.pk:
        raise NotAllowed(_("Nobody deactivates themselves. Another administrator does it."))
    why = reason_text(reason)
    with transaction.atomic(), one_remains():
        fresh = edits.locked(person, seen)
        if not fresh.is_active:
            raise Conflict(_("%(person)s is deactivated already.") % {"person": person})
        given = _assigned(fresh, heirs or {}, rest)
        for holding, heir in given:
            _hand_over(actor, holding, fresh, heir, why)
        passwords.close(fresh)
        fresh.is_active = False
        fresh.save(update_fields=["is_active"])
        tokens = Token.objects.filter(person=fresh, revoked_at=None).update(revoked_at=clock.now())
        events.record(
            actor=actor, verb="person.deactivated", subject=fresh, reason=why,
            after={"handed_over": {holding.what: str(heir) for holding, heir in given}, "tokens_revoked": tokens},
            topics=["people", "work"],
        )  # fmt: skip
    return fresh


def reactivate_person(*, actor: Person, person: Person, reason: str, seen: int | None = None) -> Person:
    """The account counts again, with the roles that are left; a person needs a new link to set a password.

    Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    policy.require(actor, "person.edit")
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(person, seen)
        if fresh.is_active:
            raise Conflict(_("%(person)s is active.") % {"person": person})
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
        events.record(
            actor=actor, verb="person.reactivated", subject=fresh, reason=why, topics=["people", "work"]
        )
    return fresh


def _assigned(person: Person, heirs: Mapping[str, Heir], rest: Heir | None) -> list[tuple[Holding, Heir]]:
    given, lacking = [], {}
    for holding in holdings.held_by(person):
        heir = heirs.get(holding.key, rest)
        if heir is None:
            lacking[holding.key] = _("Say who gets this: %(what)s.") % {"what": holding.what}
        else:
            given.append((holding, heir))
    if lacking:
        raise Invalid(lacking)
    return given


def _hand_over(actor: Person, holding: Holding, person: Person, heir: Heir, reason: str) -> None:
    """One refusal refuses all; it is said at the thing that it is about."""
    desk = holdings.desk(holding.desk)
    said = _why_not_heir(person, heir, desk.to_teams)
    if said:
        raise Invalid({holding.key: f"{holding.what}: {said}"})
    try:
        desk.hand_over(actor=actor, holding=holding, leaver=person, to=heir, reason=reason)
    except Conflict:
        raise
    except DomainError as refused:
        raise Invalid({holding.key: [f"{holding.what}: {one}" for one in refused.reasons]}) from refused


def _why_not_heir(person: Person, heir: Heir, to_teams: bool) -> str:
    if isinstance(heir, Team):
        if not to_teams:
            return _("this goes to a person, not to a team.")
        return "" if heir.retired_at is None else _("%(team)s is retired.") % {"team": heir}
    if heir.pk == person.pk:
        return _("it can't stay with who leaves.")
    return "" if heir.is_active else _("%(person)s is deactivated.") % {"person": heir}
