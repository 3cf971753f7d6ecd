"""Grant a role to a person or a team, and take it back; rights are read with every request, so both count at once."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.administrators import one_remains
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, reason_text, text_of
from releaseorch.core.errors import Conflict, Invalid, NotAllowed


@dataclass(frozen=True)
class Reach:
    """How far a grant goes: everywhere, or in one team, application or environment, which has an id and a name."""

    kind: ScopeKind = ScopeKind.EVERYWHERE
    id: int | None = None
    name: str = ""

    def __str__(self) -> str:
        return self.name or str(self.kind.label)


EVERYWHERE = Reach()


def grant_role(
    *,
    actor: Person,
    to: Person | Team,
    role: Role,
    reach: Reach = EVERYWHERE,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    reason: str = "",
) -> RoleGrant:
    """Nobody grants a role to themselves, nor to a team that they are in.

    Raises `NotAllowed`, `Invalid` also for a role that is there already.
    """
    policy.require(actor, "role.grant")
    _refuse_oneself(actor, to)
    holder = {"person": to} if isinstance(to, Person) else {"team": to}
    made = cleaned(
        RoleGrant(
            **holder, role=role, scope_kind=reach.kind, scope_id=reach.id, scope_name=reach.name,
            valid_from=valid_from or clock.now(), valid_until=valid_until,
        )
    )  # fmt: skip
    _check(made, to)
    with transaction.atomic():
        _refuse_twice(made)
        made.save()
        events.record(
            actor=actor, verb="role.granted", subject=made, reason=text_of(reason, "reason"),
            after=said(made), topics=[_topic(made)],
        )  # fmt: skip
    return made


def revoke_role(*, actor: Person, grant: RoleGrant, reason: str) -> RoleGrant:
    """The role counts no longer. Raises `NotAllowed` also for the last administrator, `Conflict`, `Invalid`."""
    policy.require(actor, "role.grant")
    why = reason_text(reason)
    with transaction.atomic(), one_remains():
        now = clock.now()
        if not RoleGrant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now):
            raise Conflict(_("This role was taken back already."))
        grant.revoked_at = now
        events.record(
            actor=actor, verb="role.revoked", subject=grant, reason=why,
            before=said(grant), topics=[_topic(grant)],
        )  # fmt: skip
    return grant


def said(grant: RoleGrant) -> dict[str, str]:
    """A grant as audit events keep it."""
    until = grant.valid_until.isoformat() if grant.valid_until else ""
    return {
        "to": str(grant.person or grant.team),
        "role": str(grant.role),
        "reach": grant.scope_name or str(grant.scope_kind),
        "from": grant.valid_from.isoformat(),
        "until": until,
    }


def _topic(grant: RoleGrant) -> str:
    return f"person:{grant.person_id}" if grant.person_id else f"team:{grant.team_id}"


def _refuse_oneself(actor: Person, to: Person | Team) -> None:
    if isinstance(to, Team):
        if to.pk in policy.team_ids(actor):
            raise NotAllowed(
                _(
                    "You are in %(team)s, and nobody grants a role to themselves. Another administrator does it."
                )
                % {"team": to}
            )
    elif to.pk == actor.pk:
        raise NotAllowed(_("Nobody grants a role to themselves. Another administrator does it."))


def _check(made: RoleGrant, to: Person | Team) -> None:
    if made.valid_until is not None and made.valid_until <= max(made.valid_from, clock.now()):
        raise Invalid({"valid_until": _("A role ends after it begins, and in the future.")})
    if isinstance(to, Person) and not to.is_active:
        raise Invalid({"": _("%(person)s is deactivated. Reactivate them first.") % {"person": to}})
    if isinstance(to, Team) and to.retired_at is not None:
        raise Invalid({"": _("%(team)s is retired.") % {"team": to}})
    if made.role == Role.ADMINISTRATOR and isinstance(to, Person) and to.is_robot:
        raise Invalid({"role": _("A robot is never an administrator.")})


def _refuse_twice(made: RoleGrant) -> None:
    """The same role may be there before or after, never at the same time."""
    begins_before = Q() if made.valid_until is None else Q(valid_from__lt=made.valid_until)
    same = RoleGrant.objects.filter(
        begins_before, Q(valid_until=None) | Q(valid_until__gt=made.valid_from),
        person=made.person, team=made.team, role=made.role, scope_kind=made.scope_kind, scope_id=made.scope_id,
        revoked_at=None,
    ).first()  # fmt: skip
    if same is not None:
        raise Invalid(
            {"role": _("%(to)s is %(role)s there already.")
             % {"to": made.person or made.team, "role": made.get_role_display().lower()}}
        )  # fmt: skip
