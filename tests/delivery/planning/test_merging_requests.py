from tests.delivery.planning.fakes import by_key, component, deploy, keys, kinds, plan, remove

WEB = component("web")


def test_two_requests_for_the_same_version_become_one_step_with_both_as_origin():
    first, second = deploy("web 2.3.1", request=214), deploy("web 2.3.1", request=217)
    found = plan([first, second], [WEB])
    (step,) = found.steps
    assert step.request_item_ids == tuple(sorted([first.id, second.id]))
    assert step.why == "Requests #214 and #217 deploy web 2.3.1; the procedure web-app v3, phase deploy."
    assert not found.conflicts


def test_a_step_says_which_request_and_rule_put_it_there():
    (step,) = plan([deploy("web 2.3.1", request=214)], [WEB]).steps
    assert step.why == "Request #214 deploys web 2.3.1; the procedure web-app v3, phase deploy."


def test_the_same_version_twice_in_one_request_is_one_step():
    found = plan([deploy("web 1"), deploy("web 1", position=1)], [WEB])
    assert keys(found) == ["web.deploy"]
    assert not found.conflicts


def test_two_versions_of_a_component_are_a_conflict_that_names_both_requests():
    found = plan([deploy("web 2.4.0", request=217), deploy("web 2.3.1", request=214)], [WEB])
    assert kinds(found) == [("two-versions", "block")]
    (conflict,) = found.conflicts
    assert conflict.sentence == "web is asked for in 2 ways: 2.3.1 by request #214 and 2.4.0 by request #217."
    assert conflict.request_ids == (1214, 1217)
    assert conflict.component_id == WEB.id
    assert found.is_blocked


def test_of_two_versions_the_older_requests_one_is_drawn():
    found = plan([deploy("web 2.4.0", request=217), deploy("web 2.3.1", request=214)], [WEB])
    assert by_key(found)["web.deploy"].version_text == "2.3.1"


def test_deploying_and_removing_a_component_is_a_conflict():
    found = plan([deploy("web 2", request=1), remove("web", request=2)], [WEB])
    assert (
        found.conflicts[0].sentence
        == "web is asked for in 2 ways: 2 by request #1 and its removal by request #2."
    )


def test_a_component_nobody_knows_is_a_conflict_and_the_rest_is_planned():
    found = plan([deploy("web 1"), deploy("gone 1", request=9)], [WEB])
    assert keys(found) == ["web.deploy"]
    assert kinds(found) == [("unknown-component", "block")]
    assert "request #9" in found.conflicts[0].sentence
