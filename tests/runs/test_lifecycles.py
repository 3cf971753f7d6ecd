"""Every state × every verb of runs, steps and attempts: what is allowed lands where it should, the rest is refused.

The expectations are written out here and not taken from the tables, so that a slip in a table shows.
"""

import pytest
from django_fsm import TransitionNotAllowed

from releaseorch.core.errors import Conflict
from releaseorch.core.transitions import go
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import (
    ATTEMPT_MOVES,
    RUN_MOVES,
    STEP_MOVES,
    AttemptState,
    RunState,
    StepState,
)
from tests.characters import Cast
from tests.factories import EnvironmentFactory

RUN = {
    "draft": {"propose": "proposed", "cancel": "cancelled"},
    "proposed": {
        "approve": "approved",
        "send_back": "draft",
        "reject": "rejected",
        "unlock": "draft",
        "cancel": "cancelled",
    },
    "approved": {"schedule": "scheduled", "start": "running", "unlock": "draft", "cancel": "cancelled"},
    "scheduled": {"start": "running", "unlock": "draft", "cancel": "cancelled"},
    "running": {
        "pause": "paused",
        "succeed": "succeeded",
        "succeed_with_exceptions": "succeeded_with_exceptions",
        "stop": "stopped",
        "begin_cancel": "cancelling",
    },
    "paused": {"resume": "running", "stop": "stopped", "begin_cancel": "cancelling"},
    "cancelling": {"finish_cancel": "cancelled"},
}
STEP = {
    "proposed": {"accept": "pending", "cancel": "cancelled"},
    "pending": {"become_ready": "ready", "cancel": "cancelled"},
    "ready": {
        "claim": "running",
        "take": "claimed",
        "cancel": "cancelled",
        "repeat": "pending",
        "wait_again": "pending",
        "stop_retrying": "needs_decision",
    },
    **{state: {"repeat": "pending"} for state in ("succeeded", "skipped", "failed")},
    "claimed": {
        "hand_back": "ready",
        "succeed": "succeeded",
        "need_decision": "needs_decision",
        "cancel": "cancelled",
    },
    "running": {
        "succeed": "succeeded",
        "need_decision": "needs_decision",
        "reattach": "running",
        "requeue": "ready",
        "back_off": "ready",
        "confirm_cancel": "cancelled",
    },
    "needs_decision": {
        "retry": "ready",
        "take_over": "claimed",
        "mark_done": "succeeded",
        "skip": "skipped",
        "mark_failed": "failed",
        "cancel": "cancelled",
        "repeat": "pending",
    },
}
ATTEMPT = {
    "running": {
        "succeed": "succeeded",
        "fail": "failed",
        "error": "errored",
        "lose": "unknown",
        "cancel": "cancelled",
    }
}
CASES = [
    (model, str(state), verb, expected.get(str(state), {}).get(verb))
    for model, states, table, expected in (
        (DeploymentRun, RunState, RUN_MOVES, RUN),
        (Step, StepState, STEP_MOVES, STEP),
        (Attempt, AttemptState, ATTEMPT_MOVES, ATTEMPT),
    )
    for state in states
    for verb in table
]


@pytest.mark.parametrize(
    ("model", "state", "verb", "target"), CASES, ids=[f"{m.__name__}-{s}-{v}" for m, s, v, _t in CASES]
)
def test_each_verb_from_each_state(
    model: type[DeploymentRun | Step | Attempt], state: str, verb: str, target: str | None
) -> None:
    row = model(state=state)
    before = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
    if target is not None:
        getattr(row, verb)()
        assert row.state == target
        return
    with pytest.raises(TransitionNotAllowed):
        getattr(row, verb)()
    assert {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields} == before


def test_every_verb_of_the_tables_is_a_method_and_every_expectation_is_in_a_table() -> None:
    for table, expected in ((RUN_MOVES, RUN), (STEP_MOVES, STEP), (ATTEMPT_MOVES, ATTEMPT)):
        assert {verb for verbs in expected.values() for verb in verbs} == set(table)


def test_a_refused_verb_says_how_it_stands(cast: Cast) -> None:
    run = DeploymentRun(
        title="Friday",
        environment=EnvironmentFactory(),
        composed_by=cast.release_manager,
        edited_by=cast.release_manager,
    )
    run.save()
    with pytest.raises(Conflict, match=r"Friday #\d+ is draft now, so this can't be done\."):
        go(run, "resume")


def test_a_state_is_not_written_by_hand() -> None:
    with pytest.raises(AttributeError):
        Step().state = "succeeded"
