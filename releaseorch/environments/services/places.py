"""Make and edit environments."""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.core.checked import cleaned, free_slug, insert, refuse_same_name
from releaseorch.environments.models import Environment
from releaseorch.environments.services.parameters import checked

TOPICS = ("inventory", "requests")


class EnvironmentChanges(TypedDict, total=False):
    """What may be edited of an environment."""

    name: str
    rank: int
    is_protected: bool
    parameters: Mapping[str, str]


def create_environment(
    *,
    actor: Person,
    name: str,
    rank: int,
    slug: str = "",
    is_protected: bool = False,
    parameters: Mapping[str, str] | None = None,
) -> Environment:
    """A place to deploy to; the same rank means side by side. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "environment.edit")
    refuse_same_name(Environment, name, _taken)
    made = cleaned(
        Environment(
            name=name, slug=slug or free_slug(Environment, name, "environment"), rank=rank,
            is_protected=is_protected, parameters=checked(parameters or {}),
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
    return edits.edit_row(actor=actor, row=environment, seen=seen, values=changes, topics=TOPICS)


def _taken(name: str) -> str:
    return _("There is an environment %(name)s already.") % {"name": name}
