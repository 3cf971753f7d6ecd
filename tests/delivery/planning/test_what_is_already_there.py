from tests.delivery.planning.fakes import (
    by_key,
    component,
    deploy,
    installed,
    kinds,
    links,
    plan,
    remove,
    states,
    step,
)

WEB = component("web", step("stop"), step("deploy"))
SPREAD = component("web", step("prepare"), step("deploy", per_target=True), step("verify"))


def test_a_version_that_is_installed_is_not_needed_and_says_so():
    found = plan([deploy("web 2")], [WEB], installed=[installed("web 2")])
    assert states(found) == {"web.stop": "not_needed", "web.deploy": "not_needed"}
    assert by_key(found)["web.deploy"].not_needed_because == "web 2 is already installed in Production."
    assert not found.links


def test_another_version_that_is_installed_is_replaced():
    found = plan([deploy("web 2")], [WEB], installed=[installed("web 1")])
    assert states(found) == {"web.stop": "pending", "web.deploy": "pending"}
    assert by_key(found)["web.deploy"].from_version_text == "1"


def test_a_redeployment_is_done_although_the_version_is_there():
    found = plan([deploy("web 2", kind="redeploy")], [WEB], installed=[installed("web 2")])
    assert set(states(found).values()) == {"pending"}


def test_a_redeployment_by_one_request_wins_over_a_deployment_by_another():
    items = [deploy("web 2", request=1), deploy("web 2", request=2, kind="redeploy")]
    assert set(states(plan(items, [WEB], installed=[installed("web 2")])).values()) == {"pending"}


def test_an_uncertain_installation_is_never_already_there_and_is_a_conflict():
    found = plan([deploy("web 2")], [WEB], installed=[installed("web 2", uncertain=("1", "2"))])
    assert set(states(found).values()) == {"pending"}
    assert kinds(found) == [("uncertain-installation", "warn")]
    assert found.conflicts[0].sentence == (
        "Nobody knows whether 1 or 2 of web is installed in Production; request #1 goes over it."
    )
    assert by_key(found)["web.deploy"].from_version_text == "1 or 2"


def test_only_the_targets_that_lack_the_version_get_it():
    there = [installed("web 2", on="web-1"), installed("web 1", on="web-2")]
    found = plan([deploy("web 2")], [SPREAD], placed={"web": ["web-1", "web-2"]}, installed=there)
    assert states(found) == {
        "web.prepare": "pending",
        "web.deploy@web-1": "not_needed",
        "web.deploy@web-2": "pending",
        "web.verify": "pending",
    }
    because = by_key(found)["web.deploy@web-1"].not_needed_because
    assert because == "web 2 is already installed on web-1 in Production."


def test_order_is_kept_across_a_step_that_is_not_needed():
    there = [installed("web 2", on="web-1"), installed("web 1", on="web-2"), installed("web 1", on="web-3")]
    placed = {"web": ["web-2", "web-1", "web-3"]}
    found = plan([deploy("web 2")], [SPREAD], placed=placed, installed=there)
    #   prepare ──▶ web-2 ──▶ (web-1) ──▶ web-3 ──▶ verify
    assert links(found) == {
        "web.prepare > web.deploy@web-2",
        "web.deploy@web-2 > web.deploy@web-3",
        "web.deploy@web-3 > web.verify",
    }


def test_an_installation_of_the_whole_environment_speaks_for_every_target():
    found = plan([deploy("web 2")], [SPREAD], placed={"web": ["a", "b"]}, installed=[installed("web 2")])
    assert set(states(found).values()) == {"not_needed"}


def test_installations_on_all_targets_speak_for_the_whole_environment():
    there = [installed("web 2", on="a"), installed("web 2", on="b")]
    found = plan([deploy("web 2")], [WEB], placed={"web": ["a", "b"]}, installed=there)
    assert set(states(found).values()) == {"not_needed"}
    there = [installed("web 2", on="a")]
    found = plan([deploy("web 2")], [WEB], placed={"web": ["a", "b"]}, installed=there)
    assert set(states(found).values()) == {"pending"}


def test_removing_what_is_not_there_is_not_needed():
    found = plan([remove("web")], [WEB])
    assert states(found) == {"web.stop": "not_needed"}
    assert found.steps[0].not_needed_because == "web is not installed in Production."
