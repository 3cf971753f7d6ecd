from dataclasses import replace
from time import process_time

from releaseorch.delivery.planning.planner import compute_plan
from releaseorch.delivery.planning.preview import preview_of
from tests.delivery.planning.fakes import component, deploy, inputs, installed, manual, plan, step


def test_totals_say_how_much_there_is_to_do_and_how_long_it_takes_at_best():
    db, web = component("db", step("deploy", expected_seconds=300)), component("web")
    check = replace(manual("Check", "after", position=2), expected_seconds=90)
    found = plan(
        [deploy("db 1"), deploy("web 1"), deploy("batch 1"), check],
        [db, web, component("batch")],
        needs="web>db",
        installed=[installed("batch 1")],
    )
    totals = preview_of(found.steps, found.links)
    assert (totals.steps, totals.manual_steps, totals.automated_steps, totals.not_needed) == (3, 1, 2, 1)
    assert totals.critical_path == ("claims/db.deploy", "claims/web.deploy", "request-1.manual-2")
    assert totals.critical_path_seconds == 300 + 60 + 90
    assert [len(layer) for layer in totals.layers] == [1, 1, 1]


def test_steps_whose_duration_nobody_knows_are_counted():
    found = plan([deploy("web 1")], [component("web", by_hand=True)])
    totals = preview_of(found.steps, found.links)
    assert (totals.steps_without_duration, totals.critical_path_seconds) == (1, 0)


def test_an_empty_plan_has_totals_too():
    totals = preview_of([], [])
    assert (totals.steps, totals.layers, totals.width) == (0, (), 0)


def test_five_hundred_requests_with_ten_thousand_steps_are_planned_in_seconds():
    steps = (step("stop", per_target=True), step("deploy", per_target=True), step("verify"))
    names = [f"c{index}" for index in range(2_000)]
    needs = " ".join(f"c{i}>c{i - jump}" for i in range(200, 2_000) for jump in (1, 7, 40, 200) if i % 10)
    world = inputs(
        [deploy(f"{name} 1", request=index % 500) for index, name in enumerate(names)],
        [component(name, *steps) for name in names],
        needs=needs,
        placed={name: ["t-1", "t-2"] for name in names},
    )
    begun = process_time()
    found = compute_plan(world)
    preview_of(found.steps, found.links)
    assert len(found.steps) == 10_000
    assert process_time() - begun < 5
