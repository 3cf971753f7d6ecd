import pytest
from hypothesis import given
from hypothesis import strategies as st

from releaseorch.runs import graph

#   a ──▶ b ──▶ d
#   └───▶ c ────┘      e
DIAMOND = (["a", "b", "c", "d", "e"], [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])


@st.composite
def acyclic(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    size = draw(st.integers(0, 12))
    pairs = [(a, b) for a in range(size) for b in range(a + 1, size)]
    links = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return draw(st.permutations(range(size))), links


def test_layers_hold_what_can_run_at_the_same_time():
    assert graph.layers(*DIAMOND) == [["a", "e"], ["b", "c"], ["d"]]


def test_order_follows_the_rank_among_those_that_could_come_next():
    assert graph.order(*DIAMOND) == ["a", "b", "c", "d", "e"]
    assert graph.order(*DIAMOND, rank=lambda node: -ord(node)) == ["e", "a", "c", "b", "d"]


def test_a_link_given_twice_counts_once():
    assert graph.order(["a", "b"], [("a", "b"), ("a", "b")]) == ["a", "b"]


def test_an_empty_graph_has_no_layers():
    assert graph.layers([], []) == []


@pytest.mark.parametrize("link", [("a", "x"), ("x", "a")])
def test_a_link_to_an_unknown_node_is_refused(link):
    with pytest.raises(KeyError):
        graph.order(["a"], [link])


@pytest.mark.parametrize("function", [graph.order, graph.layers, graph.minimal_links])
def test_a_cycle_is_named_instead_of_an_order(function):
    with pytest.raises(graph.CycleFound, match="b → c → b"):
        function(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "b")])


@given(acyclic())
def test_every_node_comes_once_and_after_its_predecessors(case):
    nodes, links = case
    ordered = graph.order(nodes, links)
    assert sorted(ordered) == sorted(nodes)
    assert all(ordered.index(a) < ordered.index(b) for a, b in links)
    flat = [node for layer in graph.layers(nodes, links) for node in layer]
    assert sorted(flat) == sorted(nodes)
    assert all(flat.index(a) < flat.index(b) for a, b in links)
