"""Make teams, say how they are reached and who is in them, retire them."""

from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import holdings, policy
from releaseorch.accounts.administrators import one_remains
from releaseorch.accounts.models import Person, Team, TeamMember
from releaseorch.audit import edits, events
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert, reason_text, refuse_same_name, slug_of
from releaseorch.core.errors import Conflict, Invalid, NotAllowed


class TeamChanges(TypedDict, total=False):
    """What may be edited of a team."""

    name: str
    contact: str
    on_call_note: str


def create_team(
    *, actor: Person, name: str, slug: str = "", contact: str = "", on_call_note: str = ""
) -> Team:
    """Raises `NotAllowed`, `Invalid` also for a name that looks like another team's."""
    policy.require(actor, "team.edit")
    refuse_same_name(Team, name, _taken)
    address = slug_of(Team, slug, name, "team", "new")
    made = cleaned(Team(name=name, slug=address, contact=contact, on_call_note=on_call_note))
    with transaction.atomic():
        insert(made, "name", _taken(made.name))
        events.record(
            actor=actor, verb="team.created", subject=made, after={"name": made.name}, topics=["teams"]
        )
    return made


def edit_team(*, actor: Person, team: Team, seen: int | None = None, **changes: Unpack[TeamChanges]) -> Team:
    """Change what is given. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "team.edit")
    if "name" in changes:
        refuse_same_name(Team, changes["name"], _taken, besides=team.pk)
    return edits.edit_row(actor=actor, row=team, seen=seen, values=changes, topics=["teams"])


def add_member(*, actor: Person, team: Team, person: Person, seen: int | None = None) -> Team:
    """The person takes the team's steps and has its roles from now on; nobody adds themselves.

    Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    policy.require(actor, "team.edit")
    if actor.pk == person.pk:
        raise NotAllowed(
            _("Nobody adds themselves to a team: its roles come with it. Another administrator does it.")
        )
    if not person.is_active:
        raise Invalid({"person": _("%(person)s is deactivated.") % {"person": person}})
    with transaction.atomic():
        fresh = _in_use(team, seen)
        _join(fresh, person)
        return _tell(actor, "team.member_added", fresh, person, after={"member": person.name})


def remove_member(*, actor: Person, team: Team, person: Person, seen: int | None = None) -> Team:
    """Steps that the person has taken stay with them. Raises `NotAllowed` also for the last administrator."""
    policy.require(actor, "team.edit")
    with transaction.atomic(), one_remains():
        fresh = _in_use(team, seen)
        gone, _rows = TeamMember.objects.filter(team=team, person=person).delete()
        if not gone:
            raise Conflict(_("%(person)s isn't in %(team)s.") % {"person": person, "team": team})
        return _tell(actor, "team.member_removed", fresh, person, before={"member": person.name})


def retire_team(*, actor: Person, team: Team, reason: str, seen: int | None = None) -> Team:
    """It is offered nowhere any more and its roles count no longer; refused while something is its own.

    Raises `NotAllowed`, `Conflict` that names what is its own, `Invalid`.
    """
    policy.require(actor, "team.edit")
    why = reason_text(reason)
    with transaction.atomic(), one_remains():
        fresh = _in_use(team, seen)
        ties = holdings.ties_of(fresh)
        if ties:
            raise Conflict(" ".join(ties))
        return edits.edit_row(
            actor=actor, row=fresh, seen=None, verb="retired", reason=why, topics=["teams"],
            values={"retired_at": clock.now()},
        )  # fmt: skip


def _in_use(team: Team, seen: int | None) -> Team:
    fresh = edits.locked(team, seen)
    if fresh.retired_at is not None:
        raise Conflict(_("%(team)s is retired already.") % {"team": team})
    return fresh


def _join(team: Team, person: Person) -> None:
    try:
        with transaction.atomic():
            TeamMember.objects.create(team=team, person=person)
    except IntegrityError as clash:
        said = {"person": person, "team": team}
        raise Invalid({"person": _("%(person)s is in %(team)s already.") % said}) from clash


def _tell(
    actor: Person,
    verb: str,
    team: Team,
    person: Person,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> Team:
    team.save(update_fields=[])  # whoever looks at an older picture of the team is told so
    events.record(
        actor=actor,
        verb=verb,
        subject=team,
        before=before,
        after=after,
        topics=["teams", f"person:{person.pk}"],
    )
    return team


def _taken(name: str) -> str:
    return _("There is a team %(name)s already.") % {"name": name}
