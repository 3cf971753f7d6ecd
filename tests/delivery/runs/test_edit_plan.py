"""Editing a computed plan: in a draft, with a reason, cycles refused by name, made again when it is computed anew."""

from typing import Any

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import composing, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import PlanEdit, StepOrigin
from releaseorch.delivery.states import RequestState
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState
from tests.delivery.runs.stories import by_hand, now
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(house: House) -> DeploymentRun:
    """claims-db is migrated (step 1), then claims-web deployed (step 2)."""
    items = [
        ItemDraft(component=component, version=house.version(component))
        for component in (house.claims_db, house.claims_web)
    ]
    return run_in_state(
        house, RunState.DRAFT, requests=[request_in_state(house, RequestState.APPROVED, items=items)]
    )


def titles(run: DeploymentRun) -> list[str]:
    return [step.title for step in run.steps.order_by("number")]


def at(run: DeploymentRun, title: str) -> Step:
    return run.steps.get(title=title)


MIGRATE, DEPLOY = "Migrate claims-db to 2.0.0", "Deploy claims-web 2.0.0"


def add(house: House, run: DeploymentRun, **values: Any) -> DeploymentRun:
    return services.add_step(
        actor=house.cast.second_manager,
        run=run,
        title="Call the branches",
        reason="They close early.",
        **values,
    )


def test_an_added_step_stands_between_its_neighbours_and_says_why(house: House, run: DeploymentRun) -> None:
    add(house, run, after=[at(run, MIGRATE)], before=[at(run, DEPLOY)], team=house.cast.claims)
    assert titles(run) == [MIGRATE, "Call the branches", DEPLOY]
    added = at(run, "Call the branches")
    assert (added.added_because, added.kind, added.team) == ("They close early.", "manual", house.cast.claims)
    assert at(run, DEPLOY).open_predecessors == 2


def test_who_edits_becomes_the_last_editor_and_the_edit_is_kept_with_its_reason(
    house: House, run: DeploymentRun
) -> None:
    add(house, run)
    assert DeploymentRun.objects.get(pk=run.pk).edited_by == house.cast.second_manager
    edit = PlanEdit.objects.get(run=run)
    assert (edit.person, edit.reason) == (house.cast.second_manager, "They close early.")
    event = Event.objects.get(verb="run.plan_edited")
    assert (event.reason, event.after["what"]) == ("They close early.", "Added “Call the branches”")
    assert event.before["plan"] != event.after["plan"] == plans.digest(plans.read_plan(run))


def test_steps_keep_where_they_come_from(house: House, run: DeploymentRun) -> None:
    before = set(StepOrigin.objects.filter(step__run=run).values_list("step__key", "request_id", "rule"))
    add(house, run)
    assert (
        set(StepOrigin.objects.filter(step__run=run).values_list("step__key", "request_id", "rule")) == before
    )


def test_a_link_that_would_close_a_cycle_is_refused_and_names_it(house: House, run: DeploymentRun) -> None:
    with pytest.raises(Invalid) as refused:
        services.add_link(
            actor=house.cast.release_manager,
            run=run,
            before=at(run, DEPLOY),
            after=at(run, MIGRATE),
            reason="The other way round.",
        )
    assert refused.value.reasons == [
        f"These steps would wait for each other: “{MIGRATE}” → “{DEPLOY}” → “{MIGRATE}”."
    ]
    assert run.links.count() == 1
    assert not PlanEdit.objects.exists()


def test_a_step_added_before_what_it_waits_for_is_refused(house: House, run: DeploymentRun) -> None:
    with pytest.raises(Invalid, match="wait for each other"):
        add(house, run, after=[at(run, DEPLOY)], before=[at(run, MIGRATE)])


def test_a_removed_step_leaves_the_order_of_the_others(house: House, run: DeploymentRun) -> None:
    add(house, run, after=[at(run, MIGRATE)], before=[at(run, DEPLOY)])
    services.remove_step(
        actor=house.cast.release_manager, run=run, step=at(run, "Call the branches"), reason="They know."
    )
    assert titles(run) == [MIGRATE, DEPLOY]
    assert run.links.filter(before__title=MIGRATE, after__title=DEPLOY).count() == 1


