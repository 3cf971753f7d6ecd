import itertools

from hypothesis import given
from hypothesis import strategies as st

from releaseorch.runs import graph

#   nova ──▶ neutron ──▶ ironic ──▶ nova        keystone ──▶ nova
OPENSTACK = [("nova", "neutron"), ("neutron", "ironic"), ("ironic", "nova"), ("keystone", "nova")]
NAMES = ["keystone", "nova", "neutron", "ironic"]


def test_a_cycle_is_found_and_named_from_its_first_node_back_to_it():
    cycle = graph.find_cycle(NAMES, OPENSTACK)
    assert cycle is not None
    assert graph.name_cycle(cycle) == "nova → neutron → ironic → nova"


def test_what_only_leads_to_a_cycle_is_not_part_of_it():
    assert graph.find_tangles(NAMES, OPENSTACK) == [("nova", "neutron", "ironic")]


def test_a_node_that_waits_for_itself_is_a_cycle():
    assert graph.find_cycle(["a", "b"], [("b", "b")]) == ("b", "b")


def test_the_shortest_cycle_through_the_first_node_is_named():
    links = [("a", "b"), ("b", "c"), ("c", "a"), ("b", "a")]
    assert graph.find_cycle("abc", links) == ("a", "b", "a")


def test_two_separate_cycles_are_two_tangles():
    links = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "c")]
    assert graph.find_tangles("abcd", links) == [("a", "b"), ("c", "d")]


def test_no_cycle_is_none():
    assert graph.find_cycle("abc", [("a", "b"), ("b", "c"), ("a", "c")]) is None


def test_a_chain_of_ten_thousand_does_not_recurse():
    nodes = range(10_000)
    links = [(node, node + 1) for node in nodes[:-1]]
    assert graph.find_cycle(nodes, links) is None
    assert len(graph.find_cycle(nodes, [*links, (9_999, 0)]) or ()) == 10_001


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=20))
def test_tangles_are_exactly_the_nodes_that_reach_each_other(links):
    nodes = range(7)
    reach = {a: {b for x, b in links if x == a} for a in nodes}
    for _ in nodes:
        reach = {a: reached | {c for b in reached for c in reach[b]} for a, reached in reach.items()}
    expected = {
        frozenset(b for b in nodes if b in reach[a] and a in reach[b]) for a in nodes if a in reach[a]
    }
    assert {frozenset(tangle) for tangle in graph.find_tangles(nodes, links)} == expected
    cycle = graph.find_cycle(nodes, links)
    assert (cycle is None) == (not expected)
    assert cycle is None or set(itertools.pairwise(cycle)) <= set(links)
