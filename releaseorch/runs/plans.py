"""The plan of a run as plain data, and as rows: written while the run is a draft, read at any time."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from releaseorch.catalog.models import ComponentVersion
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core.errors import Conflict
from releaseorch.runs import graph
from releaseorch.runs.models import DeploymentRun, RunTarget, Step, StepLink
from releaseorch.runs.states import RunState, StepState


@dataclass(frozen=True, kw_only=True)
class PlanStep:
    """What a step is before it starts; ids are rows, seconds are expectations and limits."""

    key: str
    title: str
    kind: str = StepKind.AUTOMATED.value
    phase: str = Phase.DEPLOY.value
    executor: str = ""
    connection: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    effect_class: str = EffectClass.UNSAFE.value
    reversible: str = Reversible.YES.value
    downtime: str = Downtime.NONE.value
    component_id: int | None = None
    version_id: int | None = None
    from_version: str = ""
    target_id: int | None = None
    installs: bool = False
    removes: bool = False
    team_id: int | None = None
    not_needed_because: str = ""
    added_because: str = ""
    expected_s: int = 60
    timeout_s: int = 1800
    silence_s: int | None = None
    decide_within_s: int | None = None
    retry_policy: Mapping[str, Any] = field(default_factory=dict)
    decision_rules: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_needed(self) -> bool:
        return not self.not_needed_because


@dataclass(frozen=True)
class PlanLink:
    """`before` comes before `after` (keys of steps), and why."""

    before: str
    after: str
    why: str = ""


@dataclass(frozen=True)
class PlanIn:
    """Steps in an order in which they could be done one by one, and the links that order them."""

    steps: tuple[PlanStep, ...] = ()
    links: tuple[PlanLink, ...] = ()

    @property
    def by_key(self) -> dict[str, PlanStep]:
        return {step.key: step for step in self.steps}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(link.before, link.after) for link in self.links]


# Expectations may be corrected without changing what was approved.
_NOT_SIGNED = frozenset({"expected_s", "decide_within_s", "added_because"})
_COLUMNS = tuple(name for name in PlanStep.__dataclass_fields__)
_SIGNED = tuple(name for name in _COLUMNS if name not in _NOT_SIGNED)


def canonical_digest(content: object) -> str:
    """SHA-256 (hex) of the content as canonical JSON."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def inputs_digest(
    executor: str, parameters: Mapping[str, Any], version_digest: str, connection: str = ""
) -> str:
    """What an attempt will work with, frozen when the plan is written; the engine refuses a mismatch.

    A connection counts by its name: what it leads to, and its secrets, are read when the attempt begins.
    """
    content = {"executor": executor, "parameters": parameters, "version": version_digest}
    return canonical_digest(content | {"connection": connection} if connection else content)


def digest(plan: PlanIn) -> str:
    """What an approver of the run signs: every step and every link, in whatever order they are listed."""
    steps = [signed(step) for step in plan.steps]
    content = {"steps": sorted(steps, key=lambda step: str(step["key"])), "links": sorted(plan.pairs)}
    return canonical_digest(content)


def addition_digest(approved: str, step: PlanStep, links: Iterable[tuple[str, str]]) -> str:
    """What an approver of a changed plan signs: the plan that was approved before, by its digest, and what is added."""
    return canonical_digest(
        {"plan": approved, "step": signed(step), "links": sorted([before, after] for before, after in links)}
    )


def signed(step: PlanStep) -> dict[str, Any]:
    """The columns of a step that an approver signs."""
    content = {name: getattr(step, name) for name in _SIGNED}
    for name in ("connection", "retry_policy", "decision_rules"):
        if not content[name]:
            del content[name]  # as plans were signed before there was such a thing
    return content


def write_plan(*, run: DeploymentRun, plan: PlanIn) -> dict[str, Step]:
    """Replace the plan of a draft; returns key → step. Nine queries, however many steps.

    The components of the steps to be carried out become the run's targets, not active yet.
    Raises `Conflict` when the run isn't a draft, `graph.CycleFound` when the steps have no order.
    """
    if run.state != RunState.DRAFT:
        raise Conflict(_("The plan of %(run)s is fixed. Unlock it first.") % {"run": run})
    ordered = graph.order(plan.by_key, plan.pairs)
    with transaction.atomic():
        run.links.all().delete()
        run.steps.all().delete()
        steps = _write_steps(run, plan, ordered)
        StepLink.objects.bulk_create(
            StepLink(run=run, before=steps[link.before], after=steps[link.after], why=link.why[:300])
            for link in plan.links
        )
        _write_targets(run, plan)
    return steps


def read_plan(run: DeploymentRun) -> PlanIn:
    """The plan as it stands in the rows, by number; two queries."""
    links = run.links.order_by("id").values_list("before_id", "after_id", "why")
    return plan_of(list(run.steps.order_by("number")), links)


def plan_of(rows: Sequence[Step], links: Iterable[tuple[int, int, str]]) -> PlanIn:
    """The same from rows that were read already; no query."""
    key_of = {row.pk: row.key for row in rows}
    return PlanIn(
        tuple(PlanStep(**{name: getattr(row, name) for name in _COLUMNS}) for row in rows),
        tuple(PlanLink(key_of[before], key_of[after], why) for before, after, why in links),
    )


def _write_steps(run: DeploymentRun, plan: PlanIn, ordered: list[str]) -> dict[str, Step]:
    by_key = plan.by_key
    number_of = {key: number for number, key in enumerate(ordered, start=1)}
    waits_for = dict.fromkeys(by_key, 0)
    for link in plan.links:
        if by_key[link.before].is_needed:
            waits_for[link.after] += 1
    digests = _version_digests(plan.steps)
    rows = [
        _row(
            run,
            step,
            digests,
            number=number_of[step.key],
            state=StepState.PENDING if step.is_needed else StepState.NOT_NEEDED,
            open_predecessors=waits_for[step.key],
        )
        for step in plan.steps
    ]
    return {row.key: row for row in Step.objects.bulk_create(rows)}


def write_proposed(run: DeploymentRun, step: PlanStep, open_predecessors: int) -> Step:
    """A step more than was approved, behind all others by number; it begins only once it is accepted."""
    last = run.steps.aggregate(last=Max("number"))["last"] or 0
    row = _row(
        run,
        step,
        _version_digests([step]),
        number=last + 1,
        state=StepState.PROPOSED,
        open_predecessors=open_predecessors,
    )
    row.save()
    return row


def _row(run: DeploymentRun, step: PlanStep, digests: Mapping[int, str], **values: Any) -> Step:
    frozen = inputs_digest(
        step.executor, step.parameters, digests.get(step.version_id or 0, ""), step.connection
    )
    return Step(run=run, inputs_digest=frozen, **{name: getattr(step, name) for name in _COLUMNS}, **values)


def _version_digests(steps: Iterable[PlanStep]) -> dict[int, str]:
    ids = {step.version_id for step in steps if step.version_id is not None}
    return dict(ComponentVersion.objects.filter(pk__in=ids).values_list("pk", "digest"))


def _write_targets(run: DeploymentRun, plan: PlanIn) -> None:
    run.targets.all().delete()
    touched = {step.component_id for step in plan.steps if step.is_needed and step.component_id is not None}
    RunTarget.objects.bulk_create(
        RunTarget(run=run, environment_id=run.environment_id, component_id=component_id)
        for component_id in sorted(touched)
    )
