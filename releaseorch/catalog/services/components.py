"""Make, edit, retire and restore components."""

from collections.abc import Mapping
from functools import partial
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import edits, events
from releaseorch.catalog.models import Application, Component, Procedure
from releaseorch.catalog.services import retiring
from releaseorch.catalog.services.rights import scope_of
from releaseorch.core.checked import cleaned, insert, refuse_same_name, text_of
from releaseorch.core.errors import Invalid

MOST_PARAMETERS = 100


class ComponentChanges(TypedDict, total=False):
    """What may be edited of a component; `parameters` (name → text) feed `${name}` in its procedure."""

    name: str
    kind: str
    procedure: Procedure | None
    parameters: Mapping[str, str]


def create_component(
    *,
    actor: Person,
    application: Application,
    name: str,
    kind: str = "",
    procedure: Procedure | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Component:
    """Raises `NotAllowed`, or `Invalid` also for a name that the application has already."""
    policy.require(actor, "application.edit", scope_of(application))
    _refuse_taken(application, name)
    made = cleaned(
        Component(
            application=application, name=name, kind=kind, procedure=procedure,
            parameters=parameters_of(parameters or {}),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _taken(application, made.name))
        retiring.hold_in_use(application)
        events.record(
            actor=actor, verb="component.created", subject=made, after={"application": application.name},
            topics=["applications"],
        )  # fmt: skip
    return made


def edit_component(
    *, actor: Person, component: Component, seen: int | None = None, **changes: Unpack[ComponentChanges]
) -> Component:
    """Change what is given; runs that are planned keep their steps. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "application.edit", scope_of(component.application))
    if "name" in changes:
        _refuse_taken(component.application, changes["name"], besides=component.pk)
    if "parameters" in changes:
        changes["parameters"] = parameters_of(changes["parameters"])
    return edits.edit_row(
        actor=actor, row=component, seen=seen, values=changes, topics=["applications", "requests"]
    )


def retire_component(
    *, actor: Person, component: Component, reason: str, seen: int | None = None
) -> Component:
    """Nothing deploys it from now on; its versions stay. `Conflict` names what holds it."""
    policy.require(actor, "application.edit", scope_of(component.application))
    return retiring.retire(actor=actor, row=component, reason=reason, seen=seen)


def restore_component(
    *, actor: Person, component: Component, reason: str, seen: int | None = None
) -> Component:
    """It may be deployed again. Raises `NotAllowed`, `Invalid`, `Conflict` when it isn't retired."""
    policy.require(actor, "application.edit", scope_of(component.application))
    return retiring.restore(actor=actor, row=component, reason=reason, seen=seen)


def parameters_of(given: Mapping[str, str]) -> dict[str, str]:
    """Names and texts as they are kept; raises `Invalid`."""
    if len(given) > MOST_PARAMETERS:
        raise Invalid({"parameters": _("At most %(most)d values can be kept.") % {"most": MOST_PARAMETERS}})
    return {
        text_of(name, "parameters", limit=100): text_of(value, "parameters") for name, value in given.items()
    }


def _refuse_taken(application: Application, name: str, besides: int | None = None) -> None:
    taken = partial(_taken, application)
    refuse_same_name(Component, name, taken, besides=besides, application=application)


def _taken(application: Application, name: str) -> str:
    return _("%(application)s has a component %(name)s already.") % {"application": application, "name": name}
