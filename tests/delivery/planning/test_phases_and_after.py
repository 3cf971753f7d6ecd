from tests.delivery.planning.fakes import component, deploy, keys, kinds, layers, links, plan, step

#   stop ──▶ unpack ──▶ switch ──▶ start
#         └▶ warm ────────────────┘
WEB = component(
    "web",
    step("start"),
    step("switch", "deploy", after=("unpack",), installs=True),
    step("unpack", "deploy"),
    step("warm", "deploy"),
    step("stop"),
)


def test_phases_come_one_after_another_and_after_orders_inside_them():
    found = plan([deploy("web 2")], [WEB])
    assert layers(found) == [["web.stop"], ["web.unpack", "web.warm"], ["web.switch"], ["web.start"]]
    assert links(found) == {
        "web.stop > web.unpack",
        "web.stop > web.warm",
        "web.unpack > web.switch",
        "web.switch > web.start",
        "web.warm > web.start",
    }


def test_steps_are_listed_in_an_order_in_which_they_could_be_done():
    assert keys(plan([deploy("web 2")], [WEB])) == [
        "web.stop",
        "web.unpack",
        "web.switch",
        "web.warm",
        "web.start",
    ]


def test_every_link_says_why():
    whys = {link.after: link.why for link in plan([deploy("web 2")], [WEB]).links}
    assert whys["claims/web.switch"] == "The procedure web-app v3 says that switch comes after unpack."
    assert whys["claims/web.unpack"] == "The phase stop comes before the phase deploy."


def test_a_procedure_that_waits_for_itself_is_a_conflict_that_names_the_cycle():
    web = component("web", step("stop", after=("start",)), step("deploy"), step("start"))
    found = plan([deploy("web 2")], [web])
    assert kinds(found) == [("procedure-invalid", "block")]
    assert "stop → deploy → start → stop" in found.conflicts[0].sentence
    assert len(found.steps) == 3


def test_a_phase_that_is_a_cycle_is_named_too():
    web = component(
        "web", step("a", "deploy", after=("b",)), step("b", "deploy", after=("a",)), step("start")
    )
    assert "a → b → a" in plan([deploy("web 2")], [web]).conflicts[0].sentence


def test_waiting_for_a_step_that_is_not_there_is_a_conflict():
    web = component("web", step("deploy", after=("backup",)))
    found = plan([deploy("web 2")], [web])
    assert kinds(found) == [("procedure-invalid", "block")]
    assert "deploy waits for backup" in found.conflicts[0].sentence
