"""The forms that change one step of a draft's plan, as actions that the page draws."""

import json
from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Team
from releaseorch.core.actions import Action, Field
from releaseorch.core.choosing import few_of
from releaseorch.delivery.plan_views import PlanView, StepLine
from releaseorch.runs.models import DeploymentRun

Choices = tuple[tuple[str, str], ...]


def with_team_and_time(action: Action) -> Action:
    """The form for a new manual step also asks who does it and how long it takes."""
    more = (
        _team_field(),
        Field("minutes", _("Minutes expected"), "10", kind="number"),
    )
    return replace(action, fields=(*action.fields, *more))


def forms_of(run: DeploymentRun, plan: PlanView, line: StepLine, why_not: str) -> list[Action]:
    """Every edit of this step: change it, move it (by hand only), link it, unlink it, remove it."""
    others = [one for one in plan.needed_steps if one.key != line.key]
    found = [_edit(run, line), *([_move(run, line, others)] if line.is_manual else [])]
    if line.is_needed:
        found.append(_link(run, line, others))
    found += [_unlink(run, line)] if line.waits_for else []
    found.append(_action(run, "remove_step", _("Remove it"), (_step(line),)))
    return [replace(action, allowed=not why_not, why_not=why_not) for action in found]


def _edit(run: DeploymentRun, line: StepLine) -> Action:
    minutes = str(round(line.expected_s / 60)) if line.expected_s % 60 == 0 else ""
    fields = [_step(line), Field("title", _("What is to be done?"), line.title, kind="text", required=True)]
    if line.is_manual:
        fields.append(Field("instructions", _("Instructions"), line.instructions, kind="textarea"))
    else:
        parameters = json.dumps(dict(line.parameters), indent=1, ensure_ascii=False)
        fields.append(Field("parameters", _("Parameters"), parameters, kind="textarea", help=_("As JSON.")))
    fields.append(Field("minutes", _("Minutes expected"), minutes, kind="number"))
    return _action(run, "edit_step", _("Change it"), fields)


def _move(run: DeploymentRun, line: StepLine, others: Iterable[StepLine]) -> Action:
    choices = _choices(others, _("no step"))
    return _action(
        run, "move_step", _("Move it"),
        (_step(line), Field("after", _("After"), kind="select", choices=choices),
         Field("before", _("Before"), kind="select", choices=choices)),
        _("Its present place is left behind."),
    )  # fmt: skip


def _link(run: DeploymentRun, line: StepLine, others: Iterable[StepLine]) -> Action:
    standing = {wait.key for wait in line.waits_for}
    choices = _choices((one for one in others if one.key not in standing), _("choose a step"))
    other = Field("before", _("Waits for"), kind="select", required=True, choices=choices)
    return _action(
        run, "add_link", _("Let it wait for another step"), (Field("after", value=line.key), other)
    )


def _unlink(run: DeploymentRun, line: StepLine) -> Action:
    choices = tuple((wait.key, f"{wait.number} · {wait.title}") for wait in line.waits_for)
    other = Field("before", _("No longer for"), kind="select", required=True, choices=choices)
    return _action(run, "remove_link", _("Don’t let it wait"), (Field("after", value=line.key), other))


def _action(
    run: DeploymentRun, verb: str, label: str, fields: Iterable[Field], consequence: str = ""
) -> Action:
    return Action(
        verb, label, f"/runs/{run.pk}/{verb.replace('_', '-')}", True, needs_reason=True, fields=tuple(fields),
        version=run.row_version, consequence=consequence,
    )  # fmt: skip


def _step(line: StepLine) -> Field:
    return Field("step", value=line.key)


def _choices(lines: Iterable[StepLine], nothing: str) -> Choices:
    return (("", nothing), *((line.key, f"{line.number} · {line.title}") for line in lines))


def _team_field() -> Field:
    """A select while they are few, else a field for the name; one query."""
    few = few_of(Team.objects.filter(retired_at=None))
    if few is None:
        said = _("Its name. Left empty: whoever operates.")
        return Field("team", _("Team"), kind="text", help=said)
    choices = (("", _("whoever operates")), *((str(pk), name) for pk, name in few))
    return Field("team", _("Team"), kind="select", choices=choices)
