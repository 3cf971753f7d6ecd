"""Pure graph algorithms for plans and runs: order, layers, cycles, minimal links, longest chain."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from releaseorch.words import gettext as _

Node = TypeVar("Node", bound=Hashable)


class CycleFound(ValueError):
    """Raised when an order is asked for and there is none; `cycle` starts and ends with the same node."""

    def __init__(self, cycle: Sequence[Any]) -> None:
        self.cycle = tuple(cycle)
        super().__init__(_("These wait for each other: %(cycle)s.") % {"cycle": name_cycle(self.cycle)})


class LongestChain(NamedTuple):
    """The chain of nodes that takes longest, and how long (the unit of the durations)."""

    nodes: tuple[Any, ...]
    length: int


def name_cycle(cycle: Iterable[object]) -> str:
    """Write a cycle as people say it: "a → b → a"."""
    return " → ".join(str(node) for node in cycle)


def successors_of(nodes: Iterable[Node], links: Iterable[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    """Return node → direct successors, each once and in the order of the links; unknown ends raise KeyError."""
    seen: dict[Node, dict[Node, None]] = {node: {} for node in nodes}
    for before, after in links:
        if after not in seen:
            raise KeyError(after)
        seen[before][after] = None
    return {node: list(after) for node, after in seen.items()}


def order(
    nodes: Iterable[Node], links: Iterable[tuple[Node, Node]], rank: Callable[[Node], Any] | None = None
) -> list[Node]:
    """Return every node after all its predecessors.

    Of the nodes that could come next, the one with the smallest rank comes first (default: the order given),
    so the same input gives the same list. Raises CycleFound.
    """
    after = successors_of(nodes, links)
    place = {node: index for index, node in enumerate(after)}
    waiting = _count_predecessors(after)

    def entry(node: Node) -> tuple[Any, int, Node]:
        return (rank(node) if rank else 0, place[node], node)

    ready = [entry(node) for node, count in waiting.items() if not count]
    heapq.heapify(ready)
    found: list[Node] = []
    while ready:
        node = heapq.heappop(ready)[2]
        found.append(node)
        for successor in after[node]:
            waiting[successor] -= 1
            if not waiting[successor]:
                heapq.heappush(ready, entry(successor))
    if len(found) < len(after):
        _raise_cycle(after)
    return found


def layers(nodes: Iterable[Node], links: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    """Return the nodes by layers (Kahn): all predecessors of a node stand in earlier layers.

    Inside a layer nodes keep the order given. Raises CycleFound.
    """
    after = successors_of(nodes, links)
    place = {node: index for index, node in enumerate(after)}
    waiting = _count_predecessors(after)
    layer = [node for node, count in waiting.items() if not count]
    found: list[list[Node]] = []
    while layer:
        found.append(layer)
        following: list[Node] = []
        for node in layer:
            for successor in after[node]:
                waiting[successor] -= 1
                if not waiting[successor]:
                    following.append(successor)
        layer = sorted(following, key=place.__getitem__)
    if sum(map(len, found)) < len(after):
        _raise_cycle(after)
    return found


def find_cycle(nodes: Iterable[Node], links: Iterable[tuple[Node, Node]]) -> tuple[Node, ...] | None:
    """Return one shortest cycle through the first node that lies on one, as (a, b, a); None if there is none."""
    after = successors_of(nodes, links)
    for group in _tangles(after):
        return _shortest_cycle(group, after)
    return None


def find_tangles(nodes: Iterable[Node], links: Iterable[tuple[Node, Node]]) -> list[tuple[Node, ...]]:
    """Return the groups of nodes that all wait for each other (strongly connected, or one that waits for itself).

    Groups and their members keep the order given. An acyclic graph has none.
    """
    return [tuple(group) for group in _tangles(successors_of(nodes, links))]


def minimal_links(
    nodes: Iterable[Node], links: Iterable[tuple[Node, Node]], passed_through: Collection[Node] = ()
) -> list[tuple[Node, Node]]:
    """Return the fewest links that keep the same order (the transitive reduction), sorted topologically.

    Nodes in `passed_through` get no link of their own, yet what stood before them stays before what stood after.
    Raises CycleFound. Sets of nodes are bits of an integer: 10,000 nodes with 50,000 links take tenths of a second.
    """
    after = successors_of(nodes, links)
    ordered = order(after, ((a, b) for a, successors in after.items() for b in successors))
    place = {node: index for index, node in enumerate(ordered)}
    skipped = frozenset(passed_through)
    reach: dict[Node, int] = {}
    front: dict[Node, int] = {}
    kept: list[tuple[Node, Node]] = []
    for node in reversed(ordered):
        candidates = 0
        for successor in after[node]:
            candidates |= front[successor] if successor in skipped else 1 << place[successor]
        direct, reach[node] = _reduce_front(candidates, ordered, reach)
        if node in skipped:
            front[node] = sum(1 << place[successor] for successor in direct)
        else:
            kept.extend((node, successor) for successor in reversed(direct))
    kept.reverse()
    return kept


def longest_chain(
    nodes: Iterable[Node], links: Iterable[tuple[Node, Node]], durations: Mapping[Node, int]
) -> LongestChain:
    """Return the critical path; a node without duration counts as 0. Raises CycleFound."""
    after = successors_of(nodes, links)
    ordered = order(after, ((a, b) for a, successors in after.items() for b in successors))
    rest: dict[Node, int] = {}
    following: dict[Node, Node | None] = {}
    for node in reversed(ordered):
        best = max(after[node], key=rest.__getitem__, default=None)
        following[node] = best
        rest[node] = durations.get(node, 0) + (rest[best] if best is not None else 0)
    if not ordered:
        return LongestChain((), 0)
    node_or_end: Node | None = max(ordered, key=rest.__getitem__)
    length = rest[node_or_end] if node_or_end is not None else 0
    chain: list[Node] = []
    while node_or_end is not None:
        chain.append(node_or_end)
        node_or_end = following[node_or_end]
    return LongestChain(tuple(chain), length)


def _count_predecessors(after: Mapping[Node, list[Node]]) -> dict[Node, int]:
    waiting = dict.fromkeys(after, 0)
    for successors in after.values():
        for node in successors:
            waiting[node] += 1
    return waiting


def _raise_cycle(after: Mapping[Node, list[Node]]) -> None:
    for group in _tangles(after):
        raise CycleFound(_shortest_cycle(group, after))


def _reduce_front(candidates: int, ordered: list[Node], reach: Mapping[Node, int]) -> tuple[list[Node], int]:
    """Keep of the candidate bits only those no nearer candidate reaches; return them and everything reached."""
    direct: list[Node] = []
    reached = 0
    while candidates:
        lowest = candidates & -candidates
        node = ordered[lowest.bit_length() - 1]
        direct.append(node)
        reached |= lowest | reach[node]
        candidates &= ~reached
    return direct, reached


def _shortest_cycle(group: Sequence[Node], after: Mapping[Node, list[Node]]) -> tuple[Node, ...]:
    """Search breadth first from the group's first node back to itself."""
    inside, start = frozenset(group), group[0]
    came_from: dict[Node, Node] = {}
    queue = deque([start])
    while start not in came_from:
        node = queue.popleft()
        for successor in after[node]:
            if successor in inside and successor not in came_from:
                came_from[successor] = node
                queue.append(successor)
    back = [start, came_from[start]]
    while back[-1] != start:
        back.append(came_from[back[-1]])
    return tuple(reversed(back))


