"""Composing a run: approved requests of one environment, none held elsewhere, and a plan at once."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest, StepOrigin
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def test_a_run_of_one_request_is_a_draft_with_its_steps_and_targets(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    run = services.compose_run(actor=house.cast.release_manager, requests=[request], title="Saturday")
    assert run.state == RunState.DRAFT
    assert [step.title for step in run.steps.all()] == ["Deploy claims-web 2.0.0"]
    assert [target.component for target in run.targets.all()] == [house.claims_web]
    assert not run.targets.filter(is_active=True).exists()
    assert DeploymentRequest.objects.get(pk=request.pk).run == run


def test_the_steps_of_several_requests_are_merged_and_ordered_by_dependency(house: House) -> None:
    web, database = house.version(house.claims_web), house.version(house.claims_db)
    first = request_in_state(
        house, RequestState.APPROVED, items=[ItemDraft(component=house.claims_web, version=web)]
    )
    both = [
        ItemDraft(component=house.claims_web, version=web),
        ItemDraft(component=house.claims_db, version=database),
    ]
    second = request_in_state(house, RequestState.APPROVED, items=both)
    run = run_in_state(house, RunState.DRAFT, requests=[first, second])
    titles = [step.title for step in run.steps.all()]
    assert titles == ["Migrate claims-db to 2.0.0", "Deploy claims-web 2.0.0"]
    link = run.links.get()
    assert (link.before.number, link.after.number) == (1, 2)
    assert "claims-db" in link.why
    origins = StepOrigin.objects.filter(step__run=run).values_list("step__number", "request_id")
    assert set(origins) == {(1, second.pk), (2, first.pk), (2, second.pk)}


def test_request_and_run_say_what_they_wait_for(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    request = DeploymentRequest.objects.get(run=run)
    waits = ledger.open_waits("request", [request.pk]) | ledger.open_waits("run", [run.pk])
    assert waits[run.pk].sentence == "Waits for Rita Moreau to propose it."
    wait = ledger.open_waits("request", [request.pk])[request.pk]
    assert (wait.blocker_kind, wait.blocker_id) == ("run", run.pk)


def test_the_event_names_requests_and_steps(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    event = Event.objects.get(verb="run.created")
    assert event.subject_id == run.pk
    assert event.after["requests"] == list(
        DeploymentRequest.objects.filter(run=run).values_list("pk", flat=True)
    )
    assert event.after["steps"] == 1


def test_a_request_held_by_another_run_is_refused_with_the_name_of_that_run(house: House) -> None:
    held = request_in_state(house, RequestState.APPROVED)
    free = request_in_state(house, RequestState.APPROVED)
    run_in_state(house, RunState.DRAFT, requests=[held], title="Friday")
    with pytest.raises(Conflict, match="is in Friday #"):
        services.compose_run(actor=house.cast.release_manager, requests=[free, held])
    assert DeploymentRequest.objects.get(pk=free.pk).run is None
    assert DeploymentRun.objects.count() == 1


@pytest.mark.parametrize("state", [state for state in RequestState if state != RequestState.APPROVED])
def test_only_approved_requests_go_into_a_run(house: House, state: RequestState) -> None:
    request = request_in_state(house, state)
    runs_before = DeploymentRun.objects.count()
    with pytest.raises(Conflict, match=r"only approved requests|is in Saturday"):
        services.compose_run(actor=house.cast.release_manager, requests=[request])
    assert DeploymentRun.objects.count() == runs_before


def test_requests_of_two_environments_are_refused_by_name(house: House) -> None:
    one = request_in_state(house, RequestState.APPROVED)
    other = request_in_state(house, RequestState.APPROVED, environment=house.acceptance)
    with pytest.raises(Invalid, match="Acceptance, Production"):
        services.compose_run(actor=house.cast.release_manager, requests=[one, other])


def test_no_request_is_no_run(house: House) -> None:
    with pytest.raises(Invalid, match="at least one"):
        services.compose_run(actor=house.cast.release_manager, requests=[])


@pytest.mark.parametrize("who", ["developer", "operator", "auditor", "outsider", "qa"])
def test_only_release_managers_compose(house: House, who: str) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    with pytest.raises(NotAllowed, match="role"):
        services.compose_run(actor=getattr(house.cast, who), requests=[request])


def test_one_component_at_two_versions_makes_a_draft_with_a_conflict_that_names_both(house: House) -> None:
    requests = [
        request_in_state(
            house,
            RequestState.APPROVED,
            items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web, text))],
        )
        for text in ("2.0.0", "2.1.0")
    ]
    run_in_state(house, RunState.DRAFT, requests=requests)
    conflicts = Event.objects.get(verb="run.created").after["conflicts"]
    assert conflicts[0].startswith("claims-web is asked for in 2 ways")
    assert all(f"#{request.pk}" in conflicts[0] for request in requests)


def test_a_run_gets_a_title_from_what_is_in_it(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    run = services.compose_run(actor=house.cast.release_manager, requests=[request])
    assert run.title == "2026.4 to Production"


def test_the_cost_does_not_grow_with_the_steps_of_a_request(
    house: House, django_assert_max_num_queries: object
) -> None:
    items = [
        ItemDraft(component=component, version=house.version(component))
        for component in (house.claims_web, house.claims_db)
    ]
    request = request_in_state(house, RequestState.APPROVED, items=items)
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        services.compose_run(actor=house.cast.release_manager, requests=[request])
