"""Change the computed plan of a draft: steps added, removed, moved, linked and edited, each with its reason."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.states import StepKind
from releaseorch.core.checked import cleaned, text_of
from releaseorch.core.errors import Invalid
from releaseorch.delivery import editing, plan_edits
from releaseorch.delivery.content import LONGEST_STEP
from releaseorch.delivery.drafts import UNSET, Unset
from releaseorch.delivery.editing import StepRef
from releaseorch.delivery.states import EditKind
from releaseorch.executors import registry, schema
from releaseorch.runs.models import DeploymentRun, Step

LONGEST_PARAMETERS = 100_000


def add_step(
    *,
    actor: Person,
    run: DeploymentRun,
    title: str,
    reason: str,
    seen: int | None = None,
    instructions: str = "",
    team: Team | None = None,
    before: Sequence[StepRef] = (),
    after: Sequence[StepRef] = (),
    expected_s: int = 600,
) -> DeploymentRun:
    """Add a manual step in front of and behind other steps (rows or keys); without any it may begin at once.

    Raises `Invalid` naming the cycle when the steps would wait for each other.
    """
    plan = editing.check(actor, run, seen)
    for key in editing.keys_of([*before, *after]):
        plan_edits.step_named(plan, key)
    payload = {
        "key": plan_edits.new_key(plan),
        **checked_texts(title=title, instructions=instructions, expected_s=expected_s),
        "team_id": team.pk if team else None,
        "before": editing.keys_of(before),
        "after": editing.keys_of(after),
    }
    return editing.make(
        actor=actor,
        run=run,
        plan=plan,
        kind=EditKind.ADD_STEP,
        payload=payload,
        summary=_("Added “%(step)s”") % {"step": payload["title"]},
        reason=reason,
    )


def remove_step(
    *, actor: Person, run: DeploymentRun, step: StepRef, reason: str, seen: int | None = None
) -> DeploymentRun:
    """Take a step out of the plan; what stood before it stays before what stood after it.

    Raises `NotAllowed` when it is the last step of a request.
    """
    plan = editing.check(actor, run, seen)
    found = plan_edits.step_named(plan, editing.key_of(step))
    return editing.make(
        actor=actor,
        run=run,
        plan=plan,
        kind=EditKind.REMOVE_STEP,
        payload={"step": found.key},
        summary=_("Removed “%(step)s”") % {"step": found.title},
        reason=reason,
    )


def move_step(
    *,
    actor: Person,
    run: DeploymentRun,
    step: StepRef,
    reason: str,
    seen: int | None = None,
    before: Sequence[StepRef] = (),
    after: Sequence[StepRef] = (),
) -> DeploymentRun:
    """Put a manual step somewhere else; its present links are left behind."""
    plan = editing.check(actor, run, seen)
    found = plan_edits.step_named(plan, editing.key_of(step))
    for key in editing.keys_of([*before, *after]):
        plan_edits.step_named(plan, key)
    return editing.make(
        actor=actor,
        run=run,
        plan=plan,
        kind=EditKind.MOVE_STEP,
        payload={"step": found.key, "before": editing.keys_of(before), "after": editing.keys_of(after)},
        summary=_("Moved “%(step)s”") % {"step": found.title},
        reason=reason,
    )


def add_link(
    *,
    actor: Person,
    run: DeploymentRun,
    before: StepRef,
    after: StepRef,
    reason: str,
    seen: int | None = None,
) -> DeploymentRun:
    """Let `after` wait for `before`."""
    return _link(actor, run, seen, EditKind.ADD_LINK, before, after, reason)


def remove_link(
    *,
    actor: Person,
    run: DeploymentRun,
    before: StepRef,
    after: StepRef,
    reason: str,
    seen: int | None = None,
) -> DeploymentRun:
    """Let `after` no longer wait for `before` directly."""
    return _link(actor, run, seen, EditKind.REMOVE_LINK, before, after, reason)


def edit_step(
    *,
    actor: Person,
    run: DeploymentRun,
    step: StepRef,
    reason: str,
    seen: int | None = None,
    title: str | Unset = UNSET,
    instructions: str | Unset = UNSET,
    parameters: Mapping[str, Any] | Unset = UNSET,
    team: Team | Unset | None = UNSET,
    expected_s: int | Unset = UNSET,
) -> DeploymentRun:
    """Change what is given; parameters replace the whole set of an automated step."""
    plan = editing.check(actor, run, seen)
    found = plan_edits.step_named(plan, editing.key_of(step))
    given = {"title": title, "instructions": instructions, "expected_s": expected_s}
    changes = checked_texts(**{name: value for name, value in given.items() if not isinstance(value, Unset)})
    if not isinstance(parameters, Unset):
        changes["parameters"] = checked_parameters(found.executor, parameters)
    if not isinstance(team, Unset):
        changes["team_id"] = team.pk if team else None
    if not changes:
        raise Invalid({"": _("Nothing was changed.")})
    return editing.make(
        actor=actor,
        run=run,
        plan=plan,
        kind=EditKind.EDIT_STEP,
        payload={"step": found.key, "changes": changes},
        summary=_("Edited “%(step)s”: %(what)s") % {"step": found.title, "what": ", ".join(sorted(changes))},
        reason=reason,
    )


def _link(
    actor: Person,
    run: DeploymentRun,
    seen: int | None,
    kind: EditKind,
    before: StepRef,
    after: StepRef,
    reason: str,
) -> DeploymentRun:
    plan = editing.check(actor, run, seen)
    first = plan_edits.step_named(plan, editing.key_of(before))
    second = plan_edits.step_named(plan, editing.key_of(after))
    summaries = {
        EditKind.ADD_LINK: _("“%(after)s” waits for “%(before)s”"),
        EditKind.REMOVE_LINK: _("“%(after)s” no longer waits for “%(before)s”"),
    }
    return editing.make(
        actor=actor,
        run=run,
        plan=plan,
        kind=kind,
        payload={"before": first.key, "after": second.key},
        summary=summaries[kind] % {"before": first.title, "after": second.title},
        reason=reason,
    )


def checked_texts(**values: Any) -> dict[str, Any]:
    """What was typed, checked as the columns of a step; raises `Invalid` by field."""
    row = Step(kind=StepKind.MANUAL, **values)
    unused = (field.name for field in Step._meta.concrete_fields if field.name not in values)
    cleaned(row, *unused)
    if not 0 <= row.expected_s <= LONGEST_STEP:
        raise Invalid({"expected_s": _("A step lasts between 0 and 7 days.")})
    return {name: getattr(row, name) for name in values}


def checked_parameters(kind: str, parameters: object) -> dict[str, Any]:
    """Parameters as the step's executor takes them; raises `Invalid` by dotted path."""
    if not isinstance(parameters, Mapping) or not all(isinstance(name, str) for name in parameters):
        raise Invalid({"parameters": _("Parameters are a set of named values.")})
    _refuse_unstorable(parameters)
    try:
        expected = registry.get(kind).config_schema
    except registry.UnknownKind:
        return dict(parameters)
    wrong = schema.problems(expected, dict(parameters))
    if wrong:
        raise Invalid({f"parameters.{path}": sentence for path, sentence in wrong.items()})
    return dict(parameters)


def _refuse_unstorable(parameters: Mapping[str, Any]) -> None:
    """What no database keeps as JSON: NaN, NUL, lone surrogates, things that aren't JSON, or far too much of it."""
    try:
        text = json.dumps(dict(parameters), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise Invalid({"parameters": _("These parameters can't be kept as JSON.")}) from wrong
    if "\\u0000" in text:
        raise Invalid(
            {"parameters": _("This text holds a control character (U+0000). Take it out and try again.")}
        )
    text_of(text, "parameters", limit=LONGEST_PARAMETERS)
