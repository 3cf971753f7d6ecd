"""Eight processes compose, approve, start, unlock, edit and withdraw at the same moment: one wins, all stays whole."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.characters import Cast, grant, person
from tests.delivery.runs.stories import by_hand, done, running
from tests.delivery.runs.test_any_order_of_verbs import contradictions
from tests.factories import House
from tests.faults import composing_contestants as contestants
from tests.histories import request_in_state, run_in_state
from tests.races import RACERS, Finish, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def winners(finishes: list[Finish]) -> list[object]:
    return [finish.value for finish in finishes if finish.value]


def count(verb: str) -> int:
    return Event.objects.filter(verb=verb).count()


def managers(cast: Cast, number: int) -> list[int]:
    made = [person(f"manager-{one}", f"Manager {one}") for one in range(number)]
    for one in made:
        grant(one, Role.RELEASE_MANAGER)
    return [one.pk for one in made]


def test_a_request_gets_into_one_run(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        requests = [request_in_state(house, RequestState.APPROVED) for _each in range(3)]
        # Each takes the shared first request and one of the others.
        wanted = [[requests[0].pk, requests[1 + racer % 2].pk] for racer in range(RACERS)]
        finishes = racers.race(contestants.compose, [(ids, house.cast.release_manager.pk) for ids in wanted])
        (run,) = winners(finishes)
        assert DeploymentRequest.objects.get(pk=requests[0].pk).run_id == run
        assert DeploymentRun.objects.count() == count("run.created") == number + 1
        assert contradictions() == []


def test_a_run_is_proposed_once(house: House, racers: Racers) -> None:
    run = run_in_state(house, RunState.DRAFT)
    finishes = racers.race(contestants.propose, [(run.pk, house.cast.release_manager.pk)] * RACERS)
    assert winners(finishes) == ["proposed"]
    assert (
        DeploymentRun.objects.get(pk=run.pk).round == count("run.proposed") == count("request.planned") == 1
    )
    assert contradictions() == []


def test_one_person_who_clicks_eight_times_approves_once(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        run = run_in_state(house, RunState.PROPOSED)
        finishes = racers.race(contestants.approve, [(run.pk, house.cast.second_manager.pk)] * RACERS)
        assert winners(finishes) == ["approved"]
        assert Approval.objects.filter(run=run).count() == 1
        assert count("run.approved") == number + 1
        assert contradictions() == []


def test_of_two_slots_filled_at_the_same_moment_none_is_lost(house: House, racers: Racers) -> None:
    policy = ApprovalPolicy.objects.create(name="Two", subject=Subject.RUN)
    ApprovalSlot.objects.create(policy=policy, name="Managers", role=Role.RELEASE_MANAGER, quorum=2)
    people = managers(house.cast, RACERS)
    for number in range(ROUNDS):
        run = run_in_state(house, RunState.PROPOSED)
        for _again in range(RACERS):  # who lost looks again and presses again
            racers.race(contestants.approve, [(run.pk, pk) for pk in people])
            if DeploymentRun.objects.get(pk=run.pk).state == RunState.APPROVED:
                break
        assert DeploymentRun.objects.get(pk=run.pk).state == RunState.APPROVED
        assert Approval.objects.filter(run=run).count() == 2
        assert (count("run.approved"), count("run.slot_approved")) == (number + 1, number + 1)
        assert contradictions() == []


def test_an_approved_run_starts_once(house: House, racers: Racers) -> None:
    run = run_in_state(house, RunState.APPROVED)
    finishes = racers.race(contestants.start, [(run.pk, house.cast.operator.pk)] * RACERS)
    assert winners(finishes) == ["running"]
    assert count("run.started") == 1


def test_start_unlock_edit_withdraw_take_out_and_cancel(house: House, racers: Racers) -> None:
    """Several may win one after the other (unlock, then cancel); whatever happens, nothing contradicts."""
    house.version(house.claims_web, "3.0.0")
    manager, developer = house.cast.release_manager.pk, house.cast.developer.pk
    for _number in range(ROUNDS):
        one, two = request_in_state(house, RequestState.APPROVED), by_hand(house, "Call")
        run = run_in_state(house, RunState.APPROVED, requests=[one, two])
        verbs = ["start", "unlock_run", "edit", "withdraw", "take_out", "cancel_run", "start", "unlock_run"]
        finishes = racers.race(
            contestants.act,
            [
                (run.pk, one.pk, developer if verb in {"edit", "withdraw"} else manager, verb)
                for verb in verbs
            ],
        )
        assert winners(finishes)
        assert contradictions() == []
        assert winners(finishes).count("start") <= 1
        if "start" in winners(finishes):
            runs.stop_run(
                actor=house.cast.release_manager,
                run=DeploymentRun.objects.get(pk=run.pk),
                reason="Next round.",
            )


def test_the_end_of_a_run_told_eight_times_ends_its_requests_once(house: House, racers: Racers) -> None:
    request = by_hand(house, "Switch")
    run = running(house, request)
    done(run, "Switch", house.cast.operator)
    ended = Event.objects.get(verb="run.succeeded")
    DeploymentRequest.objects.filter(pk=request.pk).update(state=RequestState.DEPLOYING, closed_at=None)
    before = count("request.deployed")
    racers.race(contestants.told, [(ended.pk,)] * RACERS)
    assert DeploymentRequest.objects.get(pk=request.pk).state == RequestState.DEPLOYED
    assert count("request.deployed") == before + 1
