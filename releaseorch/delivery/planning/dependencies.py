"""Order among the components of a plan, and prerequisites that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from releaseorch.delivery.planning.blocks import Block
from releaseorch.delivery.planning.draft import Draft
from releaseorch.delivery.planning.inputs import DependencyIn, PlanInputs
from releaseorch.delivery.planning.inventory import Inventory
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.delivery.planning.sentences import either, named_requests, request_ids
from releaseorch.runs import graph
from releaseorch.words import gettext as _


def order_components(
    draft: Draft, inputs: PlanInputs, inventory: Inventory, blocks: Mapping[int, Block]
) -> list[Conflict]:
    """Link the blocks by their deploy-before dependencies and return what stands in the way.

    What is needed is done before what needs it. Its contracting steps wait for the dependants, which may still use
    the old side until then. What is removed goes after those that needed it. Dependencies in a cycle don't order.
    """
    needs = sorted(
        {
            (dependency.component_id, dependency.needs_id)
            for dependency in inputs.dependencies
            if dependency.reason == "deploy-before" and _orders(dependency, blocks)
        }
    )
    present = [(component, need) for component, need in needs if need in blocks]
    conflicts: list[Conflict] = []
    knotted: set[tuple[int, int]] = set()
    for tangle in graph.find_tangles(sorted(blocks), present):
        members = frozenset(tangle)
        inside = [pair for pair in present if members.issuperset(pair)]
        knotted.update(inside)
        conflicts.append(_cycle_conflict(tangle, inside, blocks))
    tied = {component for pair in present for component in pair}
    joints = {component: _Joint.of(draft, blocks[component]) for component in tied}
    links = _Links(draft)
    for component, need in present:
        if (component, need) not in knotted:
            links.add(joints[component], joints[need])
    names = {component.id: component.name for component in inputs.components}
    checker = _Prerequisites(inputs, inventory, blocks, names, _targets(inputs))
    return conflicts + [conflict for pair in needs for conflict in checker.conflicts(*pair)]


def _orders(dependency: DependencyIn, blocks: Mapping[int, Block]) -> bool:
    """A component that goes away waits for nothing of what it needed, unless that goes away too."""
    block, need = blocks.get(dependency.component_id), blocks.get(dependency.needs_id)
    if block is None:
        return False
    return block.wish.kind != "remove" or (need is not None and need.wish.kind == "remove")


def _targets(inputs: PlanInputs) -> dict[int, list[int]]:
    targets: dict[int, list[int]] = {}
    for placement in inputs.placements:
        targets.setdefault(placement.component_id, []).append(placement.target.id)
    return targets


@dataclass(frozen=True, slots=True)
class _Joint:
    """Where a block is tied to others: found once, since links to others change nothing of what is first or last."""

    block: Block
    first: list[str]
    last: list[str]
    first_main: list[str]
    last_main: list[str]
    first_contracting: list[str]

    @classmethod
    def of(cls, draft: Draft, block: Block) -> _Joint:
        return cls(
            block,
            draft.first_of(block.keys),
            draft.last_of(block.keys),
            draft.first_of(block.main),
            draft.last_of(block.main),
            draft.first_of(block.contracting),
        )


class _Links:
    """The links between two blocks; their sentences are looked up once, not for each of many thousands."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._removed = _("%(component)s needs %(needed)s, so %(needed)s is removed afterwards.")
        self._deployed = _("%(component)s needs %(needed)s deployed before it.")
        self._old_side = _("%(component)s may use the old side of %(needed)s until it is deployed.")

    def add(self, one: _Joint, need: _Joint) -> None:
        names = {"component": one.block.wish.component.name, "needed": need.block.wish.component.name}
        if need.block.wish.kind == "remove":
            self._draft.link(one.last, need.first, self._removed % names)
            return
        self._draft.link(need.last_main, one.first_main, self._deployed % names)
        if need.first_contracting:
            self._draft.link(one.last_main, need.first_contracting, self._old_side % names)


def _cycle_conflict(
    tangle: Iterable[int], inside: list[tuple[int, int]], blocks: Mapping[int, Block]
) -> Conflict:
    members = sorted(tangle, key=lambda component_id: blocks[component_id].wish.component.name)
    cycle = graph.find_cycle(members, inside) or tuple(members)
    named = graph.name_cycle(blocks[component_id].wish.component.name for component_id in cycle)
    items = [item for component_id in members for item in blocks[component_id].wish.items]
    return Conflict(
        kind="cycle",
        severity="block",
        sentence=_("These need each other deployed first, so none can begin: %(cycle)s (%(requests)s).")
        % {"cycle": named, "requests": named_requests(items)},
        helps=_("Correct one of the dependencies, or take one of the components into another run."),
        request_ids=request_ids(items),
        component_id=cycle[0],
    )


@dataclass(frozen=True, slots=True)
class _Prerequisites:
    inputs: PlanInputs
    inventory: Inventory
    blocks: Mapping[int, Block]
    names: Mapping[int, str]
    targets: Mapping[int, list[int]]

    def conflicts(self, component_id: int, need_id: int) -> Iterator[Conflict]:
        """Warn when what is needed is neither there nor planned, is uncertain, or is being removed."""
        wish = self.blocks[component_id].wish
        planned = self.blocks.get(need_id)
        if wish.kind == "remove" or (planned is not None and planned.wish.kind != "remove"):
            return
        names = {
            "component": wish.component.name,
            "requests": named_requests(wish.items),
            "needed": self.names.get(need_id) or _("component %(id)d") % {"id": need_id},
            "environment": self.inputs.environment.name,
        }
        if planned is not None:
            said = _("%(component)s (%(requests)s) needs %(needed)s, which %(removing)s removes.")
            helps = _("Keep %(needed)s, or remove %(component)s too.") % names
            removing = named_requests(planned.wish.items)
            yield self._warning(component_id, said % {**names, "removing": removing}, helps)
            return
        found = self.inventory.anywhere(need_id, self.targets.get(need_id, ()))
        if found.uncertain_between:
            said = _(
                "%(component)s (%(requests)s) needs %(needed)s, and nobody knows whether %(versions)s of it "
                "is installed."
            ) % {**names, "versions": either(found.uncertain_between)}
            helps = _("Say which version of %(needed)s is installed in %(environment)s.") % names
            yield self._warning(component_id, said, helps)
        elif found.is_empty:
            said = _(
                "%(component)s (%(requests)s) needs %(needed)s, which is neither installed in %(environment)s "
                "nor part of this plan."
            )
            helps = _("Add a request that deploys %(needed)s.") % names
            yield self._warning(component_id, said % names, helps)

    def _warning(self, component_id: int, sentence: str, helps: str) -> Conflict:
        return Conflict(
            kind="prerequisite-missing",
            severity="warn",
            sentence=sentence,
            helps=helps,
            request_ids=request_ids(self.blocks[component_id].wish.items),
            component_id=component_id,
        )
