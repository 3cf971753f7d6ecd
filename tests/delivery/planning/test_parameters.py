from releaseorch.delivery.planning.inputs import EnvironmentIn
from releaseorch.executors import template
from tests.delivery.planning.fakes import (
    component,
    deploy,
    installed,
    kinds,
    number,
    plan,
    step,
    target,
    version,
)

BUILT = version("web", "2.3.1", artifact_uri="oci://reg/web", digest="sha256:ab", commit="c0ffee")


def parameters(given, **more):
    facts = {"versions": [BUILT], **more}
    return (
        plan([deploy("web 2.3.1")], [component("web", step("deploy", parameters=given))], **facts)
        .steps[0]
        .parameters
    )


def test_facts_of_version_component_and_environment_are_filled_in_at_any_depth():
    given = {
        "argv": ["get", "${artifact_uri}", "${digest}"],
        "env": {"V": "${application}/${component}@${version}"},
    }
    assert parameters(given) == {
        "argv": ["get", "oci://reg/web", "sha256:ab"],
        "env": {"V": "claims/web@2.3.1"},
    }


def test_values_that_are_no_text_stay_as_they_are():
    assert parameters({"retries": 3, "force": True, "none": None}) == {
        "retries": 3,
        "force": True,
        "none": None,
    }


def test_the_target_wins_over_the_component_and_the_component_over_the_environment():
    web = component(
        "web",
        step("deploy", parameters={"v": "${a}${b}${c}"}, per_target=True),
        parameters={"b": "component", "c": "component "},
    )
    environment = EnvironmentIn(name="Production", parameters={"a": "environment ", "b": "environment "})
    found = plan(
        [deploy("web 1")],
        [web],
        environment=environment,
        placed={"web": [target("web-1", c=" target", b="target")]},
    )
    assert found.steps[0].parameters == {"v": "environment target target"}


def test_what_was_there_before_can_be_used():
    found = parameters({"old": "${from_version}"}, installed=[installed("web 2.2.0")])
    assert found == {"old": "2.2.0"}


def test_a_missing_parameter_is_a_conflict_that_names_step_and_name():
    web = component("web", step("deploy", parameters={"url": "https://${host}/${db_name}"}))
    found = plan([deploy("web 1", request=5)], [web])
    assert kinds(found) == [("missing-parameter", "block")] * 2
    assert [conflict.sentence for conflict in found.conflicts] == [
        "Step claims/web.deploy needs the parameter db_name, which nothing gives.",
        "Step claims/web.deploy needs the parameter host, which nothing gives.",
    ]
    assert found.conflicts[0].request_ids == (1005,)


def test_a_version_without_an_artifact_does_not_deploy_an_empty_address():
    web = component("web", step("deploy", parameters={"get": "${artifact_uri}"}))
    found = plan([deploy("web 1")], [web], versions=[version("web", "1")])
    assert kinds(found) == [("missing-parameter", "block")]


def test_an_output_of_an_earlier_step_is_left_for_later():
    assert parameters({"id": "${unpack.release_id} of ${version}"}) == {"id": "${unpack.release_id} of 2.3.1"}


def test_a_value_that_looks_like_a_parameter_is_never_filled_in_later():
    environment = EnvironmentIn(name="Production", parameters={"note": "${unpack.secret}"})
    found = parameters({"note": "${note} ${unpack.id} $${HOME}"}, environment=environment)
    later = {"unpack.secret": "leaked", "unpack.id": "17"}
    assert template.render_tree(found, later) == {"note": "${unpack.secret} 17 ${HOME}"}


def test_the_unfilled_template_comes_with_exactly_the_values_it_uses():
    given = {"argv": ["deploy", "${version}"]}
    web = component("web", step("deploy", parameters=given))
    (found,) = plan([deploy("web 2.3.1")], [web], versions=[BUILT]).steps
    assert (found.template, found.values) == (given, {"version": "2.3.1"})


def test_a_malformed_parameter_is_a_conflict():
    web = component("web", step("deploy", parameters={"a": "${not closed"}))
    found = plan([deploy("web 1")], [web])
    assert kinds(found) == [("procedure-invalid", "block")]
    assert "step claims/web.deploy" in found.conflicts[0].sentence


def test_instructions_for_people_are_filled_in_and_shell_lines_in_them_survive():
    said = "Open ${component} ${version} and type echo ${HOME:-x}."
    web = component(
        "web",
        step("deploy", kind="manual", executor="", instructions="Install ${version}.", title="Go ${version}"),
    )
    (found,) = plan([deploy("web 1")], [web]).steps
    assert (found.instructions, found.title) == ("Install 1.", "Go 1")
    web = component("web", step("deploy", kind="manual", executor="", instructions=said))
    assert plan([deploy("web 1")], [web]).steps[0].instructions == said


def test_a_word_missing_in_instructions_is_only_a_warning():
    web = component("web", step("deploy", kind="manual", executor="", instructions="Open ${console}."))
    assert kinds(plan([deploy("web 1")], [web])) == [("missing-parameter", "warn")]


def test_a_blocked_version_is_a_conflict_with_its_reason():
    bad = version("web", "2.3.2", blocked_reason="Loses letters.")
    found = plan([deploy("web 2.3.2", request=8)], [component("web")], versions=[bad])
    assert kinds(found) == [("blocked-version", "block")]
    assert found.conflicts[0].sentence == "web 2.3.2 of request #8 is blocked: Loses letters."


def test_a_version_of_another_component_is_refused():
    wrong = deploy("web 1")
    wrong = type(wrong)(
        **{**{name: getattr(wrong, name) for name in wrong.__slots__}, "version_id": number("db 1")}
    )
    found = plan([wrong], [component("web")], versions=[version("db", "1")])
    assert kinds(found) == [("unknown-version", "block")]
    assert not found.steps


def test_a_value_inside_program_text_is_a_conflict_although_filling_in_would_hide_it():
    web = component("web", step("deploy", parameters={"argv": ["sh", "-c", "deploy ${version}"]}))
    found = plan([deploy("web 1;reboot")], [web])
    assert kinds(found) == [("procedure-invalid", "block")]
    assert "Program text must not contain values" in found.conflicts[0].sentence


def test_a_value_that_would_be_read_as_an_option_is_a_conflict():
    web = component("web", step("deploy", parameters={"argv": ["install", "${version}"]}))
    found = plan([deploy("web --force")], [web])
    assert kinds(found) == [("procedure-invalid", "block")]
    assert "would be read as an option" in found.conflicts[0].sentence
    behind = component("web", step("deploy", parameters={"argv": ["install", "--", "${version}"]}))
    assert not plan([deploy("web --force")], [behind]).conflicts
    assert not plan([deploy("web 1")], [web]).conflicts


def test_what_is_wrong_without_any_value_is_left_to_the_tool():
    web = component("web", step("deploy", parameters={"no such setting": 1}))
    assert not plan([deploy("web 1")], [web]).conflicts
