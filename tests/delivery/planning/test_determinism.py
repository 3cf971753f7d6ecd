from dataclasses import asdict, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from releaseorch.delivery.planning.plan import digest_of
from releaseorch.delivery.planning.planner import compute_plan
from releaseorch.runs import graph
from tests.delivery.planning.fakes import component, deploy, inputs, installed, manual, plan, remove, step

NAMES = ["db", "web", "batch", "portal", "queue"]
EACH = {"per_target": True}
KINDS = [
    (step("deploy"),),
    (step("stop", **EACH), step("expand"), step("deploy", **EACH), step("contract")),
    (step("prepare"), step("deploy", **EACH), step("verify", **EACH)),
]


@st.composite
def worlds(draw):
    components = [
        component(name, *draw(st.sampled_from(KINDS)), by_hand=draw(st.integers(0, 5)) == 0) for name in NAMES
    ]
    items = []
    for position, name in enumerate(draw(st.lists(st.sampled_from(NAMES), max_size=8))):
        request, text = draw(st.integers(1, 3)), draw(st.sampled_from("12"))
        kind = draw(st.sampled_from(["deploy", "deploy", "deploy", "redeploy", "remove"]))
        items.append(
            remove(name, request) if kind == "remove" else deploy(f"{name} {text}", request, position, kind)
        )
    items = list({item.id: item for item in items}.values())
    for position in range(draw(st.integers(0, 4))):
        request = draw(st.integers(1, 3))
        own = [item for item in items if item.request_number == request]
        anchor = draw(st.sampled_from([None, *own]))
        placement = draw(st.sampled_from(["before", "after", "with"]))
        items.append(manual(f"Task {position}", placement, anchor, request, position))
    pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(lambda pair: pair[0] != pair[1])
    needs = " ".join(f"{a}>{b}" for a, b in draw(st.lists(pairs, max_size=6)))
    there = [installed(f"{name} {draw(st.sampled_from('12'))}") for name in NAMES if draw(st.booleans())]
    return inputs(
        items, components, needs=needs, placed={name: ["t-1", "t-2"] for name in NAMES}, installed=there
    )


def shuffled(data, world):
    return replace(
        world,
        **{
            name: tuple(data.draw(st.permutations(getattr(world, name))))
            for name in ("items", "components", "dependencies", "placements", "installed")
        },
    )


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_the_same_inputs_in_any_order_give_the_same_plan_and_digest(world, data):
    assert compute_plan(shuffled(data, world)) == compute_plan(world)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_every_plan_is_acyclic_unique_and_lists_steps_in_an_executable_order(world):
    found = compute_plan(world)
    keys = [one.key for one in found.steps]
    assert len(set(keys)) == len(keys)
    place = {key: index for index, key in enumerate(keys)}
    assert all(place[link.before] < place[link.after] for link in found.links)
    pairs = [link[:2] for link in found.links]
    assert graph.find_cycle(keys, pairs) is None
    assert sorted(graph.minimal_links(keys, pairs)) == sorted(pairs)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_every_item_is_in_the_plan_unless_another_version_won(world):
    found = compute_plan(world)
    planned = {item_id for one in found.steps for item_id in one.request_item_ids}
    contradicted = {conflict.component_id for conflict in found.conflicts if conflict.kind == "two-versions"}
    assert all(item.id in planned or item.component_id in contradicted for item in world.items)


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_without_a_conflict_what_is_needed_is_installed_before_what_needs_it(world):
    found = compute_plan(world)
    if found.is_blocked:
        return
    reach = {one.key: set() for one in found.steps}
    for link in reversed(found.links):
        reach[link.before] |= {link.after, *reach[link.after]}
    pending = [one for one in found.steps if one.state == "pending" and one.installs]
    for dependency in world.dependencies:
        needed = [one.key for one in pending if one.component_id == dependency.needs_id]
        needing = [one.key for one in pending if one.component_id == dependency.component_id]
        assert all(later in reach[earlier] for earlier in needed for later in needing)


def test_the_digest_changes_with_what_would_be_done():
    before = plan([deploy("web 1")], [component("web")])
    assert plan([deploy("web 2")], [component("web")]).digest != before.digest
    assert plan([deploy("web 1", request=2)], [component("web")]).digest == before.digest


def test_the_digest_of_edited_rows_is_the_plans_when_nothing_was_edited():
    found = plan(
        [deploy("db 1"), deploy("web 1"), deploy("app 1")],
        [component("web"), component("db"), component("app")],
        needs="web>db app>web",
    )
    rows = [{**asdict(one), "id": 5, "not_in_the_plan": "x"} for one in found.steps]
    pairs = [link[:2] for link in found.links]
    assert digest_of(reversed(rows), reversed(pairs)) == found.digest
    rows[0]["parameters"] = {"argv": ["other"]}
    assert digest_of(rows, pairs) != found.digest
    assert digest_of([asdict(one) for one in found.steps], []) != found.digest


def test_components_of_the_same_name_keep_apart():
    web, other = component("web"), component("web", application="billing")
    other = replace(other, id=99)
    found = plan([deploy("web 1"), replace(deploy("web 1", position=1), component_id=99)], [web, other])
    assert [one.key for one in found.steps] == ["billing/web.deploy", "claims/web.deploy"]
