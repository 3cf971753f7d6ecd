"""What delivery demands at the moment a run starts, whatever was true when it was approved."""

from datetime import timedelta

import pytest

from releaseorch.accounts.models import RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.catalog import services as catalog
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Reservation
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def refused(house: House, run: DeploymentRun) -> list[str]:
    with pytest.raises(NotAllowed) as no:
        runs.start_run(actor=house.cast.release_manager, run=DeploymentRun.objects.get(pk=run.pk))
    assert DeploymentRun.objects.get(pk=run.pk).state != RunState.RUNNING
    assert not run.targets.filter(is_active=True).exists()
    return no.value.reasons


def test_an_approved_run_starts(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    runs.start_run(actor=house.cast.operator, run=run)
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.RUNNING


def test_rows_that_are_not_what_was_approved_refuse(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    Step.objects.filter(run=run).update(parameters={"argv": ["rm", "-rf", "/"]})
    (reason,) = refused(house, run)
    assert "not the one that was approved" in reason


def test_a_policy_made_since_reopens_the_question(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    policy = ApprovalPolicy.objects.create(name="Security too", subject=Subject.RUN)
    ApprovalSlot.objects.create(policy=policy, name="Release management", role=Role.RELEASE_MANAGER)
    ApprovalSlot.objects.create(policy=policy, name="Security", role=Role.SECURITY)
    (reason,) = refused(house, run)
    assert reason == "Security has not approved: 1 more needed from Security."


def test_an_approver_who_lost_the_role_does_not_count(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    RoleGrant.objects.filter(person=house.cast.second_manager).delete()
    assert any("Sven Dahl, who approved" in reason for reason in refused(house, run))


def test_a_version_blocked_since_refuses_with_the_reason(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    version = house.claims_web.versions.get()
    catalog.block_version(actor=house.cast.release_manager, version=version, reason="Loses photographs.")
    assert refused(house, run) == ["claims-web 2.0.0 is blocked: Loses photographs."]


def test_a_request_that_is_not_planned_refuses(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    DeploymentRequest.objects.filter(run=run).update(run=None, state=RequestState.APPROVED)
    assert refused(house, run) == ["No request is in this run."]


def reserve(house: House, **values: object) -> Reservation:
    now = clock.now()
    given = {
        "environment": house.production,
        "owner": house.cast.qa,
        "reason": "Load test",
        "starts_at": now - timedelta(hours=1),
        "expires_at": now + timedelta(hours=3),
        **values,
    }
    return Reservation.objects.create(**given)  # type: ignore[misc]


@pytest.mark.parametrize("whole", [True, False])
def test_a_reservation_of_somebody_else_refuses_and_says_who_and_until_when(
    house: House, whole: bool
) -> None:
    run = run_in_state(house, RunState.APPROVED)
    kept = reserve(house, application=None if whole else house.claims)
    (reason,) = refused(house, run)
    assert f"{'Production' if whole else 'Claims'} is kept by Quinn Abara until" in reason
    assert f"{kept.expires_at:%Y-%m-%d}" in reason
    assert "Load test" in reason


@pytest.mark.parametrize("other", ["application", "environment", "released", "over", "owner"])
def test_reservations_that_do_not_concern_the_run_let_it_start(house: House, other: str) -> None:
    run = run_in_state(house, RunState.APPROVED)
    past = clock.now() - timedelta(hours=2)
    reserve(
        house,
        **{
            "application": {"application": house.billing},
            "environment": {"environment": house.acceptance},
            "released": {"released_at": clock.now()},
            "over": {"starts_at": past, "expires_at": past + timedelta(hours=1)},
            "owner": {"owner": house.cast.release_manager},
        }[other],
    )
    runs.start_run(actor=house.cast.release_manager, run=run)
    assert run.state == RunState.RUNNING


def test_a_run_starts_only_in_its_window(house: House) -> None:
    run = run_in_state(house, RunState.SCHEDULED)
    assert run.window_from is not None
    assert run.window_until is not None
    assert "opens at" in refused(house, run)[0]
    with clock.at(run.window_until + timedelta(seconds=1)):
        assert "closed at" in refused(house, run)[0]
    with clock.at(run.window_from + timedelta(seconds=1)):
        runs.start_run(actor=house.cast.release_manager, run=DeploymentRun.objects.get(pk=run.pk))


def test_a_draft_does_not_start(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    with pytest.raises(Conflict):
        runs.start_run(actor=house.cast.release_manager, run=run)


def test_runs_that_overlap_are_refused_with_the_name_and_others_go_side_by_side(house: House) -> None:
    first = run_in_state(house, RunState.RUNNING, title="Friday")
    second = run_in_state(house, RunState.APPROVED, title="Saturday")
    with pytest.raises(Conflict, match=r"Friday #\d+ by Rita Moreau holds claims-web in Production until"):
        runs.start_run(actor=house.cast.release_manager, run=second)
    beside = request_in_state(
        house,
        RequestState.APPROVED,
        items=[ItemDraft(component=house.claims_db, version=house.version(house.claims_db))],
    )
    third = run_in_state(house, RunState.RUNNING, requests=[beside])
    assert {first.state, third.state} == {RunState.RUNNING}
