"""What a person may do with people, teams and roles, or why not."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.accounts.services import second_factor
from releaseorch.core.actions import Action, Field

Choices = Sequence[tuple[str, str]]


def person_actions(person: Person, me: Person) -> list[Action]:
    """Reactivate, or a link to set a password; editing and deactivating have pages of their own."""
    why_not = policy.why_not(me, "person.edit")
    if not person.is_active:
        return [
            Action(
                "reactivate", _("Reactivate"), f"/people/{person.pk}/reactivate", allowed=not why_not,
                why_not=why_not, needs_reason=True, version=person.row_version,
                consequence=_("The roles that are left count again. A person gets a link to set a new password."),
            )
        ]  # fmt: skip
    if person.is_robot:
        return []
    own = not why_not and me.pk == person.pk
    own_password = _("Your own password you change yourself, under My access.") if own else why_not
    own_factor = second_factor.own_is_reset_by_another() if own else why_not
    found = [_new_password(person, own_password)]
    if second_factor.factor_of(person) is not None:
        found.append(_reset_second_factor(person, own_factor))
    if person.identities.exists():
        found.append(_unlink(person, why_not))
    return found


def _new_password(person: Person, why_not: str) -> Action:
    url, may = f"/people/{person.pk}/reset-password", {"allowed": not why_not, "why_not": why_not}
    if not person.has_usable_password():
        return Action("reset_password", _("Link to set a password"), url, primary=True, **may)  # type: ignore[arg-type]
    return Action(
        "reset_password", _("Reset password"), url, **may,  # type: ignore[arg-type]
        fields=(Field("sure", _("The password and all sessions end now"), kind="checkbox", required=True),),
        consequence=_("You get a link to hand over; it counts once."),
    )  # fmt: skip


def _reset_second_factor(person: Person, why_not: str) -> Action:
    return Action(
        "reset_second_factor", _("Reset second factor"), f"/people/{person.pk}/reset-second-factor",
        allowed=not why_not, why_not=why_not, needs_reason=True, version=person.row_version,
        consequence=_("Their phone and recovery codes count no longer; the password alone lets them in."),
    )  # fmt: skip


def _unlink(person: Person, why_not: str) -> Action:
    return Action(
        "unlink", _("Unlink"), f"/people/{person.pk}/unlink",
        allowed=not why_not, why_not=why_not, needs_reason=True, version=person.row_version,
        consequence=_("Their account at the provider counts no longer; the next log-in links one by the e-mail."),
    )  # fmt: skip


def grant(holder: Person | Team, me: Person, reaches: Choices | None) -> Action:
    """`reaches` None: there are too many places to offer, so their names are typed."""
    why_not = policy.why_not(me, "role.grant")
    noun = "people" if isinstance(holder, Person) else "teams"
    return Action(
        "grant", _("Grant a role"), f"/{noun}/{holder.pk}/grant", allowed=not why_not, why_not=why_not,
        consequence=_("It counts at once, or from the moment that you set."),
        fields=(
            Field("role", _("Role"), kind="select", required=True,
                  choices=tuple((role.value, str(role.label)) for role in Role)),
            _reach(reaches),
            Field("valid_from", _("From"), kind="datetime-local"),
            Field("valid_until", _("Until"), kind="datetime-local"),
            Field("reason", _("Why"), kind="textarea"),
        ),
    )  # fmt: skip


def _who(people: Choices | None) -> Field:
    if people is None:
        return Field("person", _("Who"), kind="text", required=True, help=_("The user name."))
    return Field("person", _("Who"), kind="select", required=True, choices=tuple(people))


def _reach(reaches: Choices | None) -> Field:
    if reaches is None:
        said = _("Everywhere, or the name of a team, an application or an environment.")
        return Field("reach", _("Where"), kind="text", required=True, help=said)
    return Field("reach", _("Where"), kind="select", required=True, choices=tuple(reaches))


def revoke(grant: RoleGrant, me: Person) -> Action | None:
    """None for what is over, and for what comes with a team: there it is taken back at the team."""
    if grant.is_over:
        return None
    why_not = policy.why_not(me, "role.grant")
    return Action(
        "revoke", _("Revoke"), f"/grants/{grant.pk}/revoke", allowed=not why_not, why_not=why_not,
        needs_reason=True, consequence=_("It counts no longer, at once."),
    )  # fmt: skip


def team_actions(team: Team, me: Person, people: Choices | None) -> list[Action]:
    """`people` None: there are too many to offer, so a user name is typed."""
    if team.retired_at is not None:
        return []
    why_not, page = policy.why_not(me, "team.edit"), f"/teams/{team.pk}"
    may = {"allowed": not why_not, "why_not": why_not, "version": team.row_version}
    return [
        Action(
            "add_member", _("Add a member"), f"{page}/add-member", **may,  # type: ignore[arg-type]
            fields=(_who(people),),
            consequence=_("They take the team's steps and have its roles, at once."),
        ),
        Action(
            "retire", _("Retire"), f"{page}/retire", needs_reason=True, **may,  # type: ignore[arg-type]
            consequence=_("It is offered nowhere any more, and its roles count no longer."),
        ),
    ]  # fmt: skip


def remove_member(team: Team, person: Person, me: Person) -> Action:
    why_not = policy.why_not(me, "team.edit")
    return Action(
        "remove_member", _("Remove"), f"/teams/{team.pk}/remove-member", allowed=not why_not, why_not=why_not,
        fields=(Field("person", value=str(person.pk)),), version=team.row_version,
    )  # fmt: skip
