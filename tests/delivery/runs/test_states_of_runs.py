"""Every verb of composing in every state of a run before its start: it moves as the table says, or is refused."""

from collections.abc import Callable

import pytest

from releaseorch.core.errors import Conflict
from releaseorch.delivery import services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.run_histories import run_in_state

pytestmark = pytest.mark.django_db

S = RunState
Verb = Callable[[House, DeploymentRun], object]
VERBS: dict[str, tuple[Verb, dict[RunState, RunState]]] = {
    "propose": (
        lambda house, run: services.propose_run(actor=house.cast.release_manager, run=run),
        {S.DRAFT: S.PROPOSED},
    ),
    "approve": (
        lambda house, run: services.approve_run(actor=house.cast.second_manager, run=run),
        {S.PROPOSED: S.APPROVED},
    ),
    "send_back": (
        lambda house, run: services.send_back_run(actor=house.cast.second_manager, run=run, reason="Not so."),
        {S.PROPOSED: S.DRAFT},
    ),
    "reject": (
        lambda house, run: services.reject_run(actor=house.cast.second_manager, run=run, reason="Not so."),
        {S.PROPOSED: S.REJECTED},
    ),
    "unlock": (
        lambda house, run: services.unlock_run(actor=house.cast.second_manager, run=run, reason="Not so."),
        {S.PROPOSED: S.DRAFT, S.APPROVED: S.DRAFT, S.SCHEDULED: S.DRAFT},
    ),
    "replan": (
        lambda house, run: services.replan_run(actor=house.cast.release_manager, run=run),
        {S.DRAFT: S.DRAFT},
    ),
    "add_step": (
        lambda house, run: services.add_step(
            actor=house.cast.release_manager, run=run, title="Call them", reason="They asked."
        ),
        {S.DRAFT: S.DRAFT},
    ),
    "edit_run": (
        lambda house, run: services.edit_run(actor=house.cast.release_manager, run=run, title="Sunday"),
        {S.DRAFT: S.DRAFT},
    ),
    "cancel": (
        lambda house, run: services.cancel_run(actor=house.cast.release_manager, run=run, reason="Not so."),
        {S.DRAFT: S.CANCELLED, S.PROPOSED: S.CANCELLED, S.APPROVED: S.CANCELLED, S.SCHEDULED: S.CANCELLED},
    ),
}
BEFORE_START = [S.DRAFT, S.PROPOSED, S.APPROVED, S.SCHEDULED, S.REJECTED, S.CANCELLED]


@pytest.mark.parametrize("state", BEFORE_START)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_moves_a_run_as_the_table_says_or_is_a_conflict(
    house: House, verb: str, state: RunState
) -> None:
    run = run_in_state(house, state)
    act, moves = VERBS[verb]
    if state in moves:
        act(house, run)
        assert DeploymentRun.objects.get(pk=run.pk).state == moves[state]
        return
    with pytest.raises(Conflict):
        act(house, run)
    assert DeploymentRun.objects.get(pk=run.pk).state == state
