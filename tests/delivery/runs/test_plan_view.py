"""What the Plan page is told: order, reasons, origins, conflicts, time, downtime; no row is written."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from releaseorch.core import clock
from releaseorch.delivery import plan_queries, run_queries, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Installation, Reservation
from releaseorch.environments.states import SourceKind
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState
from tests.delivery.runs.stories import by_hand
from tests.factories import ComponentFactory, House, ProcedureFactory, VersionFactory
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

STOP = {
    "key": "stop",
    "title": "Stop ${component}",
    "phase": "stop",
    "downtime": "takes_down",
    "expected_s": 60,
}
SWAP = {"key": "swap", "title": "Swap ${component}", "phase": "deploy", "reversible": "no", "expected_s": 120}
START = {
    "key": "start",
    "title": "Start ${component}",
    "phase": "start",
    "downtime": "brings_back",
    "expected_s": 30,
}


@pytest.fixture
def outage(house: House) -> DeploymentRequest:
    """claims-web is stopped, swapped for good, and started again."""
    steps = [STOP | {"installs": False}, SWAP, START | {"installs": False}]
    house.claims_web.procedure = ProcedureFactory(name="outage", steps=steps)
    house.claims_web.save()
    Installation.objects.create(
        component=house.claims_web,
        environment=house.production,
        version=house.version(house.claims_web, "1.9.0"),
        source_kind=SourceKind.HAND,
    )
    return request_in_state(house, RequestState.APPROVED)


def test_steps_stand_in_layers_with_reasons_versions_teams_and_origins(
    house: House, outage: DeploymentRequest
) -> None:
    view = plan_queries.plan_view(run_in_state(house, RunState.DRAFT, requests=[outage]))
    assert [[step.title for step in layer.steps] for layer in view.layers] == [
        ["Stop claims-web"],
        ["Swap claims-web"],
        ["Start claims-web"],
    ]
    swap = view.steps[1]
    assert (swap.from_version, swap.to_version) == ("1.9.0", "2.0.0")
    assert (swap.component, swap.application, swap.team) == ("claims-web", "Claims", "Claims")
    assert swap.request_ids == (outage.pk,)
    assert f"#{outage.pk}" in swap.origins[0].rule
    (wait,) = swap.waits_for
    assert (wait.title, wait.number) == ("Stop claims-web", 1)
    assert wait.why


def test_duration_downtime_and_point_of_no_return_are_said(house: House, outage: DeploymentRequest) -> None:
    view = plan_queries.plan_view(
        run_in_state(house, RunState.DRAFT, requests=[outage, by_hand(house, "Call")])
    )
    assert (view.expected_s, view.work_s) == (600, 810)
    assert [step.title for step in view.critical_path] == ["Call"]
    (down,) = view.downtimes
    assert (down.application, down.seconds, down.is_open) == ("Claims", 210, False)
    assert view.point_of_no_return is not None
    assert view.point_of_no_return.title == "Swap claims-web"
    assert (view.manual_steps, view.automated_steps) == (1, 3)


def test_each_request_says_how_many_steps_are_there_because_of_it(house: House) -> None:
    one, other = (
        request_in_state(house, RequestState.APPROVED),
        request_in_state(house, RequestState.APPROVED),
    )
    run = run_in_state(house, RunState.DRAFT, requests=[one, other, by_hand(house, "Call")])
    lines = plan_queries.plan_view(run).requests
    assert [(line.steps, line.own_steps) for line in lines] == [(1, 0), (1, 0), (1, 1)]


def test_what_is_there_already_is_not_needed_and_says_so(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT, requests=[request_in_state(house, RequestState.APPROVED)])
    version = house.claims_web.versions.get()
    Installation.objects.create(
        component=house.claims_web, environment=house.production, version=version, source_kind=SourceKind.HAND
    )
    assert plan_queries.plan_view(run).is_outdated
    services.replan_run(actor=house.cast.release_manager, run=run)
    view = plan_queries.plan_view(run)
    assert not view.is_outdated
    assert view.layers == ()
    assert view.not_needed[0].not_needed_because == "claims-web 2.0.0 is already installed in Production."


def test_edits_stand_beside_the_plan_with_person_and_reason(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    services.add_step(
        actor=house.cast.second_manager, run=run, title="Call the branches", reason="They close early."
    )
    view = plan_queries.plan_view(run)
    (edit,) = view.edits
    assert (edit.summary, edit.reason, edit.person) == (
        "Added “Call the branches”",
        "They close early.",
        "Sven Dahl",
    )
    assert [(change.title, change.what) for change in view.changes] == [("Call the branches", "added")]


def test_the_preview_of_a_request_writes_nothing_and_tells_the_way_back(
    house: House, outage: DeploymentRequest
) -> None:
    view = plan_queries.preview_for_request(outage)
    assert [step.title for step in view.steps] == ["Stop claims-web", "Swap claims-web", "Start claims-web"]
    (back,) = view.rollback
    assert (back.component, back.version, back.instead_of, back.is_possible) == (
        "claims-web",
        "1.9.0",
        "2.0.0",
        False,
    )
    assert not Step.objects.exists()
    assert not DeploymentRun.objects.exists()


def test_a_draft_request_has_a_preview_too(house: House) -> None:
    assert len(plan_queries.preview_for_request(request_in_state(house, RequestState.DRAFT)).steps) == 1


def test_a_selection_says_what_its_run_would_be_and_what_does_not_fit(house: House) -> None:
    fits, again = (
        request_in_state(house, RequestState.APPROVED),
        request_in_state(
            house,
            RequestState.APPROVED,
            items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web, "2.1.0"))],
        ),
    )
    draft = request_in_state(house, RequestState.DRAFT)
    chosen = run_queries.selection_preview([fits.pk, again.pk, draft.pk])
    assert chosen.fitting == [fits, again]
    assert "only approved requests" in chosen.problems[draft.pk]
    assert chosen.preview is not None
    (block,) = chosen.preview.blocks
    assert set(block.request_ids) == {fits.pk, again.pk}
    assert not DeploymentRun.objects.exists()


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_selection_of_numbers_that_no_request_has_is_empty(house: House, number: int) -> None:
    chosen = run_queries.selection_preview([number])
    assert (chosen.requests, chosen.preview) == ((), None)


Counted = Callable[..., Any]


def test_the_cost_of_a_view_does_not_grow_with_the_plan(
    house: House, django_assert_num_queries: Counted
) -> None:
    small = run_in_state(house, RunState.PROPOSED)
    large = run_in_state(house, RunState.PROPOSED, requests=[_large(house) for _number in range(4)])
    for run in (small, large):
        with django_assert_num_queries(17):
            plan_queries.plan_view(DeploymentRun.objects.get(pk=run.pk))


def test_the_cost_of_a_draft_does_not_grow_with_the_plan(
    house: House, django_assert_num_queries: Counted
) -> None:
    small = run_in_state(house, RunState.DRAFT, requests=[_large(house, 1)])
    large = run_in_state(house, RunState.DRAFT, requests=[_large(house) for _number in range(4)])
    for run in (small, large):
        with django_assert_num_queries(25):
            plan_queries.plan_view(DeploymentRun.objects.get(pk=run.pk))


def _large(house: House, count: int = 5) -> DeploymentRequest:
    components = [ComponentFactory(application=house.claims) for _number in range(count)]
    items = [
        ItemDraft(component=component, version=VersionFactory(component=component))
        for component in components
    ]
    return request_in_state(house, RequestState.APPROVED, items=items)


def test_other_runs_on_the_same_components_are_named_early(house: House) -> None:
    other = run_in_state(house, RunState.PROPOSED, title="Friday")
    view = plan_queries.plan_view(run_in_state(house, RunState.DRAFT))
    (said,) = [one.sentence for one in view.warnings if one.kind == "other-run"]
    assert said == f"{other}, which is proposed, touches claims-web too."
    assert not view.blocks


def test_a_reservation_to_come_is_named_early(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    begins = clock.now() + timedelta(days=1)
    Reservation.objects.create(
        environment=house.production,
        owner=house.cast.qa,
        reason="Load test",
        starts_at=begins,
        expires_at=begins + timedelta(days=1),
    )
    (warning,) = plan_queries.plan_view(run).warnings
    assert "Production is kept by Quinn Abara until" in warning.sentence
