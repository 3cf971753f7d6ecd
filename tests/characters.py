"""The same cast everywhere: who they are, what they may, what they may not."""

from dataclasses import dataclass

from releaseorch.accounts.models import Person, PersonKind, RoleGrant, Team, TeamMember
from releaseorch.accounts.roles import Role, ScopeKind

PASSWORD = "correct-horse-battery-staple"


@dataclass(frozen=True)
class Cast:
    """Claims and Billing are teams; everybody else acts for the whole house."""

    claims: Team
    billing: Team
    developer: Person  # Dana of Claims
    teammate: Person  # Theo of Claims
    other_developer: Person  # Omar of Billing
    release_manager: Person  # Rita
    second_manager: Person  # Sven
    operator: Person  # Olga
    qa: Person  # Quinn
    auditor: Person  # Aud
    outsider: Person  # Otto, no role at all
    robot: Person  # a pipeline with the rights of a release manager


def person(username: str, name: str, *, team: Team | None = None, kind: str = PersonKind.HUMAN) -> Person:
    made = Person.objects.create_user(username, PASSWORD, name=name, kind=kind)
    if team is not None:
        TeamMember.objects.create(team=team, person=made)
    return made


def grant(who: Person, role: Role, *, team: Team | None = None) -> RoleGrant:
    if team is None:
        return RoleGrant.objects.create(person=who, role=role)
    return RoleGrant.objects.create(
        person=who, role=role, scope_kind=ScopeKind.TEAM, scope_id=team.pk, scope_name=team.name
    )


def make_cast() -> Cast:
    claims = Team.objects.create(name="Claims", slug="claims", contact="ext. 4400", on_call_note="Call 4417")
    billing = Team.objects.create(name="Billing", slug="billing")
    cast = Cast(
        claims=claims,
        billing=billing,
        developer=person("dana", "Dana Brandt", team=claims),
        teammate=person("theo", "Theo Lindqvist", team=claims),
        other_developer=person("omar", "Omar Haddad", team=billing),
        release_manager=person("rita", "Rita Moreau"),
        second_manager=person("sven", "Sven Dahl"),
        operator=person("olga", "Olga Petrova"),
        qa=person("quinn", "Quinn Abara"),
        auditor=person("aud", "Aud Nilsen"),
        outsider=person("otto", "Otto Weiss"),
        robot=person("pipeline", "Pipeline", kind=PersonKind.ROBOT),
    )
    grant(cast.developer, Role.DEVELOPER, team=claims)
    grant(cast.teammate, Role.DEVELOPER, team=claims)
    grant(cast.other_developer, Role.DEVELOPER, team=billing)
    for manager in (cast.release_manager, cast.second_manager, cast.robot):
        grant(manager, Role.RELEASE_MANAGER)
    grant(cast.operator, Role.OPERATOR)
    grant(cast.qa, Role.QA_LEAD)
    grant(cast.auditor, Role.AUDITOR)
    return cast
