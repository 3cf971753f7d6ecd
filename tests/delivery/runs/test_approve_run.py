"""Approving a run: slots of the policies, never one's own plan, bound to round and digest."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import approvals, services
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db


def ask_for(house: House, *slots: dict[str, object]) -> None:
    policy = ApprovalPolicy.objects.create(name="Runs", subject=Subject.RUN, environment=house.production)
    for slot in slots:
        ApprovalSlot.objects.create(policy=policy, **slot)


def test_the_last_missing_slot_moves_the_run_on(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    services.approve_run(
        actor=house.cast.second_manager, run=run, seen=run.row_version, comment="Looks right."
    )
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert kept.state == RunState.APPROVED
    given = Approval.objects.get(run=run)
    assert (given.round, given.digest, given.slot) == (1, kept.plan_digest, "Release management")
    event = Event.objects.get(verb="run.approved")
    assert (event.actor_id, event.reason) == (house.cast.second_manager.pk, "Looks right.")


def test_afterwards_run_and_requests_wait_for_the_start(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    request = DeploymentRequest.objects.get(run=run)
    assert request.state == RequestState.PLANNED
    assert "start" in ledger.open_waits("run", [run.pk])[run.pk].sentence
    assert "started" in ledger.open_waits("request", [request.pk])[request.pk].sentence


def test_who_composed_the_run_does_not_approve_it(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    with pytest.raises(NotAllowed, match="You composed this run"):
        services.approve_run(actor=house.cast.release_manager, run=run)
    assert not Approval.objects.filter(run=run).exists()


def test_who_edited_the_plan_last_does_not_approve_it(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    services.add_step(
        actor=house.cast.second_manager, run=run, title="Call the branch offices", reason="They close early."
    )
    services.propose_run(actor=house.cast.release_manager, run=run)
    with pytest.raises(NotAllowed, match="last to edit"):
        services.approve_run(actor=house.cast.second_manager, run=run)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("robot", "A robot never approves"),
        ("developer", "filled by the role"),
        ("operator", "filled by the role"),
        ("outsider", "no role here"),
    ],
)
def test_who_has_no_slot_is_refused_with_the_reason(house: House, who: str, sentence: str) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    with pytest.raises(NotAllowed, match=sentence):
        services.approve_run(actor=getattr(house.cast, who), run=run)
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.PROPOSED


def test_with_two_slots_one_approval_is_not_enough(house: House) -> None:
    ask_for(
        house,
        {"name": "Release management", "role": Role.RELEASE_MANAGER},
        {"name": "QA", "role": Role.QA_LEAD},
    )
    run = run_in_state(house, RunState.PROPOSED)
    services.approve_run(actor=house.cast.second_manager, run=run)
    assert run.state == RunState.PROPOSED
    assert ledger.open_waits("run", [run.pk])[run.pk].sentence == "Waits for the approval of QA."
    assert Event.objects.filter(verb="run.slot_approved").count() == 1
    services.approve_run(actor=house.cast.qa, run=run)
    assert run.state == RunState.APPROVED


def test_one_person_approves_once(house: House) -> None:
    ask_for(house, {"name": "Release management", "role": Role.RELEASE_MANAGER, "quorum": 2})
    run = run_in_state(house, RunState.PROPOSED)
    services.approve_run(actor=house.cast.second_manager, run=run)
    with pytest.raises(NotAllowed, match="already approved"):
        services.approve_run(actor=house.cast.second_manager, run=run)


def test_an_approval_falls_when_the_plan_is_unlocked(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    services.unlock_run(actor=house.cast.release_manager, run=run, reason="The order was wrong.")
    services.propose_run(actor=house.cast.release_manager, run=run)
    assert (run.round, run.state) == (2, RunState.PROPOSED)
    assert approvals.missing(approvals.slots_of_run(run)) == 1
    services.approve_run(actor=house.cast.second_manager, run=run)
    assert run.state == RunState.APPROVED
    assert Approval.objects.filter(run=run).count() == 2


def test_a_stale_page_approves_nothing(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    with pytest.raises(Conflict, match="since you opened"):
        services.approve_run(actor=house.cast.second_manager, run=run, seen=run.row_version - 1)


def test_what_was_unlocked_and_proposed_again_in_between_is_not_approved_by_an_old_object(
    house: House,
) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    old = DeploymentRun.objects.get(pk=run.pk)
    services.unlock_run(actor=house.cast.release_manager, run=run, reason="One more step.")
    services.propose_run(actor=house.cast.release_manager, run=run)
    with pytest.raises(Conflict):
        services.approve_run(actor=house.cast.second_manager, run=old)
    assert not Approval.objects.filter(run=run).exists()
