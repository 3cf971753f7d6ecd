"""Rows become the planner's facts, and the planner's steps become the plan that a run keeps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import cast

from releaseorch.catalog import deciding
from releaseorch.catalog.models import Component, ComponentDependency, ProcedureStep
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.planning import inputs
from releaseorch.delivery.planning.plan import Plan, StepOut
from releaseorch.delivery.planning.planner import compute_plan
from releaseorch.delivery.states import ItemPlacement
from releaseorch.environments import inventory
from releaseorch.environments.models import Connection, Environment, Placement
from releaseorch.runs.plans import PlanIn, PlanLink, PlanStep, canonical_digest

_LONGEST_KEY = 200
_OF_COMPONENT = (
    "pk", "name", "application_id", "application__name", "application__team_id", "application__team__name",
    "parameters", "procedure_id", "procedure__name", "procedure__version",
)  # fmt: skip
# The latest plans of this process with the facts they were made of; both are never changed.
_MOST_KEPT = 32
_kept: dict[tuple[str, tuple[int, ...]], tuple[inputs.PlanInputs, Plan]] = {}

# Where a manual line stands when people read the plan by phase.
_PHASE_OF_PLACEMENT = {
    ItemPlacement.BEFORE: Phase.PREPARE.value,
    ItemPlacement.WITH: Phase.DEPLOY.value,
    ItemPlacement.AFTER: Phase.VERIFY.value,
}


def items_of(requests: Iterable[DeploymentRequest]) -> list[RequestItem]:
    """The lines of all these requests with their versions, in their order; one query."""
    ids = [request.pk for request in requests]
    rows = RequestItem.objects.filter(request_id__in=ids).select_related("version")
    return list(rows.order_by("request_id", "position", "id"))


def computed(environment: Environment, items: Sequence[RequestItem]) -> tuple[inputs.PlanInputs, Plan]:
    """What the planner is told of these lines, read with their versions, and what it makes of it; six queries."""
    told = plan_inputs(environment, items)
    return told, _planned(told)


def _planned(told: inputs.PlanInputs) -> Plan:
    """What the planner makes of it; the same facts are asked about often: a page is read, and again when it moves."""
    key = (told.environment.name, tuple(item.id for item in told.items))
    kept = _kept.get(key)
    if kept is None or kept[0] != told:
        while len(_kept) >= _MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        kept = _kept[key] = told, compute_plan(told)
    return kept[1]


def plan_inputs(environment: Environment, items: Sequence[RequestItem]) -> inputs.PlanInputs:
    """Everything the plan of these lines depends on."""
    asked = {item.component_id for item in items if item.component_id is not None}
    links = _links(asked)
    known = asked | {link.needs_id for link in links}
    components = _components(known, asked, environment)
    return inputs.PlanInputs(
        environment=inputs.EnvironmentIn(
            name=environment.name,
            parameters=_texts(environment.parameters),
            connections=_connections(environment, components),
        ),
        items=tuple(_item(item) for item in items),
        components=components,
        versions=_versions(items),
        dependencies=tuple(
            inputs.DependencyIn(
                component_id=link.component_id,
                needs_id=link.needs_id,
                reason="deploy-before" if link.reason == "deploy-before" else "runtime",
            )
            for link in sorted(links, key=lambda link: link.pk)
        ),
        placements=_placements(environment, known),
        installed=_installed(environment, known),
    )


def plan_of(computed_plan: Plan, items: Iterable[RequestItem]) -> PlanIn:
    """The planner's answer in the columns of a run's steps."""
    placement_of = {item.pk: item.placement for item in items}
    return PlanIn(
        tuple(_step(step, placement_of) for step in computed_plan.steps),
        tuple(
            PlanLink(kept_key(link.before), kept_key(link.after), link.why) for link in computed_plan.links
        ),
    )


def kept_key(key: str) -> str:
    """The key as its column can hold it: a long one is cut and stays unique by its digest."""
    return key if len(key) <= _LONGEST_KEY else f"{key[: _LONGEST_KEY - 13]}~{canonical_digest(key)[:12]}"


def _item(item: RequestItem) -> inputs.ItemIn:
    return inputs.ItemIn(
        id=item.pk,
        request_id=item.request_id,
        request_number=item.request_id,
        kind=cast(inputs.ItemKind, item.kind),
        component_id=item.component_id,
        version_id=item.version_id,
        title=item.title,
        instructions=item.instructions,
        team_id=item.team_id,
        position=item.position,
        placement=cast(inputs.ItemPlacement, item.placement or "after"),
        anchor_item_id=item.anchor_id,
        expected_seconds=item.expected_s,
    )


def _components(
    ids: Iterable[int], asked: Collection[int], environment: Environment
) -> tuple[inputs.ComponentIn, ...]:
    """The procedures of those that were asked for, each once; two queries."""
    rows = list(Component.objects.filter(pk__in=list(ids)).values_list(*_OF_COMPONENT))
    procedures = _procedures({row[-3]: row[-3:] for row in rows if row[0] in asked and row[-3]}, environment)
    return tuple(
        inputs.ComponentIn(
            id=pk,
            name=name,
            application_id=application_id,
            application_name=application,
            team_id=team_id,
            team_name=team,
            procedure=procedures.get(procedure_id) if pk in asked else None,
            parameters=_texts(parameters),
        )
        for pk, name, application_id, application, team_id, team, parameters, procedure_id, *_named in rows
    )


def _procedures(
    named: Mapping[int, tuple[int, str, int]], environment: Environment
) -> dict[int, inputs.ProcedureIn]:
    """Those of these ids, names and versions, with their steps; one query."""
    steps: dict[int, list[inputs.ProcedureStepIn]] = {pk: [] for pk in named}
    for step in ProcedureStep.objects.filter(procedure__in=list(named)).order_by("position"):
        steps[step.procedure_id].append(_procedure_step(step, environment))
    return {
        pk: inputs.ProcedureIn(id=pk, name=name, version=version, steps=tuple(steps[pk]))
        for pk, name, version in named.values()
    }


def _procedure_step(row: ProcedureStep, environment: Environment) -> inputs.ProcedureStepIn:
    return inputs.ProcedureStepIn(
        key=row.key,
        phase=cast(inputs.Phase, row.phase),
        kind=cast(inputs.StepKind, row.kind),
        executor=row.executor,
        connection=row.connection,
        parameters=row.parameters,
        instructions=row.instructions,
        after=tuple(row.after),
        per_target=row.per_target,
        installs=row.installs,
        effect_class=row.effect_class,
        timeout_s=row.timeout_s,
        silence_s=row.silence_s,
        decide_within_s=row.decide_within_s,
        retry=row.retry,
        decision_rules=deciding.rules_in(row.decisions, environment.slug),
        expected_seconds=row.expected_s,
        reversible=cast(inputs.Reversible, row.reversible),
        downtime=cast(inputs.Downtime, row.downtime),
        team_id=row.team_id,
        title=row.title,
    )


def _connections(environment: Environment, components: Iterable[inputs.ComponentIn]) -> dict[str, str]:
    """Name → kind of the connections here; no query where no step names one."""
    steps = (step for one in components if one.procedure for step in one.procedure.steps)
    names = {step.connection for step in steps if step.connection}
    if not names:
        return {}
    found = Connection.objects.filter(environment=environment, name__in=names)
    return dict(found.values_list("name", "kind"))


def _versions(items: Iterable[RequestItem]) -> tuple[inputs.VersionIn, ...]:
    """Those of the lines, each once."""
    rows = {item.version.pk: item.version for item in items if item.version is not None}
    return tuple(
        inputs.VersionIn(
            id=row.pk,
            component_id=row.component_id,
            text=row.text,
            artifact_uri=row.artifact_uri,
            digest=row.digest,
            commit=row.commit,
            blocked_reason=row.blocked_reason if row.is_blocked else "",
        )
        for row in rows.values()
    )


def _placements(environment: Environment, component_ids: Iterable[int]) -> tuple[inputs.PlacementIn, ...]:
    rows = Placement.objects.filter(environment=environment, component_id__in=list(component_ids))
    columns = ("component_id", "order", "group", "target_id", "target__name", "target__parameters")
    return tuple(
        inputs.PlacementIn(
            component_id=component_id,
            target=inputs.TargetIn(id=target_id, name=name, facts=_texts(parameters)),
            order=order,
            group=group,
        )
        for component_id, order, group, target_id, name, parameters in rows.values_list(*columns)
    )


def _links(component_ids: Collection[int]) -> list[ComponentDependency]:
    return list(ComponentDependency.objects.filter(component_id__in=component_ids))


def _installed(environment: Environment, component_ids: Collection[int]) -> tuple[inputs.InstalledIn, ...]:
    rows = inventory.open_at(None).filter(inventory.of_components(component_ids), environment=environment)
    columns = ("component_id", "target_id", "version_id", "version__text", "uncertain_with__text")
    return tuple(
        inputs.InstalledIn(
            component_id=component_id,
            target_id=target_id,
            version_id=version_id,
            version_text=text or "",
            uncertain_between=(text or "", other) if other is not None else None,
        )
        for component_id, target_id, version_id, text, other in rows.order_by("pk").values_list(*columns)
    )


def _texts(parameters: dict[str, object]) -> dict[str, str]:
    return {str(name): str(value) for name, value in parameters.items()}


def _step(step: StepOut, placement_of: dict[int, str]) -> PlanStep:
    placement = placement_of.get(step.request_item_ids[0]) if step.request_item_ids else None
    return PlanStep(
        key=kept_key(step.key),
        title=step.title[:300],
        kind=step.kind,
        phase=step.phase or _PHASE_OF_PLACEMENT.get(ItemPlacement(placement or "with"), Phase.DEPLOY.value),
        executor=step.executor,
        connection=step.connection,
        parameters=dict(step.parameters),
        instructions=step.instructions,
        effect_class=step.effect_class or EffectClass.UNSAFE.value,
        reversible=step.reversible or Reversible.YES.value,
        downtime=step.downtime or Downtime.NONE.value,
        component_id=step.component_id,
        version_id=step.version_id,
        from_version=step.from_version_text[:150],
        target_id=step.target_id,
        installs=step.installs and step.version_id is not None,
        removes=step.removes,
        team_id=step.team_id,
        not_needed_because=step.not_needed_because[:300],
        expected_s=60 if step.expected_seconds is None else step.expected_seconds,
        timeout_s=1800 if step.timeout_s is None else step.timeout_s,
        silence_s=step.silence_s,
        decide_within_s=step.decide_within_s,
        retry_policy=dict(step.retry),
        decision_rules=dict(step.decision_rules),
    )
