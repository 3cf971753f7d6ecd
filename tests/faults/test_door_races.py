"""Eight processes at the doors at the same moment: one effect, one event, and everybody gets a clear answer."""

from datetime import timedelta

import pytest

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person
from releaseorch.api.models import IdempotencyKey
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments import services as environments
from releaseorch.runs.models import Attempt, Evidence, Step
from tests.doors.next_actor import orphans
from tests.doors.step_verbs import claimed
from tests.factories import House
from tests.faults import door_contestants as doors
from tests.faults import request_contestants
from tests.histories import request_in_state
from tests.races import RACERS, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3
BODY = {"application": "claims", "environment": "integration", "title": "Once"}


def token_of(person: Person) -> str:
    return tokens.create_token(
        actor=person, person=person, name="race", scopes=sorted(tokens.SCOPES), days=1
    )[1]


def count(verb: str) -> int:
    return Event.objects.filter(verb=verb).count()


def test_a_call_with_one_key_made_eight_times_has_one_effect_and_one_answer(
    house: House, racers: Racers
) -> None:
    token = token_of(house.cast.developer)
    for number in range(ROUNDS):
        calls = [(token, "requests", BODY, f"key-{number}")] * RACERS
        answers = {finish.value for finish in racers.race(doors.call_api, calls)}
        newest = DeploymentRequest.objects.latest("id").pk
        assert answers == {(201, newest)}
        assert DeploymentRequest.objects.count() == count("request.created") == number + 1
        assert IdempotencyKey.objects.get(key=f"key-{number}").answer["id"] == newest
        assert orphans() == []


def test_one_key_for_eight_different_calls_counts_for_one(house: House, racers: Racers) -> None:
    token = token_of(house.cast.developer)
    calls = [(token, "requests", BODY | {"title": f"Call {number}"}, "the-same") for number in range(RACERS)]
    statuses = sorted(finish.value[0] for finish in racers.race(doors.call_api, calls))
    assert statuses == [201] + [409] * (RACERS - 1)
    assert DeploymentRequest.objects.count() == count("request.created") == 1


def test_of_those_who_approve_at_page_and_api_one_is_first(house: House, racers: Racers) -> None:
    rita, sven = house.cast.release_manager, house.cast.second_manager
    token = token_of(sven)
    for number in range(ROUNDS):
        request = request_in_state(house, RequestState.SUBMITTED)
        path, body = f"requests/{request.pk}/approve", {"version": request.row_version}
        calls = [("page", rita.pk, path, body), ("api", token, path, body)] * (RACERS // 2)
        statuses = sorted(finish.value[0] for finish in racers.race(doors.knock, calls))
        assert statuses[0] in {200, 303}
        assert statuses[1:] == [409] * (RACERS - 1)
        assert DeploymentRequest.objects.get(pk=request.pk).state == RequestState.APPROVED
        assert count("request.approved") == number + 1
        assert orphans() == []


def test_a_failed_request_is_tried_again_or_withdrawn(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        request = request_in_state(house, RequestState.FAILED)
        verbs = [("retry", house.cast.developer), ("withdraw", house.cast.teammate)] * (RACERS // 2)
        racing = [(request.pk, person.pk, verb, request.row_version) for verb, person in verbs]
        finishes = racers.race(request_contestants.decide, racing)
        (verb,) = [finish.value for finish in finishes if finish.value]
        state = DeploymentRequest.objects.get(pk=request.pk).state
        assert state == {"retry": "approved", "withdraw": "withdrawn"}[verb]
        assert count("request.retried") + count("request.withdrawn") == number + 1
        assert orphans() == []


def test_a_step_that_was_taken_goes_one_way(house: House, racers: Racers) -> None:
    olga = house.cast.operator
    verbs = [
        ("done_step", {"note": "Seen."}), ("failed_step", {"note": "Smoke."}),
        ("hand_back_step", {"reason": "In the race."}), ("reassign_step", {"reason": "In the race."}),
    ]  # fmt: skip
    past = ["step.done", "step.failed", "step.handed_back", "step.reassigned"]
    for number in range(ROUNDS):
        step = claimed(house)
        racing = [(step.pk, olga.pk, verb, step.row_version, given) for verb, given in verbs * (RACERS // 4)]
        finishes = racers.race(doors.by_hand, racing)
        assert len([finish for finish in finishes if finish.value]) == 1
        assert sum(map(count, past)) == number + 1
        assert Attempt.objects.filter(step=step).count() == 1
        finished = Step.objects.get(pk=step.pk).state in {"succeeded", "needs_decision"}
        assert Evidence.objects.filter(step=step).count() == int(finished)
        assert orphans() == []


def test_a_reservation_is_given_back_once(house: House, racers: Racers) -> None:
    quinn = house.cast.qa
    kept = environments.create_reservation(
        actor=quinn, environment=house.acceptance, expires_at=clock.now() + timedelta(hours=1), reason="Tests"
    )
    racing = [(kept.pk, person.pk) for person in (quinn, house.cast.release_manager)] * (RACERS // 2)
    finishes = racers.race(doors.give_back, racing)
    assert [finish.value for finish in finishes if finish.value] == [True]
    assert count("reservation.released") == 1
