"""People, teams and roles as the pages list them."""

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q, QuerySet

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.accounts.words import may
from releaseorch.core.paging import Page, page_of

MOST_TEAMS = 500


@dataclass(frozen=True)
class RoleView:
    """A role: what it lets people do, and who has it now."""

    role: Role
    may: tuple[str, ...]
    grants: tuple[RoleGrant, ...]

    @property
    def label(self) -> str:
        return str(self.role.label)


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


def teams(text: str = "", *, retired: bool = False) -> QuerySet[Team]:
    """By name, with the number of their members; one query."""
    found = Team.objects.filter(retired_at__isnull=not retired, name__icontains=text.strip())
    return found.annotate(people=Count("memberships", filter=Q(memberships__person__is_active=True)))


def in_use() -> QuerySet[Team]:
    """The teams that something can be given to."""
    return Team.objects.filter(retired_at=None)


def grants_of(holder: Person | Team) -> list[RoleGrant]:
    """All grants of a person or a team, a person's through their teams too, those that count or will first."""
    own = Q(person=holder) | Q(team__members=holder) if isinstance(holder, Person) else Q(team=holder)
    found = RoleGrant.objects.filter(own).select_related("team", "person").distinct()
    return sorted(found, key=lambda grant: (grant.is_over, grant.role, grant.pk))


def roles() -> list[RoleView]:
    """Every role with who has it now; one query."""
    held: dict[str, list[RoleGrant]] = {}
    grants = policy.counting().filter(Q(person=None) | Q(person__is_active=True))
    for grant in grants.select_related("person", "team").order_by("person__name", "team__name"):
        held.setdefault(grant.role, []).append(grant)
    return [RoleView(role, tuple(may(role)), tuple(held.get(role, ()))) for role in Role]
