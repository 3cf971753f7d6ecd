from tests.delivery.planning.fakes import component, deploy, keys, kinds, layers, plan, procedure, step

EACH = {"per_target": True}
STEPS = (step("stop", **EACH), step("deploy", **EACH), step("verify"))
TWO = {"web": ["web-1", "web-2"]}


def test_steps_per_target_roll_over_the_targets_in_placement_order():
    #   stop@1 ──▶ deploy@1 ──▶ stop@2 ──▶ deploy@2 ──▶ verify
    found = plan([deploy("web 2")], [component("web", *STEPS)], placed=TWO)
    assert keys(found) == [
        "web.stop@web-1",
        "web.deploy@web-1",
        "web.stop@web-2",
        "web.deploy@web-2",
        "web.verify",
    ]
    assert all(len(layer) == 1 for layer in layers(found))


def test_a_procedure_may_take_all_targets_at_once():
    web = component("web", procedure=procedure(*STEPS, rollout="group"))
    assert layers(plan([deploy("web 2")], [web], placed=TWO)) == [
        ["web.stop@web-1", "web.stop@web-2"],
        ["web.deploy@web-1", "web.deploy@web-2"],
        ["web.verify"],
    ]


def test_neighbouring_targets_of_one_group_go_together():
    placed = {"web": ["a-1", "b-1", "b-2"]}
    found = plan(
        [deploy("web 2")],
        [component("web", step("deploy", **EACH))],
        placed=placed,
        groups={"b-1": "b", "b-2": "b"},
    )
    assert layers(found) == [["web.deploy@a-1"], ["web.deploy@b-1", "web.deploy@b-2"]]


def test_a_step_that_happens_once_separates_what_rolls():
    #   stop@1 ──▶ stop@2 ──▶ migrate ──▶ deploy@1 ──▶ deploy@2
    web = component("web", step("stop", **EACH), step("migrate", "expand"), step("deploy", **EACH))
    found = plan([deploy("web 2")], [web], placed=TWO)
    assert keys(found) == [
        "web.stop@web-1",
        "web.stop@web-2",
        "web.migrate",
        "web.deploy@web-1",
        "web.deploy@web-2",
    ]
    assert len(layers(found)) == 5


def test_a_component_without_targets_is_done_once_with_a_warning_when_it_should_have_some():
    found = plan([deploy("web 2")], [component("web", *STEPS)])
    assert keys(found) == ["web.stop", "web.deploy", "web.verify"]
    assert kinds(found) == [("placement-missing", "warn")]


def test_a_step_knows_its_target():
    first = plan([deploy("web 2")], [component("web", *STEPS)], placed=TWO).steps[0]
    assert first.target_name == "web-1"
    assert first.title == "Stop web 2 on web-1"


def test_a_key_has_one_dot_also_when_names_have_dots():
    web = component("node.js", step("deploy", **EACH))
    found = plan([deploy("node.js 2")], [web], placed={"node.js": ["web-1.north.example"]})
    assert [one.key for one in found.steps] == ["claims/node-js.deploy@web-1-north-example"]


def test_two_targets_whose_names_look_alike_have_steps_of_their_own():
    found = plan(
        [deploy("web 2")], [component("web", step("deploy", **EACH))], placed={"web": ["a.b", "a-b"]}
    )
    assert sorted(keys(found)) == ["web.deploy@a-b", "web.deploy@a-b~2"]
