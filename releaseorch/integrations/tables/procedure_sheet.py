"""Procedures: a row per step, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.catalog import deciding
from releaseorch.catalog.models import Procedure, ProcedureStep
from releaseorch.catalog.services.procedures import ProcedureStepDraft, step_faults
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.fields import name_key
from releaseorch.environments.models import Environment
from releaseorch.executors import registry
from releaseorch.integrations.tables.cells import NAMES, YAML, YES_NO, Choice, Whole
from releaseorch.integrations.tables.people_sheets import TEAMS
from releaseorch.integrations.tables.sheet import Column, Line, Plan, Sheet, Values, check
from releaseorch.integrations.tables.world import Consequence, Names, World, Wrong

OWN = ("name", "version")
Fault = dict[str, str]


class Procedures(Sheet):
    """A version never changes; without a version, the rows are the newest one or the next."""

    title, model = "Procedures", Procedure
    columns = (
        Column("Procedure", "name", needed=True),
        Column("Version", "version", Whole(None)),
        Column("Step", "key", needed=True),
        Column("Title", "title", needed=True),
        Column("Phase", "phase", Choice(Phase, Phase.DEPLOY)),
        Column("Kind", "kind", Choice(StepKind, StepKind.AUTOMATED)),
        Column("Tool", "executor"),
        Column("Connection", "connection"),
        Column("Parameters", "parameters", YAML),
        Column("Instructions", "instructions"),
        Column("After", "after", NAMES),
        Column("Team", "team"),
        Column("Per target", "per_target", YES_NO),
        Column("Installs", "installs", YES_NO),
        Column("Effect class", "effect_class", Choice(EffectClass, EffectClass.UNSAFE)),
        Column("Reversible", "reversible", Choice(Reversible, Reversible.YES)),
        Column("Downtime", "downtime", Choice(Downtime, Downtime.NONE)),
        Column("Time limit in s", "timeout_s", Whole(1800)),
        Column("Silence limit in s", "silence_s", Whole(None)),
        Column("Decide within s", "decide_within_s", Whole(None)),
        Column("Expected in s", "expected_s", Whole(60)),
        Column("Retry", "retry", YAML),
        Column("Decisions", "decisions", YAML),
    )

    def told(self) -> Iterable[Values]:
        for row in Procedure.objects.prefetch_related("steps__team").order_by("name", "version"):
            for step in row.steps.all():
                values = {column.field: getattr(step, column.field) for column in self.columns[2:]}
                team = step.team.name if step.team else ""
                yield {**values, "name": row.name, "version": row.version, "team": team}

    def present(self) -> Iterable[tuple[Names, Any]]:
        rows = Procedure.objects.prefetch_related("steps__team")
        return (((row.name, str(row.version)), row) for row in rows)

    def owner_of(self, join: Any) -> Any:
        return join.procedure

    def folded_name(self, name: str) -> str:
        return name_key(name)

    def plan(self, lines: Iterable[Line], world: World) -> Plan:
        plan = Plan(self)
        groups: dict[tuple[str, int | None], list[Line]] = {}
        for line in lines:
            groups.setdefault((name_key(line.values["name"]), line.values.get("version")), []).append(line)
        for (key, version), steps in groups.items():
            versions = {int(known[1]): row for known, row in world.things(self).items() if known[0] == key}
            try:
                self._plan_group(key, version, steps, versions, world, plan)
            except Wrong as wrong:
                plan.problems += self.problems(steps[0].number, wrong.sentences)
                world.refuse(self, (key, str(version or max(versions, default=0) + 1)))
        return plan

    def _plan_group(
        self,
        key: str,
        version: int | None,
        steps: list[Line],
        versions: Mapping[int, Procedure],
        world: World,
        plan: Plan,
    ) -> None:
        name = self._one_name(steps)
        rows = self._steps(steps, world, plan)
        newest = max(versions, default=0)
        present = versions.get(version or newest)
        if present is not None and present.name != name:
            said = {"name": name, "known": present.name}
            raise Wrong({"name": _("%(name)s looks like %(known)s, which is there already.") % said})
        if present is not None and self._told(present.steps.all()) == self._told(rows):
            plan.unchanged += 1
            return
        if present is not None and version is not None:
            told = {"name": present, "next": newest + 1}
            raise Wrong({"version": _("%(name)s has other steps here, and a version never changes. "
                                      "Call these %(next)d.") % told})  # fmt: skip
        number = version or newest + 1
        made = check(Procedure(name=name, version=number, created_at=world.moment))
        world.things(self)[key, str(number)] = made
        plan.new.append(made)
        for step in rows:
            step.procedure = made
        plan.joins += rows

    def _one_name(self, steps: list[Line]) -> str:
        names = {line.values["name"] for line in steps}
        if len(names) > 1:
            said = _("%(names)s look the same; write the name in one way.")
            raise Wrong({"name": said % {"names": ", ".join(sorted(names))}})
        return str(names.pop())

    def _steps(self, lines: list[Line], world: World, plan: Plan) -> list[ProcedureStep]:
        """The steps with their positions; raises `Consequence` when one of them can't be taken."""
        refused, rows, drafts = False, [], []
        for position, line in enumerate(lines, start=1):
            values = {name: value for name, value in line.values.items() if name not in OWN}
            try:
                values["team"] = world.optional(TEAMS, "team", values.get("team", ""))
                faults = _tool_faults(values) or _place_faults(values, world)
                if faults:
                    raise Wrong(faults)
                values["after"] = list(values.get("after", ()))
                drafts.append(ProcedureStepDraft(**values))
                rows.append(check(ProcedureStep(position=position, **vars(drafts[-1]))))
            except Wrong as wrong:
                refused = True
                plan.problems += self.problems(line.number, wrong.sentences)
        for place, sentence in [] if refused else step_faults(drafts):
            refused = True
            plan.problems += self.problems(lines[place].number, {"": sentence})
        if refused:
            raise Consequence
        return rows

    def _told(self, steps: Iterable[ProcedureStep]) -> list[list[str]]:
        return [
            [column.cell.write(_named(getattr(step, column.field))) for column in self.columns[2:]]
            for step in steps
        ]


def _named(value: Any) -> Any:
    return value if not hasattr(value, "pk") else value.name


def _tool_faults(values: Mapping[str, Any]) -> Fault:
    """What each tool can't be told; a tool that isn't here either."""
    tool = values.get("executor", "")
    if not tool:
        return {}
    if tool not in registry.kinds():
        said = {"tool": tool, "tools": ", ".join(registry.kinds())}
        return {"executor": _("There is no tool %(tool)s here. There are: %(tools)s.") % said}
    executor, told = registry.get(tool), values.get("parameters", {})
    found = executor.validate_connected(told) if values.get("connection") else executor.validate(told)
    return {"parameters": "; ".join(f"{name}: {said}" for name, said in found.items())} if found else {}


def _place_faults(values: Mapping[str, Any], world: World) -> Fault:
    """Environments in which other decisions are allowed, and that are neither here nor in the tables."""
    said = values.get("decisions", {})
    unknown = deciding.unknown_environments(said, world.slugs(Environment)) if said else []
    sentence = _("There is no environment %(environment)s.")
    return {"decisions": " ".join(sentence % {"environment": slug} for slug in unknown)} if unknown else {}


PROCEDURES = Procedures()
