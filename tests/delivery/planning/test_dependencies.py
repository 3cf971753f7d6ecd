from tests.delivery.planning.fakes import (
    component,
    deploy,
    installed,
    keys,
    kinds,
    layers,
    links,
    plan,
    remove,
    states,
    step,
)

DB, WEB, PORTAL = (component(name, step("deploy"), step("verify")) for name in ("db", "web", "portal"))
ALL = [deploy("db 2"), deploy("web 2"), deploy("portal 2")]


def test_what_is_needed_is_finished_before_what_needs_it_begins():
    found = plan(ALL, [WEB, DB, PORTAL], needs="web>db")
    #   db.deploy ──▶ db.verify ──▶ web.deploy ──▶ web.verify
    assert links(found) == {
        "db.deploy > db.verify",
        "db.verify > web.deploy",
        "web.deploy > web.verify",
        "portal.deploy > portal.verify",
    }
    assert {link.why for link in found.links if link.before.endswith("db.verify")} == {
        "web needs db deployed before it."
    }


def test_independent_components_go_at_the_same_time():
    assert layers(plan(ALL, [WEB, DB, PORTAL]))[0] == ["db.deploy", "portal.deploy", "web.deploy"]


def test_a_call_at_run_time_does_not_order():
    assert plan(ALL, [WEB, DB, PORTAL], calls="web>db").links == plan(ALL, [WEB, DB, PORTAL]).links


def test_a_link_that_others_imply_is_not_drawn():
    found = plan(ALL, [WEB, DB, PORTAL], needs="web>db portal>web portal>db")
    assert "db.verify > portal.deploy" not in links(found)


def test_order_goes_through_a_component_that_is_already_there():
    there = [installed("web 2")]
    found = plan(ALL, [WEB, DB, PORTAL], needs="web>db portal>web", installed=there)
    assert states(found)["web.deploy"] == "not_needed"
    assert "db.verify > portal.deploy" in links(found)


def test_contracting_waits_until_those_who_may_use_the_old_side_are_deployed():
    db = component("db", step("expand"), step("deploy"), step("contract"))
    found = plan(ALL[:2], [WEB, db], needs="web>db", installed=[])
    assert keys(found) == ["db.expand", "db.deploy", "web.deploy", "web.verify", "db.contract"]


def test_what_is_removed_goes_after_those_that_needed_it():
    found = plan(
        [remove("db"), remove("web")],
        [component(name, step("stop")) for name in ("db", "web")],
        needs="web>db",
        installed=[installed("db 1"), installed("web 1")],
    )
    assert links(found) == {"web.stop > db.stop"}


def test_a_dependency_cycle_is_named_and_blocks():
    found = plan(ALL, [WEB, DB, PORTAL], needs="web>db db>portal portal>web")
    assert kinds(found) == [("cycle", "block")]
    assert "db → portal → web → db (request #1)" in found.conflicts[0].sentence
    assert len(found.steps) == 6


def test_a_cycle_that_leaves_the_plan_is_none():
    found = plan(
        ALL[:2], [WEB, DB, PORTAL], needs="web>db db>portal portal>web", installed=[installed("portal 1")]
    )
    assert not found.conflicts


def test_a_prerequisite_that_is_nowhere_is_a_warning():
    found = plan([deploy("web 2", request=4)], [WEB, DB], needs="web>db")
    assert kinds(found) == [("prerequisite-missing", "warn")]
    assert found.conflicts[0].sentence == (
        "web (request #4) needs db, which is neither installed in Production nor part of this plan."
    )
    assert not found.is_blocked


def test_a_prerequisite_that_is_installed_is_fine():
    assert not plan([deploy("web 2")], [WEB, DB], needs="web>db", installed=[installed("db 1")]).conflicts


def test_a_prerequisite_that_may_or_may_not_be_there_is_a_warning():
    there = [installed("db ", uncertain=("", "1"))]
    found = plan([deploy("web 2")], [WEB, DB], needs="web>db", installed=there)
    assert "nobody knows whether nothing or 1 of it is installed" in found.conflicts[0].sentence


def test_removing_what_another_component_of_the_plan_needs_is_a_warning():
    items = [deploy("web 2", request=4), remove("db", request=3)]
    found = plan(items, [WEB, DB], needs="web>db", installed=[installed("db 1")])
    assert found.conflicts[0].sentence == "web (request #4) needs db, which request #3 removes."
