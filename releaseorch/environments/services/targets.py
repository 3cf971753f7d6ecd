"""Make, edit and retire targets, and say which component runs on which."""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.catalog.models import Component
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert, reason_text, refuse_same_name
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Conflict
from releaseorch.environments import at_once, holders, inventory
from releaseorch.environments.models import Environment, Installation, Placement, Target
from releaseorch.environments.services.parameters import checked
from releaseorch.environments.services.places import hold_in_use
from releaseorch.environments.states import SourceKind

TOPICS = ("inventory",)


class TargetChanges(TypedDict, total=False):
    """What may be edited of a target."""

    name: str
    kind: str
    steps_at_once: int | None
    parameters: Mapping[str, str]


class PlacementChanges(TypedDict, total=False):
    """What may be edited of a placement."""

    order: int
    group: str


def create_target(
    *,
    actor: Person,
    environment: Environment,
    name: str,
    kind: str = "",
    steps_at_once: int | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Target:
    """A server, cluster or device. Raises `NotAllowed`, `Invalid`."""
    _require(actor, environment.pk)
    _refuse_taken(environment, name)
    made = cleaned(
        Target(
            environment=environment, name=name, kind=kind, steps_at_once=steps_at_once,
            parameters=checked(parameters or {}),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _taken(environment, made.name))
        hold_in_use(environment)
        events.record(
            actor=actor,
            verb="target.created",
            subject=made,
            after={"environment": environment.name},
            topics=TOPICS,
        )
    return made


def edit_target(
    *, actor: Person, target: Target, seen: int | None = None, **changes: Unpack[TargetChanges]
) -> Target:
    """Change what is given. Raises `NotAllowed`, `Conflict` for a retired one, `Invalid`."""
    _require(actor, target.environment_id)
    _refuse_retired(target)
    if "name" in changes:
        _refuse_taken(target.environment, changes["name"], besides=target.pk)
    if "parameters" in changes:
        changes["parameters"] = checked(changes["parameters"])
    with at_once.following(target.environment_id, "steps_at_once" in changes):
        return edits.edit_row(actor=actor, row=target, seen=seen, values=changes, topics=TOPICS)


def retire_target(*, actor: Person, target: Target, reason: str, seen: int | None = None) -> Target:
    """It is gone: nothing is placed or installed on it any more, its history stays, its name is free again.

    Raises `NotAllowed`, `Invalid`, and `Conflict` that names the runs which still count on it.
    """
    _require(actor, target.environment_id)
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(target, seen)
        _refuse_retired(fresh)
        held = holders.sentences(fresh)
        if held:
            raise Conflict(" ".join(held))
        placed = Placement.objects.filter(target=fresh).select_related("component")
        for placement in list(placed):
            _remove(actor, placement)
        for row in Installation.objects.filter(target=fresh, until=None).select_related("component"):
            inventory.uninstall(
                actor=actor, component=row.component, environment=fresh.environment, target=fresh,
                source_kind=SourceKind.HAND, source_id=actor.pk, source_name=actor.name,
            )  # fmt: skip
        return edits.edit_row(
            actor=actor, row=fresh, seen=None, verb="retired", reason=why, topics=TOPICS,
            values={"retired_at": clock.now(), "retired_reason": why},
        )  # fmt: skip


def create_placement(
    *, actor: Person, component: Component, target: Target, order: int = 0, group: str = ""
) -> Placement:
    """The component runs on the target; `order` is its turn, neighbours of one `group` are deployed together.

    Raises `NotAllowed`, `Conflict` for a retired target, `Invalid`.
    """
    _require(actor, target.environment_id)
    made = cleaned(
        Placement(
            component=component, environment_id=target.environment_id, target=target, order=order, group=group
        )
    )
    with transaction.atomic():
        insert(made, "component", _("%(component)s is on %(target)s already.")
               % {"component": component, "target": target})  # fmt: skip
        hold_references()  # a retirement that is under way ends first
        _refuse_retired(Target.objects.get(pk=target.pk))
        events.record(actor=actor, verb="placement.created", subject=made, after=_said(made), topics=TOPICS)
    return made


def edit_placement(
    *, actor: Person, placement: Placement, seen: int | None = None, **changes: Unpack[PlacementChanges]
) -> Placement:
    """Another turn or group; later plans go by it. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    _require(actor, placement.environment_id)
    return edits.edit_row(actor=actor, row=placement, seen=seen, values=changes, topics=TOPICS)


def remove_placement(*, actor: Person, placement: Placement, seen: int | None = None) -> Placement:
    """Later plans don't deploy the component there; what is installed stays. Raises `NotAllowed`, `Conflict`."""
    _require(actor, placement.environment_id)
    with transaction.atomic():
        fresh = edits.locked(placement, seen)
        _remove(actor, fresh)
    return placement


def _remove(actor: Person, placement: Placement) -> None:
    events.record(
        actor=actor, verb="placement.removed", subject=placement, before=_said(placement), topics=TOPICS
    )
    Placement.objects.filter(pk=placement.pk).delete()


def _said(placement: Placement) -> dict[str, object]:
    said: dict[str, object] = {"order": placement.order}
    return said | {"group": placement.group} if placement.group else said


def _require(actor: Person, environment_id: int) -> None:
    policy.require(actor, "environment.edit", Scope.of(environment=environment_id))


def _refuse_retired(target: Target) -> None:
    if target.retired_at is not None:
        raise Conflict(_("%(target)s is retired.") % {"target": target})


def _refuse_taken(environment: Environment, name: str, besides: int | None = None) -> None:
    refuse_same_name(
        Target, name, lambda known: _taken(environment, known), besides=besides,
        environment=environment, retired_at=None,
    )  # fmt: skip


def _taken(environment: Environment, name: str) -> str:
    return _("%(environment)s has a target %(name)s already.") % {"environment": environment, "name": name}
