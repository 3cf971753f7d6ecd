"""The verbs of the catalog: applications, components, dependencies, procedures and versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Downtime, EffectClass, Level, Need, Phase, Reversible, StepKind
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert, reason_text
from releaseorch.core.errors import Conflict, Invalid


def scope_of(application: Application) -> Scope:
    return Scope.of(teams=[application.team_id], application=application.pk)


def create_application(
    *,
    actor: Person,
    name: str,
    team: Team,
    slug: str = "",
    contact: str = "",
    criticality: str = "",
    runbook_url: str = "",
    level: Level = Level.TRAIN,
    tags: Sequence[str] = (),
) -> Application:
    """Raises `NotAllowed`, or `Invalid` also for a name that is taken."""
    policy.require(actor, "application.edit", Scope.of(teams=[team.pk]))
    made = cleaned(
        Application(
            name=name, slug=slug or slugify(name), team=team, contact=contact, criticality=criticality,
            runbook_url=runbook_url, level=level, tags=list(tags),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _("There is an application %(name)s already.") % {"name": made.name})
        events.record(actor=actor, verb="application.created", subject=made, after={"team": team.name})
    return made


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
    made = cleaned(
        Component(
            application=application, name=name, kind=kind, procedure=procedure, parameters=dict(parameters or {})
        )
    )
    with transaction.atomic():
        insert(made, "name", _("%(application)s has a component %(name)s already.")
                % {"application": application, "name": made.name})
        events.record(
            actor=actor, verb="component.created", subject=made, after={"application": application.name}
        )
    return made


@dataclass(frozen=True, kw_only=True)
class ProcedureStepDraft:
    """One step of a procedure; `after` names keys of steps before it. Times in seconds."""

    key: str
    title: str
    phase: Phase = Phase.DEPLOY
    kind: StepKind = StepKind.AUTOMATED
    executor: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    after: Sequence[str] = ()
    team: Team | None = None
    per_target: bool = False
    installs: bool = False
    effect_class: EffectClass = EffectClass.UNSAFE
    reversible: Reversible = Reversible.YES
    downtime: Downtime = Downtime.NONE
    timeout_s: int = 1800
    silence_s: int | None = None
    expected_s: int = 60


def create_procedure(*, actor: Person, name: str, steps: Sequence[ProcedureStepDraft]) -> Procedure:
    """The next version of the procedure `name`; versions never change. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    policy.require(actor, "application.edit")
    _check_steps(steps)
    last = Procedure.objects.filter(name=name).aggregate(models.Max("version"))["version__max"] or 0
    made = cleaned(Procedure(name=name, version=last + 1))
    with transaction.atomic():
        insert(made, "name", _("Somebody else has just made this version; try again."))
        ProcedureStep.objects.bulk_create(
            cleaned(
                ProcedureStep(
                    procedure=made,
                    position=position,
                    **{**vars(step), "after": list(step.after), "parameters": dict(step.parameters)},
                ),
                prefix=f"steps.{position}.",
            )
            for position, step in enumerate(steps, start=1)
        )
        events.record(
            actor=actor, verb="procedure.created", subject=made, after={"steps": [step.key for step in steps]}
        )
    return made


def _check_steps(steps: Sequence[ProcedureStepDraft]) -> None:
    if not steps:
        raise Invalid({"steps": _("A procedure has one step at least.")})
    seen: set[str] = set()
    for step in steps:
        if step.key in seen:
            raise Invalid({"steps": _("Two steps have the key %(key)s.") % {"key": step.key}})
        unknown = sorted(set(step.after) - seen)
        if unknown:
            raise Invalid({"steps": _("%(key)s comes after %(unknown)s, which is no step before it.")
                           % {"key": step.key, "unknown": ", ".join(unknown)}})
        if step.kind == StepKind.AUTOMATED and not step.executor:
            raise Invalid({"steps": _("%(key)s is automated and needs a tool.") % {"key": step.key}})
        seen.add(step.key)


