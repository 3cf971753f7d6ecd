"""Teams, people and who has which role where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, PersonKind, RoleGrant, Team, TeamMember
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.integrations.tables.cells import LOOSE, MOMENT, NAMES, YES_NO, Choice
from releaseorch.integrations.tables.sheet import Column, Link, Plan, Sheet, Values
from releaseorch.integrations.tables.world import Names, World, Wrong

if TYPE_CHECKING:
    from releaseorch.integrations.tables.cells import Cell


class Teams(Sheet):
    title, model = "Teams", Team
    columns = (
        Column("Team", "name", needed=True),
        Column("Contact", "contact", LOOSE),
        Column("On call", "on_call_note", LOOSE),
        Column("Retired", "retired", YES_NO),
    )
    fixed = frozenset({"retired"})

    def told(self) -> Iterable[Values]:
        for row in Team.objects.order_by("name"):
            yield {column.field: self.standing(row, column.field) for column in self.columns}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.name,), row) for row in Team.objects.all())

    def names(self, values: Values) -> Names:
        return (values["name"],)

    def names_of(self, row: Any) -> Names:
        return (row.name,)

    def standing(self, row: Any, name: str) -> Any:
        return row.retired_at is not None if name == "retired" else getattr(row, name)

    def made(self, values: Values, world: World) -> Any:
        is_retired = values.pop("retired", False)
        slug = world.free_slug(Team, values["name"])
        return Team(**values, slug=slug, retired_at=world.moment if is_retired else None)


class People(Sheet):
    """Without a password: each sets their own by a link that an administrator gives them."""

    title, model = "People", Person
    columns = (
        Column("User name", "username", needed=True),
        Column("Name", "name", needed=True),
        Column("Email", "email"),
        Column("Contact", "contact", LOOSE),
        Column("Kind", "kind", Choice(PersonKind, PersonKind.HUMAN)),
        Column("Deactivated", "deactivated", YES_NO),
        Column("Teams", "teams", NAMES),
    )
    links = (Link("teams", TeamMember, "person", "team"),)
    fixed = frozenset({"kind", "deactivated"})

    def told(self) -> Iterable[Values]:
        for row in Person.objects.prefetch_related("teams").order_by("username"):
            values = {column.field: self.standing(row, column.field) for column in self.columns[:-1]}
            yield {**values, "teams": [team.name for team in row.teams.all()]}

    def present(self) -> Iterable[tuple[Names, Any]]:
        return (((row.username,), row) for row in Person.objects.all())

    def names(self, values: Values) -> Names:
        return (values["username"],)

    def names_of(self, row: Any) -> Names:
        return (row.username,)

    def standing(self, row: Any, name: str) -> Any:
        return not row.is_active if name == "deactivated" else getattr(row, name)

    def resolved(self, values: Values, world: World) -> Values:
        if "teams" in values:
            values["teams"] = [(world.find(TEAMS, "teams", name), {}) for name in values["teams"]]
        return values

    def made(self, values: Values, world: World) -> Any:
        is_active = not values.pop("deactivated", False)
        row = Person(**values, is_active=is_active)
        row.set_unusable_password()
        return row

    def check_change(self, row: Any, values: Values, world: World) -> None:
        if "teams" in values and world.is_actor(row):
            said = _(
                "Nobody adds themselves to a team: its roles come with it. Another administrator does it."
            )
            raise Wrong({"teams": said})


class Roles(Sheet):
    """Grants that count now or later; none is changed or taken back by a table."""

    title, model = "Roles", RoleGrant
    columns = (
        Column("User name", "person"),
        Column("Team", "team"),
        Column("Role", "role", Choice(Role), needed=True),
        Column("Reach", "reach", Choice(ScopeKind, ScopeKind.EVERYWHERE)),
        Column("Reaches", "reaches"),
        Column("From", "valid_from", MOMENT),
        Column("Until", "valid_until", MOMENT),
    )
    once = frozenset({"valid_from"})
    fixed = frozenset({"valid_until"})

    def __init__(self, reaches: dict[str, Sheet]) -> None:
        self.reaches = reaches

    def told(self) -> Iterable[Values]:
        for row in self._rows():
            yield {
                "person": row.person.username if row.person else "",
                "team": row.team.name if row.team else "",
                "role": row.role,
                "reach": row.scope_kind,
                "reaches": row.scope_name,
                "valid_from": row.valid_from,
                "valid_until": row.valid_until,
            }

    def present(self) -> Iterable[tuple[Names, Any]]:
        """By the moment from which it counts too, which a table may leave out."""
        for values, row in zip(self.told(), self._rows(), strict=True):
            yield self.names({**values, "valid_from": None}), row
            yield self.names(values), row

    def names(self, values: Values) -> Names:
        since = values.get("valid_from")
        kind = values.get("reach") or ScopeKind.EVERYWHERE
        return (
            values.get("person", ""), values.get("team", ""), values["role"], str(kind),
            values.get("reaches", ""), MOMENT.write(since),
        )  # fmt: skip

    def resolved(self, values: Values, world: World) -> Values:
        person, team = values.get("person", ""), values.get("team", "")
        if bool(person) == bool(team):
            raise Wrong({"person": _("Name either a person or a team.")})
        kind, where = values.pop("reach", ScopeKind.EVERYWHERE), values.pop("reaches", "")
        if (kind == ScopeKind.EVERYWHERE) == bool(where):
            raise Wrong({"reaches": _("A role reaches everywhere, or into one thing that is named here.")})
        values["person"] = world.optional(PEOPLE, "person", person)
        values["team"] = world.optional(TEAMS, "team", team)
        if where:
            values["_where"] = (kind, world.find(self.reaches[kind], "reaches", where))
        return values

    def made(self, values: Values, world: World) -> Any:
        kind, where = values.pop("_where", (ScopeKind.EVERYWHERE, None))
        since = values.pop("valid_from", None) or world.moment
        row = RoleGrant(**values, scope_kind=kind, scope_name=where.name if where else "", valid_from=since)
        row.reached = where  # type: ignore[attr-defined]
        return row

    def _differs(self, row: Any, name: str, value: Any, cell: Cell) -> bool:
        return name == "valid_until" and super()._differs(row, name, value, cell)

    def check_new(self, row: Any, world: World) -> None:
        if row.valid_until and row.valid_until <= max(row.valid_from, world.moment):
            raise Wrong({"valid_until": _("A role ends after it begins, and in the future.")})
        if row.person is not None and row.person.is_robot and row.role == Role.ADMINISTRATOR:
            raise Wrong({"role": _("A robot is never an administrator.")})
        is_own = world.is_actor(row.person) if row.person else row.team.pk in world.actors_teams
        if is_own:
            raise Wrong({"": _("Nobody grants a role to themselves. Another administrator does it.")})

    def before_write(self, plan: Plan) -> None:
        for row in plan.new:
            row.scope_id = row.reached.pk if row.reached is not None else None

    def _rows(self) -> Iterable[RoleGrant]:
        rows = RoleGrant.objects.filter(revoked_at=None).select_related("person", "team")
        found = [row for row in rows if not row.is_over]
        return sorted(found, key=lambda row: (
            row.person.username if row.person else "", row.team.name if row.team else "", row.role,
            row.scope_kind, row.scope_name, row.valid_from,
        ))  # fmt: skip


TEAMS, PEOPLE = Teams(), People()

__all__ = ["PEOPLE", "TEAMS", "People", "Roles", "Teams"]
