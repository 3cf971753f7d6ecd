"""Every verb of composing in every state of a run: it moves as the table says, or is refused."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from releaseorch.core import clock
from releaseorch.core.errors import Conflict
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.delivery.runs.stories import by_hand
from tests.factories import House
from tests.histories import RUN_WAYS, run_in_state

pytestmark = pytest.mark.django_db

Commits = Callable[[], AbstractContextManager[Any]]
S = RunState
TOMORROW = clock.now() + timedelta(days=1)
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
        dict.fromkeys([S.DRAFT, S.PROPOSED, S.APPROVED, S.SCHEDULED, S.RUNNING, S.PAUSED], S.CANCELLED),
    ),
    "schedule": (
        lambda house, run: services.schedule_run(
            actor=house.cast.release_manager, run=run, window_from=run.window_from or TOMORROW
        ),
        {S.APPROVED: S.SCHEDULED},
    ),
    "take_out": (
        lambda house, run: services.take_out_request(
            actor=house.cast.release_manager,
            run=run,
            request=DeploymentRequest.objects.earliest("pk"),
            reason="Not so.",
        ),
        dict.fromkeys([S.DRAFT, S.PROPOSED, S.APPROVED, S.SCHEDULED], S.DRAFT)
        | {S.RUNNING: S.RUNNING, S.PAUSED: S.PAUSED},
    ),
}


def end_of(act: Verb, house: House, run: DeploymentRun) -> str:
    """The state that the verb leaves; it is taken back afterwards."""
    with transaction.atomic():
        try:
            act(house, DeploymentRun.objects.get(pk=run.pk))
        except Conflict:
            found = "conflict"
            assert DeploymentRun.objects.get(pk=run.pk).state == run.state
        else:
            found = DeploymentRun.objects.get(pk=run.pk).state
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("state", RUN_WAYS)
def test_each_verb_moves_a_run_as_the_table_says_or_is_a_conflict(
    house: House, commits: Commits, state: RunState
) -> None:
    with commits():
        run = run_in_state(house, state, requests=[by_hand(house, "One"), by_hand(house, "Two")])
    run = DeploymentRun.objects.get(pk=run.pk)
    assert run.state == state
    assert {name: end_of(act, house, run) for name, (act, _moves) in VERBS.items()} == {
        name: moves.get(state, "conflict") for name, (_act, moves) in VERBS.items()
    }
