"""Add a step to a run under way: it is begun only when somebody else has approved the changed plan."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import ComponentVersion
from releaseorch.catalog.states import StepKind
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import editing, plan_changes, plan_edits, run_changes
from releaseorch.delivery.editing import StepRef
from releaseorch.delivery.models import PlanChange
from releaseorch.delivery.services.edit_plan import checked_parameters, checked_texts
from releaseorch.environments.models import Connection
from releaseorch.executors import registry
from releaseorch.runs import plans, progress
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanIn, PlanStep
from releaseorch.runs.services import additions
from releaseorch.runs.states import RunState

# A name that nothing fills in any more; `${step.output}` is filled when that step is over.
_UNFILLED = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


def fix_run_forward(
    *,
    actor: Person,
    run: DeploymentRun,
    title: str,
    reason: str,
    seen: int | None = None,
    before: Sequence[StepRef] = (),
    after: Sequence[StepRef] = (),
    instructions: str = "",
    team: Team | None = None,
    like: StepRef | None = None,
    executor: str = "",
    connection: str = "",
    parameters: Mapping[str, Any] | None = None,
    expected_s: int | None = None,
) -> DeploymentRun:
    """One step more for a paused run, behind `after` and in front of `before`, by hand unless something else is said.

    `like`: what another step of this run does by its procedure, once more. `executor`: a tool, with its parameters and
    the name of a connection of this environment. What is in `before` waits for it until it is done, declined or taken
    back. Raises `NotAllowed`, `Invalid`, `Conflict`.
    """
    run_changes.check(actor, "run.fix_forward", run, seen)
    said = reason_text(reason)
    with transaction.atomic():
        present = progress.locked(run.pk)
        if present.state != RunState.PAUSED:
            raise Conflict(
                _("%(run)s is %(state)s; a step is added while a run is paused.")
                % {"run": present, "state": present.get_state_display()}
            )
        if why_not := plan_changes.why_not_fix_forward(present, plan_changes.open_change(present)):
            raise NotAllowed(why_not)
        plan = plans.read_plan(present)
        texts = checked_texts(title=title, instructions=instructions, expected_s=expected_s or 600)
        step = _step(present, plan, texts, like, (executor, connection, parameters))
        step = replace(
            step,
            key=plan_edits.new_key(plan, [change.key for change in plan_changes.changes_of(run)]),
            team_id=team.pk if team is not None else step.team_id,
            expected_s=expected_s if expected_s is not None else step.expected_s,
            added_because=said[:300],
        )
        place = (editing.keys_of(before), editing.keys_of(after))
        _add(actor, run, plan, step, place, editing.key_of(like) if like is not None else "", said)
    return run


def _add(
    actor: Person,
    run: DeploymentRun,
    plan: PlanIn,
    step: PlanStep,
    place: tuple[list[str], list[str]],
    like: str,
    reason: str,
) -> None:
    before, after = place
    for key in (*before, *after):
        plan_edits.step_named(plan, key)
    step, links = plan_edits.with_step(plan, step, before, after, reason)
    rows = {row.key: row for row in run.steps.all()}
    row = additions.add_proposed_step(
        run, step, before=[rows[key] for key in before], after=[rows[key] for key in after], why=reason
    )
    change = PlanChange(
        run=run,
        round=plan_changes.next_round(run),
        key=row.key,
        title=row.title,
        content={**plans.signed(step), "before": before, "after": after, "like": like},
        before_digest=run.plan_digest,
        digest=plans.addition_digest(run.plan_digest, step, [(link.before, link.after) for link in links]),
        reason=reason,
        proposed_by=actor,
    )
    change.save()
    run.save(update_fields=[])
    additions.say_waits(run, row)
    run_changes.tell_run(
        actor=actor,
        verb="run.fixed_forward",
        run=run,
        before={"plan": change.before_digest},
        after={"plan": change.digest, "round": change.round, "number": row.number, "added": change.content},
        reason=reason,
    )


def _step(
    run: DeploymentRun,
    plan: PlanIn,
    texts: Mapping[str, Any],
    like: StepRef | None,
    tool: tuple[str, str, Mapping[str, Any] | None],
) -> PlanStep:
    """By hand, like another step, or by a tool: one of the three."""
    executor, connection, parameters = tool
    if like is not None:
        if executor:
            raise Invalid({"executor": _("Name a tool, or a step that it is like; not both.")})
        return _again(plan_edits.step_named(plan, editing.key_of(like)), texts)
    if not executor:
        if parameters or connection:
            raise Invalid({"executor": _("Say which tool takes these.")})
        return PlanStep(key="", kind=StepKind.MANUAL.value, **texts)
    return PlanStep(
        key="",
        title=texts["title"],
        instructions=texts["instructions"],
        kind=StepKind.AUTOMATED.value,
        executor=executor,
        connection=connection,
        parameters=_checked(run, executor, connection, parameters or {}),
    )


def _again(model: PlanStep, texts: Mapping[str, Any]) -> PlanStep:
    """As its procedure has it: the same tool, inputs, component, version and target."""
    if model.kind != StepKind.AUTOMATED:
        raise Invalid(
            {"like": _("“%(step)s” is done by hand; say what is to be done.") % {"step": model.title}}
        )
    version = ComponentVersion.objects.filter(pk=model.version_id or 0).first()
    if version is not None and version.is_blocked:
        said = {"version": version, "reason": version.blocked_reason}
        raise NotAllowed(_("%(version)s is blocked: %(reason)s") % said)
    instructions = texts["instructions"] or model.instructions
    return replace(model, title=texts["title"], instructions=instructions, not_needed_because="")


def _checked(
    run: DeploymentRun, executor: str, connection: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """What the tool is told, as it takes it; raises `Invalid` by dotted path."""
    if executor not in registry.kinds():
        said = {"tool": executor, "tools": ", ".join(registry.kinds())}
        raise Invalid({"executor": _("There is no tool %(tool)s here. There are: %(tools)s.") % said})
    here = Connection.objects.filter(environment=run.environment_id, name=connection, kind=executor)
    if connection and not here.exists():
        there = {"name": connection, "tool": executor, "environment": run.environment}
        raise Invalid({"connection": _("%(environment)s has no connection %(name)s for %(tool)s.") % there})
    told = checked_parameters(executor, parameters)
    tool = registry.get(executor)
    wrong = tool.validate_connected(told) if connection else tool.validate(told)
    if wrong:
        raise Invalid({f"parameters.{path}": sentence for path, sentence in wrong.items()})
    if unfilled := _UNFILLED.search(str(told)):
        raise Invalid(
            {"parameters": _("Nothing fills in %(name)s here; write the value.") % {"name": unfilled.group()}}
        )
    return told
