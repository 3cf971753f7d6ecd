"""Say which component needs which, without a cycle."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.catalog.models import (
    Component,
    ComponentDependency,
)
from releaseorch.catalog.services.rights import scope_of
from releaseorch.catalog.states import Need
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Conflict, Invalid


def add_dependency(
    *, actor: Person, component: Component, needs: Component, reason: Need = Need.DEPLOY_BEFORE
) -> Component:
    """`component` needs `needs`. Raises `NotAllowed`, `Conflict` when it is known, `Invalid` that names a cycle."""
    policy.require(actor, "application.edit", scope_of(component.application))
    with transaction.atomic():
        # One lock for the whole graph: two links that are fine alone may close a cycle together.
        Component.objects.select_for_update().order_by("pk").first()
        cycle = _way(needs, component)
        if cycle:
            raise Invalid(
                {
                    "needs": _("This would be a cycle: %(cycle)s.")
                    % {"cycle": " → ".join([str(component), *cycle])}
                }
            )
        try:
            with transaction.atomic():
                ComponentDependency.objects.create(component=component, needs=needs, reason=reason)
        except IntegrityError as clash:
            raise Conflict(
                _("%(component)s needs %(needs)s already.") % {"component": component, "needs": needs}
            ) from clash
        _refuse_retired(component, needs)
        events.record(
            actor=actor, verb="component.dependency_added", subject=component,
            after={"needs": needs.name, "reason": str(reason)},
        )  # fmt: skip
    return component


def remove_dependency(*, actor: Person, component: Component, needs: Component) -> Component:
    """`component` doesn't need `needs` any more. Raises `NotAllowed`, `Conflict` when it didn't."""
    policy.require(actor, "application.edit", scope_of(component.application))
    with transaction.atomic():
        gone, _rows = ComponentDependency.objects.filter(component=component, needs=needs).delete()
        if not gone:
            raise Conflict(
                _("%(component)s doesn't need %(needs)s.") % {"component": component, "needs": needs}
            )
        events.record(
            actor=actor, verb="component.dependency_removed", subject=component, before={"needs": needs.name}
        )
    return component


def _refuse_retired(*components: Component) -> None:
    """Asked after the link was written: its foreign keys wait for a retirement that is under way. One query."""
    hold_references()
    ids = [component.pk for component in components]
    retired = Component.objects.filter(pk__in=ids, retired_at__isnull=False).order_by("pk").first()
    if retired is not None:
        raise Invalid({"needs": _("%(component)s is retired.") % {"component": retired}})


def _way(start: Component, goal: Component) -> list[str]:
    """Names on the way along dependencies from `start` to `goal`, both included; empty when there is none."""
    edges: dict[int, list[int]] = {}
    for source, target in ComponentDependency.objects.values_list("component_id", "needs_id"):
        edges.setdefault(source, []).append(target)
    came_from: dict[int, int | None] = {start.pk: None}
    waiting = [start.pk]
    while waiting and goal.pk not in came_from:
        here = waiting.pop(0)
        for target in edges.get(here, []):
            if target not in came_from:
                came_from[target] = here
                waiting.append(target)
    if goal.pk not in came_from:
        return []
    way: list[int] = []
    step: int | None = goal.pk
    while step is not None:
        way.insert(0, step)
        step = came_from[step]
    names = dict(Component.objects.filter(pk__in=way).values_list("pk", "name"))
    return [names[pk] for pk in way]