def test_the_last_step_of_a_request_is_not_removed(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    with pytest.raises(NotAllowed, match="Take the request out instead"):
        services.remove_step(
            actor=house.cast.release_manager, run=run, step=run.steps.get(), reason="No need."
        )
    assert run.steps.count() == 1


def test_a_manual_step_is_moved_and_an_automated_one_is_not(house: House) -> None:
    first = run_in_state(house, RunState.DRAFT, requests=[by_hand(house, "One", "Two", "Three")])
    services.move_step(
        actor=house.cast.release_manager,
        run=first,
        step=at(first, "One"),
        after=[at(first, "Three")],
        reason="Later.",
    )
    assert titles(first) == ["Two", "Three", "One"]
    automated = run_in_state(house, RunState.DRAFT)
    with pytest.raises(NotAllowed, match="Add a link instead"):
        services.move_step(
            actor=house.cast.release_manager, run=automated, step=automated.steps.get(), reason="Later."
        )


def test_parameters_are_edited_and_frozen_with_a_new_digest(house: House, run: DeploymentRun) -> None:
    step = at(run, DEPLOY)
    services.edit_step(
        actor=house.cast.release_manager,
        run=run,
        step=step,
        parameters={"argv": ["true", "--slowly"]},
        reason="Half of the nodes at a time.",
    )
    edited = at(run, DEPLOY)
    assert edited.parameters == {"argv": ["true", "--slowly"]}
    assert edited.inputs_digest != step.inputs_digest
    version = edited.version
    assert version is not None
    assert edited.inputs_digest == plans.inputs_digest("shell", edited.parameters, version.digest)


def test_parameters_that_the_tool_does_not_take_are_refused_by_name(house: House, run: DeploymentRun) -> None:
    with pytest.raises(Invalid) as refused:
        services.edit_step(
            actor=house.cast.release_manager,
            run=run,
            step=at(run, DEPLOY),
            parameters={"argv": "rm -rf /", "shell": True},
            reason="Quick.",
        )
    assert {"parameters.argv", "parameters.shell"} <= set(refused.value.fields)


@pytest.mark.parametrize(
    "value",
    [float("nan"), "a\x00b", "\ud800", {"deep": object()}, "x" * 200_000],
    ids=lambda one: repr(one)[:12],
)
def test_parameters_that_no_database_keeps_are_refused(
    house: House, run: DeploymentRun, value: object
) -> None:
    with pytest.raises(Invalid) as refused:
        services.edit_step(
            actor=house.cast.release_manager,
            run=run,
            step=at(run, DEPLOY),
            parameters={"argv": ["true", value]},
            reason="Quick.",
        )
    assert "parameters" in refused.value.fields
    assert at(run, DEPLOY).parameters == {"argv": ["true"]}


@pytest.mark.parametrize("state", [RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED])
def test_a_fixed_plan_is_not_edited(house: House, state: RunState) -> None:
    run = run_in_state(house, state)
    with pytest.raises(Conflict, match="Unlock it"):
        add(house, run)
    assert run.steps.count() == 1


@pytest.mark.parametrize("who", ["developer", "operator", "auditor", "outsider"])
def test_only_release_managers_edit(house: House, run: DeploymentRun, who: str) -> None:
    with pytest.raises(NotAllowed, match="role"):
        services.add_step(actor=getattr(house.cast, who), run=run, title="Mine", reason="I want to.")


@pytest.mark.parametrize(
    "values",
    [
        {"title": "x" * 10_000},
        {"title": ""},
        {"title": "bad\x00title"},
        {"title": "left\u202eright"},
        {"instructions": "\x07"},
        {"expected_s": -1},
        {"expected_s": 2**63},
        {"reason": "  "},
    ],
)
def test_what_can_not_be_taken_is_refused_and_nothing_is_written(
    house: House, run: DeploymentRun, values: dict[str, Any]
) -> None:
    given = {"title": "Call", "reason": "They asked.", **values}
    with pytest.raises(Invalid):
        services.add_step(actor=house.cast.release_manager, run=run, **given)
    assert titles(run) == [MIGRATE, DEPLOY]


def test_a_stale_page_edits_nothing(house: House, run: DeploymentRun) -> None:
    seen = run.row_version
    add(house, run, seen=seen)
    with pytest.raises(Conflict, match="since you opened"):
        add(house, run, seen=seen)
    assert PlanEdit.objects.count() == 1


def test_edits_are_made_again_when_the_plan_is_computed_anew(house: House, run: DeploymentRun) -> None:
    add(house, run, after=[at(run, MIGRATE)], before=[at(run, DEPLOY)])
    answer = services.replan_run(actor=house.cast.release_manager, run=run)
    assert (answer.has_changed, answer.lost) == (False, [])
    assert titles(run) == [MIGRATE, "Call the branches", DEPLOY]


def test_an_edit_whose_neighbours_are_gone_is_dropped_and_named(house: House, run: DeploymentRun) -> None:
    other = by_hand(house, "Warn")
    both = [*composing.requests_of(run), other]
    run = services.cancel_run(actor=house.cast.release_manager, run=run, reason="Once more.")
    for request in both:
        request.refresh_from_db()
    run = services.compose_run(actor=house.cast.release_manager, requests=both)
    add(house, run, after=[at(run, "Warn")])
    services.take_out_request(
        actor=house.cast.release_manager, run=run, request=now(other), reason="Not today."
    )
    assert titles(run) == [MIGRATE, DEPLOY]
    dropped = PlanEdit.objects.get(run=run)
    assert "not in this plan any more" in dropped.dropped_because
    lost = Event.objects.get(verb="run.request_taken_out").after["lost"]
    assert lost == [
        "“Added “Call the branches”” was not made again: "
        "The steps that it stood beside are not in this plan any more."
    ]
