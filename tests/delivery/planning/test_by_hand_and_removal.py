from tests.delivery.planning.fakes import CLAIMS_TEAM, component, deploy, installed, keys, plan, remove, step


def test_a_component_without_a_procedure_is_deployed_by_hand():
    (step_,) = plan([deploy("scanner 7")], [component("scanner", by_hand=True)]).steps
    assert (step_.title, step_.kind, step_.installs) == ("Deploy scanner 7 by hand", "manual", True)
    assert step_.team_id == CLAIMS_TEAM
    assert step_.why == "Request #1 deploys scanner 7; no procedure says how."


def test_a_component_by_hand_that_is_already_there_is_not_needed():
    found = plan(
        [deploy("scanner 7")], [component("scanner", by_hand=True)], installed=[installed("scanner 7")]
    )
    assert found.steps[0].state == "not_needed"


def test_a_removal_uses_only_the_stopping_and_contracting_steps():
    web = component("web", step("stop"), step("deploy"), step("start"), step("contract"))
    found = plan([remove("web")], [web], installed=[installed("web 1")])
    assert keys(found) == ["web.stop", "web.contract"]


def test_the_last_step_of_a_removal_takes_the_component_out_of_the_inventory():
    web = component("web", step("stop"), step("deploy"), step("contract"))
    found = plan([remove("web")], [web], installed=[installed("web 1")])
    assert [(one.removes, one.installs, one.version_text) for one in found.steps] == [
        (False, False, ""),
        (True, False, ""),
    ]


def test_a_removal_without_fitting_steps_is_done_by_hand():
    (step_,) = plan([remove("web")], [component("web")], installed=[installed("web 1")]).steps
    assert (step_.title, step_.kind, step_.removes) == ("Remove web by hand", "manual", True)


def test_when_no_step_of_a_procedure_installs_the_last_of_phase_deploy_does():
    web = component("web", step("copy", "deploy"), step("switch", "deploy", after=("copy",)), step("verify"))
    found = plan([deploy("web 2")], [web])
    assert [one.key for one in found.steps if one.installs] == ["claims/web.switch"]
