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
    administrator: Person  # Ada, who decides nothing about requests and runs


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
    """Written in bulk: most tests begin with it."""
    claims, billing = Team.objects.bulk_create(
        [
            Team(name="Claims", slug="claims", contact="ext. 4400", on_call_note="Call 4417"),
            Team(name="Billing", slug="billing"),
        ]
    )
    people = {username: Person(username=username, name=name) for username, name in NAMES.items()}
    for one in people.values():
        one.set_password(PASSWORD)
    people["pipeline"].kind = PersonKind.ROBOT
    Person.objects.bulk_create(people.values())
    teams = {"dana": claims, "theo": claims, "omar": billing}
    TeamMember.objects.bulk_create(TeamMember(team=team, person=people[name]) for name, team in teams.items())
    RoleGrant.objects.bulk_create(
        [
            *(
                RoleGrant(
                    person=people[name],
                    role=Role.DEVELOPER,
                    scope_kind=ScopeKind.TEAM,
                    scope_id=team.pk,
                    scope_name=team.name,
                )
                for name, team in teams.items()
            ),
            *(RoleGrant(person=people[name], role=role) for name, role in EVERYWHERE.items()),
        ]
    )
    return Cast(claims, billing, *people.values())


NAMES = {
    "dana": "Dana Brandt",
    "theo": "Theo Lindqvist",
    "omar": "Omar Haddad",
    "rita": "Rita Moreau",
    "sven": "Sven Dahl",
    "olga": "Olga Petrova",
    "quinn": "Quinn Abara",
    "aud": "Aud Nilsen",
    "otto": "Otto Weiss",
    "pipeline": "Pipeline",
    "ada": "Ada Lind",
}
EVERYWHERE = {
    "rita": Role.RELEASE_MANAGER,
    "sven": Role.RELEASE_MANAGER,
    "pipeline": Role.RELEASE_MANAGER,
    "olga": Role.OPERATOR,
    "quinn": Role.QA_LEAD,
    "aud": Role.AUDITOR,
    "ada": Role.ADMINISTRATOR,
}