def _tangles(after: Mapping[Node, list[Node]]) -> list[list[Node]]:
    """Kosaraju without recursion: peel what can be ordered, then group what reaches each other both ways."""
    place = {node: index for index, node in enumerate(after)}
    before: dict[Node, list[Node]] = {node: [] for node in after}
    for node, successors in after.items():
        for successor in successors:
            before[successor].append(node)
    group_of: dict[Node, list[Node]] = {}
    for root in reversed(_postorder(after)):
        if root not in group_of:
            _gather(root, before, group_of)
    groups: dict[int, list[Node]] = {}
    for node in after:
        members = group_of[node]
        if len(members) > 1 or node in after[node]:
            groups.setdefault(id(members), []).append(node)
    return sorted(groups.values(), key=lambda group: place[group[0]])


def _postorder(after: Mapping[Node, list[Node]]) -> list[Node]:
    done: list[Node] = []
    seen: set[Node] = set()
    for root in after:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            successor = next((candidate for candidate in rest if candidate not in seen), None)
            if successor is None:
                done.append(node)
                stack.pop()
            else:
                seen.add(successor)
                stack.append((successor, iter(after[successor])))
    return done


def _gather(root: Node, before: Mapping[Node, list[Node]], group_of: dict[Node, list[Node]]) -> None:
    group: list[Node] = [root]
    group_of[root] = group
    for node in group:  # grows while it is walked
        for predecessor in before[node]:
            if predecessor not in group_of:
                group_of[predecessor] = group
                group.append(predecessor)
