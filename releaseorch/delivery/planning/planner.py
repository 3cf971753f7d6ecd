"""The planner: approved requests' items become one graph of steps, merged, ordered, with its conflicts named."""

from __future__ import annotations

from collections.abc import Iterable

from releaseorch.delivery.planning.blocks import add_block
from releaseorch.delivery.planning.dependencies import order_components
from releaseorch.delivery.planning.draft import Draft
from releaseorch.delivery.planning.inputs import ItemIn, PlacementIn, PlanInputs
from releaseorch.delivery.planning.inventory import Inventory
from releaseorch.delivery.planning.manual import add_manual_items
from releaseorch.delivery.planning.plan import Conflict, LinkOut, Plan, make_plan
from releaseorch.delivery.planning.sentences import named_requests, request_ids, untitled
from releaseorch.delivery.planning.wishes import merge_items
from releaseorch.runs import graph
from releaseorch.words import gettext as _


def compute_plan(inputs: PlanInputs) -> Plan:
    """Return the plan for these items; the same inputs, in any order, give the same plan and digest.

    1. Items that ask for the same become one wish per component.
    2. Each wish becomes the steps of its component's procedure, once or per target.
    3. Components are ordered by their deploy-before dependencies.
    4. Manual items are put before, after or beside what they belong to.
    5. What still waits for itself is named; of the links only those needed are kept.

    Never raises for contradictory inputs: whatever can't be planned is a conflict, and the rest is planned.
    """
    wishes, conflicts = merge_items(inputs)
    inventory = Inventory(inputs.installed)
    placements = _by_component(inputs.placements)
    draft = Draft()
    blocks = [
        add_block(draft, inputs, inventory, wish, placements.get(wish.component.id, []), rank)
        for rank, wish in enumerate(wishes)
    ]
    conflicts += [conflict for block in blocks for conflict in block.conflicts]
    by_component = {block.wish.component.id: block for block in blocks}
    conflicts += order_components(draft, inputs, inventory, by_component)
    components = {component.id: component for component in inputs.components}
    conflicts += add_manual_items(draft, inputs.items, blocks, components)
    conflicts += _cut_cycles(draft, inputs.items)
    return _finish(draft, conflicts)


def _by_component(placements: Iterable[PlacementIn]) -> dict[int, list[PlacementIn]]:
    found: dict[int, list[PlacementIn]] = {}
    for placement in placements:
        found.setdefault(placement.component_id, []).append(placement)
    return found


def _cut_cycles(draft: Draft, items: Iterable[ItemIn]) -> list[Conflict]:
    """Name what waits for itself through manual items, and take those links out so that the rest has an order."""
    items_by_id = {item.id: item for item in items}
    conflicts: list[Conflict] = []
    for tangle in graph.find_tangles(draft.steps, draft.whys):
        members = frozenset(tangle)
        inside = [pair for pair in draft.whys if members.issuperset(pair)]
        cycle = graph.find_cycle(tangle, inside) or tangle
        steps = [draft.steps[key] for key in cycle]
        involved = [items_by_id[item_id] for step in steps for item_id in step.request_item_ids]
        named = graph.name_cycle(step.title if step.title != untitled() else step.key for step in steps)
        conflicts.append(
            Conflict(
                kind="cycle",
                severity="block",
                sentence=_("These steps wait for each other: %(cycle)s (%(requests)s).")
                % {"cycle": named, "requests": named_requests(involved)},
                helps=_("Move one of the manual steps to another place."),
                request_ids=request_ids(involved),
            )
        )
        draft.unlink(inside)
    return conflicts


def _finish(draft: Draft, conflicts: Iterable[Conflict]) -> Plan:
    ordered = graph.order(sorted(draft.steps), draft.whys, rank=draft.ranks.__getitem__)
    not_needed = {key for key, step in draft.steps.items() if step.state == "not_needed"}
    unsaid = _("What stands between them is not needed.")
    links = [
        LinkOut(before, after, draft.whys.get((before, after), unsaid))
        for before, after in graph.minimal_links(ordered, draft.whys, passed_through=not_needed)
    ]
    unique = {(conflict.kind, conflict.sentence): conflict for conflict in conflicts}
    named = sorted(
        unique.values(), key=lambda conflict: (conflict.severity, conflict.kind, conflict.sentence)
    )
    return make_plan((draft.steps[key] for key in ordered), links, named)
