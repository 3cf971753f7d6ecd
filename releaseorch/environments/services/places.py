"""Make, edit, retire and restore environments."""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.catalog.services import retiring
from releaseorch.core.checked import cleaned, insert, refuse_same_name, slug_of
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Conflict
from releaseorch.environments import at_once
from releaseorch.environments.models import Environment
from releaseorch.environments.services.parameters import checked

TOPICS = ("inventory", "requests")


class EnvironmentChanges(TypedDict, total=False):
    """What may be edited of an environment."""

    name: str
    rank: int
    is_protected: bool
    confirm_within_minutes: int
    steps_at_once: int | None
    parameters: Mapping[str, str]


def create_environment(
    *,
    actor: Person,
    name: str,
    rank: int,
    slug: str = "",
    is_protected: bool = False,
    confirm_within_minutes: int = 10,
    steps_at_once: int | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Environment:
    """A place to deploy to; the same rank means side by side. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "environment.edit")
    refuse_same_name(Environment, name, _taken)
    made = cleaned(
        Environment(
            name=name, slug=slug_of(Environment, slug, name, "environment"), rank=rank,
            is_protected=is_protected, confirm_within_minutes=confirm_within_minutes,
            steps_at_once=steps_at_once, parameters=checked(parameters or {}),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _taken(made.name))
        events.record(
            actor=actor, verb="environment.created", subject=made, after={"rank": rank}, topics=TOPICS
        )
    return made


def edit_environment(
    *, actor: Person, environment: Environment, seen: int | None = None, **changes: Unpack[EnvironmentChanges]
) -> Environment:
    """Change what is given; the address stays. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "environment.edit", Scope.of(environment=environment.pk))
    if "name" in changes:
        refuse_same_name(Environment, changes["name"], _taken, besides=environment.pk)
    if "parameters" in changes:
        changes["parameters"] = checked(changes["parameters"])
    with at_once.following(environment.pk, "steps_at_once" in changes):
        return edits.edit_row(
            actor=actor, row=environment, seen=seen, values=changes, topics=TOPICS, keeps_key=True
        )


def retire_environment(
    *, actor: Person, environment: Environment, reason: str, seen: int | None = None
) -> Environment:
    """Nothing is filed, kept or set up for it from now on; its past stays. `Conflict` names what holds it."""
    policy.require(actor, "environment.edit", Scope.of(environment=environment.pk))
    return retiring.retire(actor=actor, row=environment, reason=reason, seen=seen, topics=TOPICS)


def restore_environment(
    *, actor: Person, environment: Environment, reason: str, seen: int | None = None
) -> Environment:
    """It may be filed for again. Raises `NotAllowed`, `Invalid`, `Conflict` when it isn't retired."""
    policy.require(actor, "environment.edit", Scope.of(environment=environment.pk))
    return retiring.restore(actor=actor, row=environment, reason=reason, seen=seen, topics=TOPICS)


def refuse_retired(environment: Environment) -> None:
    """For what is set up in it; raises `Conflict`, also for one that was retired since the form was drawn."""
    if Environment.objects.filter(pk=environment.pk, retired_at__isnull=False).exists():
        raise Conflict(retired_sentence(environment))


def hold_in_use(environment: Environment) -> None:
    """As `refuse_retired`, after the row was written: its foreign key waits for a retirement that is under way."""
    hold_references()
    refuse_retired(environment)


def retired_sentence(environment: Environment) -> str:
    return _("%(environment)s is retired; nothing is filed or set up for it any more.") % {
        "environment": environment
    }


def _taken(name: str) -> str:
    return _("There is an environment %(name)s already.") % {"name": name}
