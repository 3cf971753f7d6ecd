"""People, teams and roles as the pages list them."""

from dataclasses import dataclass

from django.db.models import Count, F, Prefetch, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, RoleGrant, Team, TeamMember
from releaseorch.accounts.roles import Role
from releaseorch.accounts.words import may
from releaseorch.core.paging import Page, page_by_name, page_of

MOST_OF_A_ROLE = 20


@dataclass(frozen=True)
class RoleView:
    """A role: what it lets people do, who has it now (the first of them), and how many they are."""

    role: Role
    may: tuple[str, ...]
    grants: tuple[RoleGrant, ...]
    held: int

    @property
    def label(self) -> str:
        return str(self.role.label)

    @property
    def more(self) -> int:
        """How many have it beside those that are named."""
        return self.held - len(self.grants)


def people_page(
    cursor: str | None = None, *, text: str = "", team: int | None = None, gone: bool = False
) -> Page[Person]:
    """The newest first, with their teams and roles; four queries. `gone`: those who were deactivated."""
    found = Person.objects.filter(is_active=not gone)
    if text.strip():
        wanted = text.strip()
        found = found.filter(Q(name__icontains=wanted) | Q(username__icontains=wanted))
    if team is not None:
        found = found.filter(memberships__team_id=team)
    grants = Prefetch("grants", policy.counting(), "living_grants")
    return page_of(found.prefetch_related("teams", grants), cursor)


@dataclass(frozen=True)
class TeamRow:
    """A team in a list, with the number of its members."""

    team: Team
    people: int


def teams_page(cursor: str | None = None, *, text: str = "", retired: bool = False) -> Page[TeamRow]:
    """By name; two queries."""
    found = Team.objects.filter(retired_at__isnull=not retired)
    page = page_by_name(found.filter(name__icontains=text.strip()) if text.strip() else found, cursor)
    members = TeamMember.objects.filter(team__in=[team.pk for team in page.items], person__is_active=True)
    people = dict(members.values_list("team_id").annotate(Count("pk")))
    return page.of([TeamRow(team, people.get(team.pk, 0)) for team in page.items])


def in_use() -> QuerySet[Team]:
    """The teams that something can be given to."""
    return Team.objects.filter(retired_at=None)


def grants_of(holder: Person | Team) -> list[RoleGrant]:
    """All grants of a person or a team, a person's through their teams too, those that count or will first."""
    own = Q(person=holder) | Q(team__members=holder) if isinstance(holder, Person) else Q(team=holder)
    found = RoleGrant.objects.filter(own).select_related("team", "person").distinct()
    return sorted(found, key=lambda grant: (grant.is_over, grant.role, grant.pk))


def roles() -> list[RoleView]:
    """Every role with the first who have it now, and how many have; two queries."""
    grants = policy.counting().filter(Q(person=None) | Q(person__is_active=True))
    numbers = dict(grants.order_by().values_list("role").annotate(Count("pk")))
    in_turn = Window(RowNumber(), partition_by=F("role"), order_by=["person__name", "team__name", "pk"])
    first = grants.annotate(turn=in_turn).filter(turn__lte=MOST_OF_A_ROLE)
    held: dict[str, list[RoleGrant]] = {}
    for grant in first.select_related("person", "team").order_by("turn"):
        held.setdefault(grant.role, []).append(grant)
    return [
        RoleView(role, tuple(may(role)), tuple(held.get(role, ())), numbers.get(role, 0)) for role in Role
    ]
