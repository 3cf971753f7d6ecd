"""Invariant 20 over every state that a history reaches: no orphan, nobody who waits for what is over."""

from collections.abc import Callable

import pytest

from releaseorch.delivery.states import RequestState
from releaseorch.waiting.models import Interval
from tests.doors.next_actor import orphans
from tests.doors.run_verbs import draft_of_two, held_up
from tests.doors.step_verbs import claimed, ready, undecided
from tests.factories import House
from tests.histories import RUN_WAYS, request_in_state, run_in_state

pytestmark = pytest.mark.django_db

HISTORIES: dict[str, Callable[[House], object]] = {
    **{
        f"request {state.value}": lambda house, state=state: request_in_state(house, state)
        for state in RequestState
    },
    **{f"run {state.value}": lambda house, state=state: run_in_state(house, state) for state in RUN_WAYS},
    "run of two requests": draft_of_two,
    "run held up": held_up,
    "step ready": ready,
    "step claimed": claimed,
    "step undecided": undecided,
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_whatever_is_not_over_has_one_next_actor(house: House, history: Callable[[House], object]) -> None:
    history(house)
    assert orphans() == []


def test_the_query_finds_an_orphan_and_a_ghost(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    mine = Interval.objects.filter(subject_kind="request", ended_at=None)
    wait = mine.get()
    mine.update(subject_id=request.pk + 1)
    assert orphans() == [
        f"request {request.pk} waits for nobody",
        f"request {request.pk + 1} is over and still waits",
    ]
    mine.update(subject_id=request.pk)
    assert orphans() == []
    Interval.objects.filter(ended_at__isnull=False).update(ended_at=None, is_primary=False)
    Interval.objects.filter(pk=wait.pk).update(blocker_name=" ")
    assert f"request {request.pk} waits for somebody without a name" in orphans()
