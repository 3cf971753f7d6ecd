"""What a person may do with an environment and with what keeps runs from starting there, or why not."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.catalog import holders as catalog_holders
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.core.actions import Action, Field
from releaseorch.core.choosing import few_of
from releaseorch.environments.models import (
    Connection,
    Environment,
    Freeze,
    Placement,
    Reservation,
    Target,
)
from releaseorch.environments.services import freezes, reservations


def reserve_action(environment: Environment, applications: QuerySet[Application], person: Person) -> Action:
    why_not = _why_nowhere(person, "reservation.create", Scope.of(environment=environment.pk))
    return Action(
        verb="create",
        label=_("Keep it"),
        url="/reservations/create",
        allowed=not why_not,
        why_not=why_not,
        fields=(
            Field("environment", value=str(environment.pk)),
            _application_field(applications, _("All of it")),
            Field("starts_at", _("From"), kind="datetime-local", help=_("Left empty: from now on.")),
            Field("expires_at", _("Until"), kind="datetime-local", required=True),
            Field("reason", _("What for"), kind="text", required=True),
        ),
        consequence=_("Runs of others don't start here meanwhile; yours do."),
    )


def reservation_actions(reservation: Reservation, person: Person) -> list[Action]:
    extend = reservations.why_not_theirs(person, "reservation.extend", reservation)
    release = reservations.why_not_theirs(person, "reservation.release", reservation)
    return [
        Action(
            verb="extend",
            label=_("Extend"),
            url=f"/reservations/{reservation.pk}/extend",
            allowed=not extend,
            why_not=extend,
            fields=(
                Field(
                    "expires_at", _("Until"), field_value(reservation.expires_at), kind="datetime-local", required=True
                ),
            ),
            version=reservation.row_version,
        ),
        Action(
            verb="release",
            label=_("Give back"),
            url=f"/reservations/{reservation.pk}/release",
            allowed=not release,
            why_not=release,
            version=reservation.row_version,
        ),
    ]  # fmt: skip


def freeze_action(
    environments: Iterable[Environment],
    applications: QuerySet[Application],
    person: Person,
    chosen: Environment | None = None,
) -> Action:
    why_not = _why_nowhere(person, "freeze.create", Scope.of(environment=chosen.pk if chosen else None))
    choices = (("", _("Every environment")), *((str(one.pk), one.name) for one in environments))
    return Action(
        verb="create",
        label=_("Freeze"),
        url="/freezes/create",
        allowed=not why_not,
        why_not=why_not,
        fields=(
            Field(
                "environment", _("Where"), str(chosen.pk) if chosen else "", kind="select", choices=choices
            ),
            _application_field(applications, _("Every application")),
            *_span(clock.now(), None),
            Field("reason", _("Why"), kind="text", required=True),
        ),
        consequence=_(
            "No run starts inside it. In one that is under way what has started may finish; nothing more begins."
        ),
    )


def freeze_actions(freeze: Freeze, person: Person) -> list[Action]:
    scope = freezes.scope_of(freeze)
    edit, lift = policy.why_not(person, "freeze.edit", scope), policy.why_not(person, "freeze.lift", scope)
    return [
        Action(
            verb="edit",
            label=_("Change"),
            url=f"/freezes/{freeze.pk}/edit",
            allowed=not edit,
            why_not=edit,
            fields=(
                *_span(freeze.starts_at, freeze.ends_at),
                Field("reason", _("Why"), freeze.reason, kind="text", required=True),
            ),
            version=freeze.row_version,
        ),
        Action(
            verb="lift",
            label=_("Lift"),
            url=f"/freezes/{freeze.pk}/lift",
            allowed=not lift,
            why_not=lift,
            needs_reason=True,
            consequence=_("Runs may start again; scheduled ones do, while their window is open."),
            version=freeze.row_version,
        ),
    ]


def set_secret_action(connection: Connection, why_not: str) -> Action:
    return Action(
        verb="set_secret",
        label=_("Seal it"),
        url=f"/connections/{connection.pk}/set-secret",
        allowed=not why_not,
        why_not=why_not,
        fields=(
            Field("name", _("Name"), kind="text", required=True, help=_("A name that is set already: replaces it.")),
            Field("secret", _("Secret"), kind="password"),
            Field("secret_file", _("Or a file that holds it"), kind="file"),
        ),
        consequence=_("Steps find it in a file of its name, or in the header that names it."),
        version=connection.row_version,
    )  # fmt: skip


def replace_secret_action(connection: Connection, name: str, why_not: str, *, is_new: bool = False) -> Action:
    """Set the secret of this name; what stands there now is never shown."""
    return Action(
        verb="replace_secret",
        label=_("Set") if is_new else _("Replace"),
        url=f"/connections/{connection.pk}/set-secret",
        allowed=not why_not,
        why_not=why_not,
        fields=(
            Field("name", value=name),
            Field("secret", _("Secret"), kind="password"),
            Field("secret_file", _("Or a file that holds it"), kind="file"),
        ),
        consequence="" if is_new else _("Steps that begin from now on get the new one."),
        version=connection.row_version,
    )


def forget_secret_action(connection: Connection, name: str, why_not: str) -> Action:
    return Action(
        verb="forget_secret",
        label=_("Forget"),
        url=f"/connections/{connection.pk}/forget-secret",
        allowed=not why_not,
        why_not=why_not,
        fields=(Field("name", value=name),),
        version=connection.row_version,
    )


def remove_connection_action(connection: Connection, why_not: str) -> Action:
    return Action(
        verb="remove",
        label=_("Remove"),
        url=f"/connections/{connection.pk}/remove",
        allowed=not why_not,
        why_not=why_not,
        consequence=_("Its secrets go with it. Plans say which steps miss it."),
        version=connection.row_version,
    )


def _why_nowhere(person: Person, permission: str, scope: Scope) -> str:
    """Empty for whoever may do it for some application or place: the form asks which, the service judges."""
    return "" if policy.may_somewhere(person, permission) else policy.why_not(person, permission, scope)


def environment_actions(environment: Environment, person: Person) -> dict[str, Action]:
    """By verb; what would hold it is asked for whoever may retire it: three queries."""
    page = f"/environments/{environment.pk}"
    why_not = policy.why_not(person, "environment.edit", Scope.of(environment=environment.pk))
    edit = Action("edit", _("Edit"), f"{page}/edit", allowed=not why_not, why_not=why_not)
    if environment.is_retired:
        verb, label, consequence = "restore", _("Restore"), _("It may be filed for again.")
    else:
        why_not = why_not or " ".join(catalog_holders.sentences(environment))
        verb, label = "retire", _("Retire")
        consequence = _(
            "No form offers it any more. What was done there, and what is there, stays to be read."
        )
    move = Action(
        verb, label, f"{page}/{verb}", allowed=not why_not, why_not=why_not, needs_reason=True,
        consequence=consequence, version=environment.row_version,
    )  # fmt: skip
    return {one.verb: one for one in (edit, move)}


def target_action(target: Target, why_not: str) -> Action:
    """Retire it; `why_not` was asked once for the environment."""
    return Action(
        verb="retire",
        label=_("Retire"),
        url=f"/targets/{target.pk}/retire",
        allowed=not why_not,
        why_not=why_not,
        needs_reason=True,
        consequence=_(
            "Nothing is placed or installed on it any more. Its history stays, its name is free again."
        ),
        version=target.row_version,
    )


def placement_action(placement: Placement, why_not: str) -> Action:
    return Action(
        verb="remove",
        label=_("Take away"),
        url=f"/placements/{placement.pk}/remove",
        allowed=not why_not,
        why_not=why_not,
        version=placement.row_version,
    )


def field_value(moment: datetime | None) -> str:
    """As a field of date and time takes it, in the zone of the installation."""
    return localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _span(starts_at: datetime, ends_at: datetime | None) -> tuple[Field, Field]:
    return (
        Field("starts_at", _("From"), field_value(starts_at), kind="datetime-local", required=True),
        Field("ends_at", _("Until"), field_value(ends_at), kind="datetime-local", required=True),
    )


def _application_field(applications: QuerySet[Application], everything: str) -> Field:
    """A select while they are few, else a field for the name."""
    few = few_of(applications)
    if few is None:
        said = _("Its name. Left empty: %(everything)s.") % {"everything": everything.lower()}
        return Field("application", _("Application"), kind="text", help=said)
    choices = (("", everything), *((str(pk), name) for pk, name in few))
    return Field("application", _("Application"), kind="select", choices=choices)
