"""Procedures as YAML: read with the line of each fault, written so that reading gives the same steps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Team
from releaseorch.catalog import deciding, yaml_text
from releaseorch.catalog.models import Procedure, ProcedureStep
from releaseorch.catalog.procedure_schema import SCHEMA
from releaseorch.catalog.services.procedures import ProcedureStepDraft, step_faults
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.errors import Invalid
from releaseorch.executors import registry, schema

MOST_FAULTS = 20
DEFAULTS = {one.name: one.default for one in fields(ProcedureStepDraft)} | {
    "after": [], "parameters": {}, "retry": {}, "decisions": {},
}  # fmt: skip
CHOICES = {
    "phase": Phase, "kind": StepKind, "effect_class": EffectClass, "reversible": Reversible, "downtime": Downtime,
}  # fmt: skip
Fault = tuple[str, str]  # dotted path, sentence


@dataclass(frozen=True)
class ProcedureDraft:
    """What a text says."""

    name: str
    steps: Sequence[ProcedureStepDraft]


def read(text: str) -> ProcedureDraft:
    """Raises `Invalid` under `text`, a sentence per fault that begins with its line. One query for the teams."""
    try:
        found = yaml_text.read(text)
    except yaml_text.Unreadable as wrong:
        raise Invalid({"text": _said(wrong.line, str(wrong))}) from wrong
    if found.value is None:
        raise Invalid({"text": _("Write the name of the procedure and its steps.")})
    faults = list(schema.problems(SCHEMA, found.value).items())
    if not faults:
        teams = {team.slug: team for team in Team.objects.filter(retired_at=None)}
        faults = list(_faults(found.value["steps"], teams))
    if not faults:
        steps = [_draft(step, teams) for step in found.value["steps"]]
        faults = [(f"steps.{place}", sentence) for place, sentence in step_faults(steps)]
    if faults:
        told = sorted((found.line_of(path), _worded(path, sentence)) for path, sentence in faults)
        raise Invalid({"text": [_said(line, sentence) for line, sentence in told[:MOST_FAULTS]]})
    return ProcedureDraft(found.value["name"], steps)


def read_version(procedure: Procedure, text: str) -> ProcedureDraft:
    """The text of the next version of `procedure`; raises `Invalid` also for another name."""
    draft = read(text)
    if draft.name != procedure.name:
        raise Invalid(
            {"text": _("This is the procedure %(name)s; another name is another procedure.")
             % {"name": procedure.name}}
        )  # fmt: skip
    return draft


def write(procedure: Procedure, steps: Iterable[ProcedureStep]) -> str:
    """The text of a procedure; what is as usual is left out."""
    return yaml_text.write(
        yaml_text.Block(name=procedure.name, steps=[yaml_text.Block(_as_said(step)) for step in steps])
    )


def _faults(steps: Sequence[dict[str, Any]], teams: dict[str, Team]) -> Iterable[Fault]:
    """What the schema can't say: which tools, teams and environments there are, and what each tool can be told."""
    kinds = registry.kinds()
    for place, step in enumerate(steps):
        path, tool = f"steps.{place}", step.get("executor", "")
        if step.get("team", "") not in {"", *teams}:
            yield f"{path}.team", _("There is no team %(team)s.") % {"team": step["team"]}
        if tool and tool not in kinds:
            said = {"tool": tool, "tools": ", ".join(kinds)}
            yield f"{path}.executor", _("There is no tool %(tool)s here. There are: %(tools)s.") % said
        elif tool:
            for name, sentence in _told_wrong(step, tool).items():
                yield f"{path}.parameters.{name}", sentence
        for slug in deciding.unknown_environments(step.get("decisions", {})):
            said = {"environment": slug}
            yield (
                f"{path}.decisions.environments.{slug}",
                _("There is no environment %(environment)s.") % said,
            )


def _told_wrong(step: dict[str, Any], tool: str) -> dict[str, str]:
    executor, parameters = registry.get(tool), step.get("parameters", {})
    return (
        executor.validate_connected(parameters) if step.get("connection") else executor.validate(parameters)
    )


def _draft(step: dict[str, Any], teams: dict[str, Team]) -> ProcedureStepDraft:
    said = {name: CHOICES[name](value) if name in CHOICES else value for name, value in step.items()}
    return ProcedureStepDraft(**{**said, "team": teams.get(said.get("team", ""))})


def _as_said(step: ProcedureStep) -> dict[str, Any]:
    values = {name: getattr(step, name) for name in DEFAULTS}
    values["team"] = step.team.slug if step.team is not None else None
    return {
        name: str(value) if name in CHOICES else value
        for name, value in values.items()
        if name in {"key", "title"} or value != DEFAULTS[name]
    }


def _worded(path: str, sentence: str) -> str:
    """The name of the field before its sentence; "steps.3" itself has none."""
    name = path.split(".", 2)[2] if path.count(".") >= 2 else path
    return sentence if path.count(".") == 1 else f"{name}: {sentence}"


def _said(line: int, sentence: str) -> str:
    return _("Line %(line)d: %(what)s") % {"line": line, "what": sentence} if line else sentence