def add_dependency(
    *, actor: Person, component: Component, needs: Component, reason: Need = Need.DEPLOY_BEFORE
) -> ComponentDependency:
    """`component` needs `needs`. Raises `NotAllowed`, `Conflict` when it is known, `Invalid` that names a cycle."""
    policy.require(actor, "application.edit", scope_of(component.application))
    with transaction.atomic():
        cycle = _way(needs, component)
        if cycle:
            raise Invalid(
                {"needs": _("This would be a cycle: %(cycle)s.") % {"cycle": " → ".join([str(component), *cycle])}}
            )
        try:
            with transaction.atomic():
                made = ComponentDependency.objects.create(component=component, needs=needs, reason=reason)
        except IntegrityError as clash:
            raise Conflict(
                _("%(component)s needs %(needs)s already.") % {"component": component, "needs": needs}
            ) from clash
        events.record(
            actor=actor, verb="component.dependency_added", subject=component,
            after={"needs": needs.name, "reason": str(reason)},
        )  # fmt: skip
    return made


def remove_dependency(*, actor: Person, component: Component, needs: Component) -> None:
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


def register_version(
    *,
    actor: Person,
    component: Component,
    text: str,
    artifact_uri: str = "",
    digest: str = "",
    commit: str = "",
    build_url: str = "",
    built_at: datetime | None = None,
) -> tuple[ComponentVersion, bool]:
    """Make a built artifact known; returns it and whether it is new.

    The same again changes nothing. Raises `NotAllowed`, `Invalid`, and `Conflict` for another digest or artifact
    under a version that is known: a version never changes.
    """
    policy.require(actor, "version.register", scope_of(component.application))
    made = cleaned(
        ComponentVersion(
            component=component, text=text, artifact_uri=artifact_uri, digest=digest, commit=commit,
            build_url=build_url, built_at=built_at,
        )
    )  # fmt: skip
    with transaction.atomic():
        known = ComponentVersion.objects.filter(component=component, text=made.text).first()
        if known is not None:
            return _the_same(known, made), False
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:  # another delivery of the same build was first
            return _the_same(ComponentVersion.objects.get(component=component, text=made.text), made), False
        events.record(
            actor=actor, verb="version.registered", subject=made,
            after={"component": component.name, "version": made.text, "digest": made.digest},
            topics=[f"component:{component.pk}"],
        )  # fmt: skip
    return made, True


def _the_same(known: ComponentVersion, again: ComponentVersion) -> ComponentVersion:
    if (known.digest, known.artifact_uri) != (again.digest, again.artifact_uri):
        raise Conflict(
            _("%(version)s is registered with another artifact (%(digest)s); a version never changes.")
            % {"version": known, "digest": known.digest or known.artifact_uri or _("without digest")}
        )
    return known


def block_version(*, actor: Person, version: ComponentVersion, reason: str) -> ComponentVersion:
    """Nobody deploys it from now on. Raises `NotAllowed`, `Invalid` without a reason, `Conflict` when it is blocked."""
    reason = reason_text(reason)
    policy.require(actor, "version.block", scope_of(version.component.application))
    values = {"blocked_at": clock.now(), "blocked_reason": reason, "blocked_by": actor}
    with transaction.atomic():
        if not ComponentVersion.objects.filter(pk=version.pk, blocked_at=None).update(**values):
            raise Conflict(_("%(version)s is blocked already.") % {"version": version})
        version.refresh_from_db()
        events.record(
            actor=actor, verb="version.blocked", subject=version, reason=reason, topics=["requests", "work"]
        )
    return version


def unblock_version(*, actor: Person, version: ComponentVersion, reason: str) -> ComponentVersion:
    """It may be deployed again. Raises `NotAllowed`, `Invalid` without a reason, `Conflict` when it isn't blocked."""
    reason = reason_text(reason)
    policy.require(actor, "version.block", scope_of(version.component.application))
    before = {"reason": version.blocked_reason}
    with transaction.atomic():
        open_now = ComponentVersion.objects.filter(pk=version.pk, blocked_at__isnull=False)
        if not open_now.update(blocked_at=None, blocked_reason="", blocked_by=None):
            raise Conflict(_("%(version)s isn't blocked.") % {"version": version})
        version.refresh_from_db()
        events.record(
            actor=actor, verb="version.unblocked", subject=version, before=before, reason=reason,
            topics=["requests", "work"],
        )  # fmt: skip
    return version
