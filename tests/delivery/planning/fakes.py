"""A small invented enterprise for the planner: names instead of ids, requests and procedures in one line."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from releaseorch.delivery.planning.inputs import (
    ComponentIn,
    DependencyIn,
    EnvironmentIn,
    InstalledIn,
    ItemIn,
    PlacementIn,
    PlanInputs,
    ProcedureIn,
    ProcedureStepIn,
    TargetIn,
    VersionIn,
)
from releaseorch.delivery.planning.plan import Plan
from releaseorch.delivery.planning.planner import compute_plan
from releaseorch.runs import graph

CLAIMS_TEAM = 7


def number(name: str) -> int:
    return zlib.crc32(name.encode())


def step(key: str, phase: str | None = None, **more: Any) -> ProcedureStepIn:
    """A step named after its phase, unless said otherwise; `deploy` installs."""
    given = {"executor": "shell", "installs": key == "deploy", "expected_seconds": 60, **more}
    return ProcedureStepIn(key=key, phase=phase or key, **given)


def procedure(*steps: ProcedureStepIn, name: str = "web-app", rollout: str = "rolling") -> ProcedureIn:
    return ProcedureIn(id=number(name), name=name, version=3, steps=steps, rollout=rollout)


def component(
    name: str, *steps: ProcedureStepIn, by_hand: bool = False, application: str = "claims", **more: Any
) -> ComponentIn:
    """A component with these steps; with the one step `deploy` when none are given."""
    given = more.pop("procedure", None) or (None if by_hand else procedure(*(steps or (step("deploy"),))))
    return ComponentIn(
        id=number(name),
        name=name,
        application_id=number(application),
        application_name=application,
        team_id=CLAIMS_TEAM,
        procedure=given,
        **more,
    )


def version(of: str, text: str, **more: Any) -> VersionIn:
    return VersionIn(id=number(f"{of} {text}"), component_id=number(of), text=text, **more)


def deploy(
    what: str, request: int = 1, position: int = 0, kind: str = "deploy", id: int | None = None
) -> ItemIn:
    """An item as in deploy("web 2.3.1", request=214)."""
    name, _, text = what.partition(" ")
    return ItemIn(
        id=id or number(f"item {request} {kind} {what} {position}"),
        request_id=request + 1000,
        request_number=request,
        kind=kind,
        component_id=number(name),
        version_id=None,
        version_text=text,
        position=position,
    )


def remove(name: str, request: int = 1) -> ItemIn:
    return deploy(name, request, kind="remove")


def manual(
    title: str, placement: str, anchor: ItemIn | None = None, request: int = 1, position: int = 0
) -> ItemIn:
    return ItemIn(
        id=number(f"manual {request} {title}"),
        request_id=request + 1000,
        request_number=request,
        kind="manual",
        title=title,
        placement=placement,
        anchor_item_id=anchor.id if anchor else None,
        position=position,
    )


def target(name: str, **facts: str) -> TargetIn:
    return TargetIn(id=number(name), name=name, facts=facts)


def installed(what: str, on: str | None = None, uncertain: tuple[str, str] | None = None) -> InstalledIn:
    name, _, text = what.partition(" ")
    return InstalledIn(
        component_id=number(name),
        target_id=number(on) if on else None,
        version_text=text,
        uncertain_between=uncertain,
    )


def inputs(
    items: Iterable[ItemIn],
    components: Iterable[ComponentIn],
    needs: str = "",
    calls: str = "",
    placed: Mapping[str, Sequence[str | TargetIn]] | None = None,
    groups: Mapping[str, str] | None = None,
    **more: Any,
) -> PlanInputs:
    """`needs` as in "web>db portal>web": web needs db deployed before it; `calls` the same at run time."""
    placements = [
        PlacementIn(
            component_id=number(name),
            target=place if isinstance(place, TargetIn) else target(place),
            order=order,
            group=(groups or {}).get(place if isinstance(place, str) else place.name, ""),
        )
        for name, places in (placed or {}).items()
        for order, place in enumerate(places)
    ]
    dependencies = [
        DependencyIn(component_id=number(user), needs_id=number(used), reason=reason)
        for text, reason in ((needs, "deploy-before"), (calls, "runtime"))
        for user, used in (pair.split(">") for pair in text.split())
    ]
    return PlanInputs(
        environment=more.pop("environment", EnvironmentIn(name="Production")),
        items=tuple(items),
        components=tuple(components),
        dependencies=tuple(dependencies),
        placements=tuple(placements),
        **{name: tuple(values) for name, values in more.items()},
    )


def plan(*args: Any, **more: Any) -> Plan:
    return compute_plan(inputs(*args, **more))


def links(plan: Plan) -> set[str]:
    """The links as in {"db.deploy > web.deploy"}, application prefixes left out."""
    return {f"{_short(link.before)} > {_short(link.after)}" for link in plan.links}


def keys(plan: Plan) -> list[str]:
    return [_short(one.key) for one in plan.steps]


def states(plan: Plan) -> dict[str, str]:
    return {_short(one.key): one.state for one in plan.steps}


def by_key(plan: Plan) -> dict[str, Any]:
    return {_short(one.key): one for one in plan.steps}


def layers(plan: Plan) -> list[list[str]]:
    """Which steps may run at the same time, sorted by name inside a layer."""
    found = graph.layers([one.key for one in plan.steps], [link[:2] for link in plan.links])
    return [sorted(map(_short, layer)) for layer in found]


def kinds(plan: Plan) -> list[tuple[str, str]]:
    return [(conflict.kind, conflict.severity) for conflict in plan.conflicts]


def _short(key: str) -> str:
    return key.removeprefix("claims/")
