from itertools import pairwise

from releaseorch.runs import graph


def test_the_chain_that_takes_longest_is_found_with_its_length():
    #   a(1) ──▶ b(10) ──▶ d(1)
    #   └──────▶ c(2) ─────┘
    links = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    assert graph.longest_chain("abcd", links, {"a": 1, "b": 10, "c": 2, "d": 1}) == (("a", "b", "d"), 12)


def test_a_single_long_node_beats_a_chain_of_short_ones():
    assert graph.longest_chain("abc", [("a", "b")], {"a": 1, "b": 1, "c": 5}) == (("c",), 5)


def test_a_node_without_duration_counts_as_nothing():
    assert graph.longest_chain("ab", [("a", "b")], {"b": 3}) == (("a", "b"), 3)


def test_nothing_takes_no_time():
    assert graph.longest_chain([], [], {}) == ((), 0)


def test_a_chain_of_ten_thousand_does_not_recurse():
    nodes = range(10_000)
    assert graph.longest_chain(nodes, pairwise(nodes), dict.fromkeys(nodes, 2)).length == 20_000
