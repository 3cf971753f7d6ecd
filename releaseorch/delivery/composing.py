"""From requests to the plan of their run: computed, the edits of people made again, and kept as rows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from releaseorch.core.errors import DomainError
from releaseorch.delivery import plan_edits, plan_history, plan_inputs
from releaseorch.delivery.models import DeploymentRequest, PlanEdit, RequestItem, StepOrigin
from releaseorch.delivery.planning.inputs import PlanInputs
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.environments.models import Environment
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanIn

# A name that nothing filled in; `${step.output}` is filled when that step is over.
_UNFILLED = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")


@dataclass(frozen=True)
class Origin:
    """Which line of which request put a step there, by which rule."""

    item_id: int | None
    request_id: int
    rule: str


@dataclass(frozen=True)
class Dropped:
    """An edit that could not be made again, and why."""

    edit: PlanEdit
    why: str


@dataclass(frozen=True)
class Composition:
    """A plan that isn't written yet; `computed` is the same before any edit, `told` what it was computed from."""

    plan: PlanIn
    computed: PlanIn
    conflicts: tuple[Conflict, ...] = ()
    origins: dict[str, list[Origin]] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    told: PlanInputs | None = None

    @property
    def blocks(self) -> list[Conflict]:
        """The conflicts that forbid to propose."""
        return [conflict for conflict in self.conflicts if conflict.severity == "block"]


def requests_of(run: DeploymentRun) -> list[DeploymentRequest]:
    """The requests that the run holds, oldest first; one query."""
    held = DeploymentRequest.objects.filter(run=run).order_by("pk")
    return list(held.select_related("application", "environment", "requester", "release"))


def edits_of(run: DeploymentRun) -> list[PlanEdit]:
    """The edits that count, in the order in which they were made; one query."""
    return list(PlanEdit.objects.filter(run=run, dropped_because="").select_related("person").order_by("pk"))


def origins_of(run: DeploymentRun) -> dict[str, list[Origin]]:
    """Key of a step → the lines that put it into the plan of this run; one query."""
    found: dict[str, list[Origin]] = {}
    rows = StepOrigin.objects.filter(step__run=run).order_by("pk")
    for key, item_id, request_id, rule in rows.values_list("step__key", "item_id", "request_id", "rule"):
        found.setdefault(key, []).append(Origin(item_id, request_id, rule))
    return found


def composition_of(
    environment: Environment, requests: Iterable[DeploymentRequest], edits: Iterable[PlanEdit] = ()
) -> Composition:
    """What the plan of these requests would be now; nothing is written. Eight queries."""
    return composition_of_items(environment, plan_inputs.items_of(requests), edits)


def composition_of_items(
    environment: Environment, items: Sequence[RequestItem], edits: Iterable[PlanEdit] = ()
) -> Composition:
    """The same for lines with their versions, which need not be rows yet. Seven queries."""
    told, answer = plan_inputs.computed(environment, items)
    computed = plan_history.with_history(environment, plan_inputs.plan_of(answer, items))
    plan, dropped = _with_edits(computed, edits)
    request_of = {item.pk: item.request_id for item in items}
    origins = {
        plan_inputs.kept_key(step.key): [
            Origin(item_id, request_of[item_id], step.why[:300]) for item_id in step.request_item_ids
        ]
        for step in answer.steps
    }
    return Composition(plan, computed, _standing(answer.conflicts, plan), origins, dropped, told)


def composition_of_run(run: DeploymentRun) -> Composition:
    """What the plan of the run would be if it were computed now, with the edits made so far."""
    return composition_of(run.environment, requests_of(run), edits_of(run))


def write(run: DeploymentRun, composition: Composition) -> None:
    """Keep the composition as the plan of a draft, with where each step comes from; the run itself isn't saved."""
    for lost in composition.dropped:
        PlanEdit.objects.filter(pk=lost.edit.pk).update(dropped_because=lost.why[:500])
    steps = plans.write_plan(run=run, plan=composition.plan)
    StepOrigin.objects.bulk_create(
        StepOrigin(step=steps[key], request_id=origin.request_id, item_id=origin.item_id, rule=origin.rule)
        for key, origins in composition.origins.items()
        if key in steps
        for origin in origins
    )


def requests_without_steps(
    composition: Composition, requests: Sequence[DeploymentRequest]
) -> list[DeploymentRequest]:
    """Requests of which no step is left in the plan, although the planner made some."""
    present = composition.plan.by_key
    left = {
        one.request_id for key, origins in composition.origins.items() if key in present for one in origins
    }
    had = {one.request_id for origins in composition.origins.values() for one in origins}
    return [request for request in requests if request.pk in had - left]


def _with_edits(computed: PlanIn, edits: Iterable[PlanEdit]) -> tuple[PlanIn, tuple[Dropped, ...]]:
    plan, dropped = computed, []
    for edit in edits:
        try:
            plan = plan_edits.apply(plan, edit.kind, edit.payload, edit.reason)
        except DomainError as refused:
            dropped.append(Dropped(edit, " ".join(refused.reasons)))
    return plan, tuple(dropped)


def _standing(conflicts: Iterable[Conflict], plan: PlanIn) -> tuple[Conflict, ...]:
    """A parameter that was missing and has been typed in by an edit is no conflict any more."""
    unfilled = {
        step.component_id
        for step in plan.steps
        if step.is_needed and _UNFILLED.search(f"{step.parameters} {step.instructions} {step.title}")
    }
    return tuple(
        conflict
        for conflict in conflicts
        if conflict.kind != "missing-parameter" or conflict.component_id in unfilled
    )
