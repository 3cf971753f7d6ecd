"""Who may do what: one table, deny unless an entry allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.core import clock
from releaseorch.core.errors import NotAllowed

ROLES: dict[str, frozenset[Role]] = {
    "request.create": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    "request.edit": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    "request.submit": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    "request.withdraw": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    "request.comment": frozenset(Role),
    "request.consent_late": frozenset({Role.RELEASE_MANAGER}),
    "request.retry": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    # Who may approve is said by the slots of the policies; these may decide otherwise.
    "request.approve": frozenset(Role),
    "request.send_back": frozenset({Role.RELEASE_MANAGER, Role.QA_LEAD, Role.SECURITY}),
    "request.reject": frozenset({Role.RELEASE_MANAGER}),
    "run.create": frozenset({Role.RELEASE_MANAGER}),
    "run.edit": frozenset({Role.RELEASE_MANAGER}),
    "run.propose": frozenset({Role.RELEASE_MANAGER}),
    "run.approve": frozenset(Role),
    "run.send_back": frozenset({Role.RELEASE_MANAGER}),
    "run.reject": frozenset({Role.RELEASE_MANAGER}),
    "run.unlock": frozenset({Role.RELEASE_MANAGER}),
    "run.schedule": frozenset({Role.RELEASE_MANAGER}),
    "run.start": frozenset({Role.RELEASE_MANAGER, Role.OPERATOR}),
    "run.pause": frozenset({Role.RELEASE_MANAGER, Role.OPERATOR}),
    "run.resume": frozenset({Role.RELEASE_MANAGER, Role.OPERATOR}),
    "run.finish": frozenset({Role.RELEASE_MANAGER}),
    "run.limit": frozenset({Role.RELEASE_MANAGER}),
    "run.stop": frozenset({Role.RELEASE_MANAGER}),
    "run.cancel": frozenset({Role.RELEASE_MANAGER}),
    "run.take_out": frozenset({Role.RELEASE_MANAGER}),
    "run.comment": frozenset(Role),
    # A step that is added while a run is paused; who may approve or decline it, the slots of its policies say.
    "run.fix_forward": frozenset({Role.RELEASE_MANAGER}),
    "run.approve_change": frozenset(Role),
    "run.decline_change": frozenset(Role),
    "run.withdraw_change": frozenset({Role.RELEASE_MANAGER}),
    "step.take": frozenset({Role.OPERATOR, Role.DEVELOPER, Role.RELEASE_MANAGER, Role.QA_LEAD}),
    "step.decide": frozenset({Role.OPERATOR, Role.RELEASE_MANAGER}),
    "step.reassign": frozenset({Role.OPERATOR, Role.RELEASE_MANAGER}),
    # After a restore: whoever may, answers for what was running.
    "hold.release": frozenset({Role.ADMINISTRATOR, Role.RELEASE_MANAGER}),
    "inventory.confirm": frozenset({Role.OPERATOR, Role.RELEASE_MANAGER}),
    "feature.edit": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER, Role.BUSINESS_OWNER, Role.QA_LEAD}),
    "feature.sign_off": frozenset({Role.BUSINESS_OWNER, Role.QA_LEAD, Role.RELEASE_MANAGER}),
    "release.edit": frozenset({Role.RELEASE_MANAGER}),
    "reservation.create": frozenset({Role.QA_LEAD, Role.RELEASE_MANAGER}),
    "reservation.extend": frozenset({Role.QA_LEAD, Role.RELEASE_MANAGER}),
    "reservation.release": frozenset({Role.QA_LEAD, Role.RELEASE_MANAGER}),
    "freeze.create": frozenset({Role.ADMINISTRATOR, Role.RELEASE_MANAGER}),
    "freeze.edit": frozenset({Role.ADMINISTRATOR, Role.RELEASE_MANAGER}),
    "freeze.lift": frozenset({Role.ADMINISTRATOR, Role.RELEASE_MANAGER}),
    "application.edit": frozenset({Role.ADMINISTRATOR, Role.RELEASE_MANAGER}),
    "environment.edit": frozenset({Role.ADMINISTRATOR}),
    "policy.edit": frozenset({Role.ADMINISTRATOR}),
    "person.edit": frozenset({Role.ADMINISTRATOR}),
    "team.edit": frozenset({Role.ADMINISTRATOR}),
    "tables.import": frozenset({Role.ADMINISTRATOR}),
    "role.grant": frozenset({Role.ADMINISTRATOR}),
    "version.register": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER}),
    "version.block": frozenset({Role.DEVELOPER, Role.RELEASE_MANAGER, Role.QA_LEAD, Role.SECURITY}),
}


@dataclass(frozen=True)
class Scope:
    """Where a verb would act: ids of teams, an application, an environment; empty = the whole installation."""

    teams: frozenset[int] = field(default_factory=frozenset)
    application: int | None = None
    environment: int | None = None

    @classmethod
    def of(
        cls,
        *,
        teams: Iterable[int | None] = (),
        application: int | None = None,
        environment: int | None = None,
    ) -> "Scope":
        return cls(frozenset(team for team in teams if team is not None), application, environment)


ANYWHERE = Scope()


def counting() -> QuerySet[RoleGrant]:
    """The grants that count at this moment, to whomever."""
    now = clock.now()
    return RoleGrant.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now),
        valid_from__lte=now,
        revoked_at=None,
        team__retired_at=None,
    )


def grants_of(person: Person) -> list[RoleGrant]:
    """The grants that count now, the person's own and those of their teams; one query, kept for the request.

    Rights are read again with every request, since the person object is.
    """
    kept: list[RoleGrant] | None = getattr(person, "_grants", None)
    if kept is None:
        # Two reads by an index each: one with OR would look at everybody's grants.
        every = counting().order_by()
        own, of_teams = every.filter(person=person), every.filter(team__memberships__person=person)
        kept = list(own.union(of_teams).order_by("role", "id"))
        person._grants = kept  # type: ignore[attr-defined]
    return kept


def team_ids(person: Person) -> frozenset[int]:
    """The teams of a person; one query, kept for the request."""
    kept: frozenset[int] | None = getattr(person, "_team_ids", None)
    if kept is None:
        kept = frozenset(person.memberships.values_list("team_id", flat=True))
        person._team_ids = kept  # type: ignore[attr-defined]
    return kept


def reaches(grant: RoleGrant, scope: Scope) -> bool:
    match grant.scope_kind:
        case ScopeKind.EVERYWHERE:
            return True
        case ScopeKind.TEAM:
            return grant.scope_id in scope.teams
        case ScopeKind.APPLICATION:
            return grant.scope_id == scope.application
        case ScopeKind.ENVIRONMENT:
            return grant.scope_id == scope.environment
    return False


def has_role(person: Person, roles: Iterable[Role], scope: Scope = ANYWHERE) -> bool:
    if not person.is_authenticated or not person.is_active:
        return False
    wanted = {str(role) for role in roles}
    return any(grant.role in wanted and reaches(grant, scope) for grant in grants_of(person))


def may_somewhere(person: Person, permission: str) -> bool:
    """Whether any grant of the person reaches somewhere for this; where, the verb asks."""
    roles = {str(role) for role in ROLES.get(permission, ())}
    return (
        person.is_authenticated
        and person.is_active
        and any(grant.role in roles for grant in grants_of(person))
    )


def within(person: Person, permission: str, *, team: str, application: str) -> Q:
    """The rows for which the person has a role of the permission, as `has_role` asks it one by one; one query.

    `team` and `application` are the columns of the rows that say so. A grant for an environment reaches none of them.
    """
    if not person.is_authenticated or not person.is_active:
        return Q(pk__in=())
    roles = {str(role) for role in ROLES.get(permission, ())}
    grants = [grant for grant in grants_of(person) if grant.role in roles]
    if any(grant.scope_kind == ScopeKind.EVERYWHERE for grant in grants):
        return Q()
    of_team = [grant.scope_id for grant in grants if grant.scope_kind == ScopeKind.TEAM]
    of_application = [grant.scope_id for grant in grants if grant.scope_kind == ScopeKind.APPLICATION]
    return Q(**{f"{team}__in": of_team}) | Q(**{f"{application}__in": of_application})


def _has_any_role(person: Person) -> bool:
    return person.is_authenticated and person.is_active and bool(grants_of(person))


def why_not(person: Person, permission: str, scope: Scope = ANYWHERE) -> str:
    """The empty text when `person` may, else a sentence that says who may."""
    roles = ROLES.get(permission)
    if roles is None:
        return _("Nobody may do this: no policy entry allows it.")
    anybody = roles == frozenset(Role)  # who has any role, wherever it reaches
    if has_role(person, roles, scope) or (anybody and _has_any_role(person)):
        return ""
    if anybody:
        return _("You have no role here. An administrator can grant you one.")
    names = ", ".join(sorted(str(role.label).lower() for role in roles))
    return _(
        "This needs one of the roles %(roles)s here; you don't have it. An administrator can grant it."
    ) % {"roles": names}


def require(person: Person, permission: str, scope: Scope = ANYWHERE) -> None:
    """Raise `NotAllowed` with the reason unless `person` may."""
    reason = why_not(person, permission, scope)
    if reason:
        raise NotAllowed(reason)
