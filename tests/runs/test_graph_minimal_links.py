from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from releaseorch.runs import graph


def reachable(links):
    reach = set(links)
    while more := {(a, d) for a, b in reach for c, d in reach if b == c} - reach:
        reach |= more
    return reach


def test_a_link_that_others_imply_is_left_out():
    #   a ──▶ b ──▶ c      a ──▶ c says nothing new
    assert graph.minimal_links("abc", [("a", "b"), ("a", "c"), ("b", "c")]) == [("a", "b"), ("b", "c")]


def test_order_goes_through_a_node_that_is_passed_through():
    #   a ──▶ (b) ──▶ c
    assert graph.minimal_links("abc", [("a", "b"), ("b", "c")], passed_through={"b"}) == [("a", "c")]


def test_two_passed_nodes_in_a_row_keep_the_order_across_them():
    links = [("a", "b"), ("b", "c"), ("c", "d")]
    assert graph.minimal_links("abcd", links, passed_through={"b", "c"}) == [("a", "d")]


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1]), max_size=25
    ),
    st.sets(st.integers(0, 7)),
)
def test_the_fewest_links_keep_exactly_the_same_order(links, skipped):
    kept = graph.minimal_links(range(8), links, passed_through=skipped)
    expected = {(a, b) for a, b in reachable(links) if a not in skipped and b not in skipped}
    assert reachable(kept) == expected
    assert all(reachable(set(kept) - {link}) != expected for link in kept)


def test_ten_thousand_nodes_with_fifty_thousand_links_take_less_than_a_second():
    nodes = range(10_000)
    links = [(node, min(node + jump, 9_999)) for node in nodes[:-1] for jump in (1, 3, 17, 60, 199)]
    begun = process_time()
    kept = graph.minimal_links(nodes, links)
    graph.layers(nodes, kept)
    graph.longest_chain(nodes, kept, dict.fromkeys(nodes, 1))
    assert process_time() - begun < 1
    assert len(kept) == 9_999
