from tests.delivery.planning.fakes import component, deploy, keys, kinds, layers, links, manual, plan, step

WEB = component("web", step("stop"), step("deploy"))
BATCH = component("batch")
DEPLOY_WEB, DEPLOY_BATCH = deploy("web 2"), deploy("batch 2", position=1)


def titles(found):
    return [
        step.title if step.key.startswith("request") else step.key.removeprefix("claims/")
        for step in found.steps
    ]


def test_before_an_item_stands_before_all_of_its_steps():
    found = plan([DEPLOY_WEB, DEPLOY_BATCH, manual("Tell support", "before", DEPLOY_WEB)], [WEB, BATCH])
    assert links(found) == {"request-1.manual-0 > web.stop", "web.stop > web.deploy"}


def test_after_an_item_stands_behind_all_of_its_steps():
    found = plan([DEPLOY_WEB, DEPLOY_BATCH, manual("Check", "after", DEPLOY_WEB)], [WEB, BATCH])
    assert links(found) == {"web.stop > web.deploy", "web.deploy > request-1.manual-0"}


def test_without_an_anchor_it_belongs_to_the_whole_request():
    items = [
        DEPLOY_WEB,
        DEPLOY_BATCH,
        manual("Tell", "before", position=2),
        manual("Check", "after", position=3),
    ]
    found = plan(items, [WEB, BATCH])
    assert layers(found) == [
        ["request-1.manual-2"],
        ["batch.deploy", "web.stop"],
        ["web.deploy"],
        ["request-1.manual-3"],
    ]


def test_other_requests_do_not_wait_for_it():
    found = plan([DEPLOY_WEB, deploy("batch 2", request=2), manual("Tell", "before")], [WEB, BATCH])
    assert "batch.deploy" in layers(found)[0]


def test_with_an_item_waits_for_the_same_and_nothing_waits_for_it():
    found = plan(
        [DEPLOY_WEB, DEPLOY_BATCH, manual("Watch", "with", DEPLOY_WEB)], [WEB, BATCH], needs="web>batch"
    )
    assert links(found) == {
        "batch.deploy > web.stop",
        "batch.deploy > request-1.manual-0",
        "web.stop > web.deploy",
    }


def test_several_at_the_same_place_keep_the_order_of_the_request():
    items = [DEPLOY_WEB, manual("Second", "before", position=2), manual("First", "before", position=1)]
    found = plan(items, [WEB])
    assert titles(found) == ["First", "Second", "web.stop", "web.deploy"]
    assert len(layers(found)) == 4


def test_one_manual_step_may_stand_before_another():
    tell = manual("Tell", "before", DEPLOY_WEB, position=1)
    found = plan([DEPLOY_WEB, tell, manual("Prepare", "before", tell, position=2)], [WEB])
    assert titles(found) == ["Prepare", "Tell", "web.stop", "web.deploy"]


def test_the_whole_request_includes_its_manual_steps_at_items():
    items = [DEPLOY_WEB, manual("Check web", "after", DEPLOY_WEB), manual("Close", "after", position=5)]
    assert titles(plan(items, [WEB]))[-2:] == ["Check web", "Close"]


def test_a_request_of_manual_items_alone_is_a_plan():
    found = plan([manual("Swap the tape", "with", position=1), manual("Label it", "after", position=2)], [])
    assert titles(found) == ["Swap the tape", "Label it"]
    assert {step.kind for step in found.steps} == {"manual"}


def test_manual_steps_that_wait_for_each_other_are_a_conflict():
    first = manual("First", "with")
    loop = manual("Loop", "before", first, position=1)
    first = manual("First", "before", loop)
    found = plan([first, loop], [])
    assert kinds(found) == [("cycle", "block")]
    assert "First → Loop → First (request #1)" in found.conflicts[0].sentence


def test_an_anchor_that_is_not_in_the_plan_is_a_warning_and_the_step_stays():
    found = plan([DEPLOY_WEB, manual("Check", "after", deploy("gone 1"))], [WEB])
    assert kinds(found) == [("anchor-missing", "warn")]
    assert keys(found)[-1] == "request-1.manual-0"
