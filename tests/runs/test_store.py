"""The guarded statements of the engine do the same on each database, and the same as the transition methods."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from releaseorch.core import clock, statements
from releaseorch.core.database import database_now
from releaseorch.runs import rows
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import ATTEMPT_MOVES, STEP_MOVES, AttemptState, StepState
from releaseorch.runs.store import Claim, Ending, Worker, store
from tests.characters import Cast
from tests.runs import builders as a

HERE = Worker("host-1", "boot-1", 4711)
LEASE = 60.0


@pytest.fixture
def run(cast: Cast) -> DeploymentRun:
    return a.running_run(cast.release_manager, a.automated("deploy"), a.automated("check", after=["deploy"]))


@pytest.fixture
def claim(run: DeploymentRun) -> Claim:
    return claimed(run, "deploy")


def claimed(run: DeploymentRun, key: str) -> Claim:
    step = a.step(run, key)
    found = store().claim(step.pk, step.token, HERE, LEASE)
    assert found is not None
    return found


def stale(claim: Claim) -> Claim:
    return Claim(claim.run_id, claim.step_id, claim.attempt_id, claim.number, claim.token - 1)


def row_of(step: Step) -> dict[str, object]:
    return {field.attname: getattr(step, field.attname) for field in Step._meta.concrete_fields}


@pytest.mark.parametrize(
    ("verb", "state"), [(verb, state) for verb, move in STEP_MOVES.items() for state in sorted(move.sources)]
)
def test_a_moved_row_is_the_row_that_the_transition_method_makes(verb: str, state: str, cast: Cast) -> None:
    run = a.draft_run(cast.release_manager, a.automated("deploy"))
    owner = cast.operator if state == "claimed" else None
    values = {"run": run, "number": 2, "key": "other", "title": "other", "kind": "manual", "phase": "deploy"}
    if verb == "take":  # who takes it is said by the service
        values["owner"] = cast.operator
    step = Step.objects.create(**{"owner": owner, **values, "state": state, "token": 7})
    if verb == "take_over":
        Step.objects.filter(pk=step.pk).update(owner=cast.operator)
        step.refresh_from_db()
    with clock.at(clock.now()):
        if verb == "claim":
            Step.objects.filter(pk=step.pk).update(kind="automated")
            step.refresh_from_db()
        getattr(step, verb)()
        store().move_steps(verb, [step.pk], 7)
        moved = Step.objects.get(pk=step.pk)
        wanted = row_of(step) | {"row_version": step.row_version + 1}
        if verb == "take_over":  # who does it by hand is said by the service too
            wanted["is_taken_over"] = moved.is_taken_over
        if verb == "retry":
            wanted["is_taken_over"] = moved.is_taken_over
        assert row_of(moved) == wanted


def test_steps_in_other_states_are_left_alone(cast: Cast) -> None:
    run = a.draft_run(cast.release_manager, a.automated("deploy"))
    facts = {"run": run, "title": "other", "kind": "manual", "phase": "deploy", "owner": cast.operator}
    steps = {
        state: Step.objects.create(number=number, key=str(number), state=state, **facts)
        for number, state in enumerate(StepState, start=2)
    }
    for verb, move in STEP_MOVES.items():
        others = [step for state, step in steps.items() if state not in move.sources]
        assert store().move_steps(verb, [step.pk for step in others]) == []
    assert all(row_of(Step.objects.get(pk=step.pk)) == row_of(step) for step in steps.values())


def test_a_claim_makes_an_attempt_with_a_lease_in_the_databases_time(run: DeploymentRun) -> None:
    before = database_now()
    claim = claimed(run, "deploy")
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    step = a.step(run, "deploy")
    assert (step.state, step.token, attempt.token, attempt.number) == ("running", 1, 1, 1)
    assert (attempt.host, attempt.boot_id, attempt.pid) == ("host-1", "boot-1", 4711)
    assert attempt.lease_until is not None and 59 < (attempt.lease_until - before).total_seconds() < 70
    assert attempt.effect_started_at is None


def test_only_a_ready_step_is_claimed_only_once_and_only_with_its_token(run: DeploymentRun) -> None:
    deploy, check = a.step(run, "deploy"), a.step(run, "check")
    assert store().claim(check.pk, check.token, HERE, LEASE) is None
    assert store().claim(deploy.pk, deploy.token + 1, HERE, LEASE) is None
    assert store().claim(deploy.pk, deploy.token, HERE, LEASE) is not None
    assert store().claim(deploy.pk, deploy.token, HERE, LEASE) is None
    assert store().claim(deploy.pk, deploy.token + 1, HERE, LEASE) is None


def test_at_most_one_attempt_of_a_step_is_active(run: DeploymentRun, claim: Claim) -> None:
    """Invariant 1: the database itself refuses."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(step=a.step(run, "deploy"), number=2, token=2)


def test_only_the_holder_of_the_token_writes(claim: Claim) -> None:
    """Invariant 2."""
    old = stale(claim)
    assert store().heartbeat(old, LEASE) is None
    assert not store().record_intent(old, LEASE)
    assert not store().keep_external_id(old, "job-1")
    assert not store().append_log(old, 0, b"not mine")
    assert not store().finish_attempt(old.attempt_id, old.token, "succeed", Ending())
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    assert (attempt.state, attempt.external_id, attempt.effect_started_at) == ("running", "", None)
    assert not attempt.chunks.exists()

    assert store().heartbeat(claim, LEASE) is False
    assert store().record_intent(claim, LEASE)
    assert store().keep_external_id(claim, "job-1")
    assert store().append_log(claim, 0, b"mine \xff\x00")
    assert store().finish_attempt(claim.attempt_id, claim.token, "fail", Ending("It said no.", 3, {"a": "1"}))
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason, attempt.exit_code, attempt.outputs) == (
        "failed",
        "It said no.",
        3,
        {"a": "1"},
    )
    assert bytes(attempt.chunks.get().data) == b"mine \xff\x00"


@pytest.mark.parametrize("verb", ATTEMPT_MOVES)
def test_an_attempt_that_is_over_never_changes(claim: Claim, verb: str) -> None:
    assert store().finish_attempt(claim.attempt_id, claim.token, verb, Ending("first"))
    for other in ATTEMPT_MOVES:
        assert not store().finish_attempt(claim.attempt_id, claim.token, other, Ending("second"))
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    assert (attempt.state, attempt.reason) == (ATTEMPT_MOVES[verb].target, "first")
    assert store().heartbeat(claim, LEASE) is None


def test_intent_is_recorded_once_and_not_after_a_stop_was_asked_for(run: DeploymentRun, claim: Claim) -> None:
    assert store().record_intent(claim, LEASE)
    assert not store().record_intent(claim, LEASE)
    Attempt.objects.filter(pk=claim.attempt_id).update(effect_started_at=None, cancel_asked_at=clock.now())
    assert not store().record_intent(claim, LEASE)
    assert store().heartbeat(claim, LEASE) is True


def test_a_chunk_of_the_log_is_added_once_however_often_it_is_tried(claim: Claim) -> None:
    """Whose answer was lost tries again; another chunk in its place is refused, and so is who lost the attempt."""
    for _try in range(3):
        assert store().append_log(claim, 0, b"one \xff\x00")
    assert not store().append_log(claim, 0, b"two")
    assert not store().append_log(stale(claim), 0, b"one \xff\x00")
    chunk = Attempt.objects.get(pk=claim.attempt_id).chunks.get()
    assert bytes(chunk.data) == b"one \xff\x00"


def test_the_intent_stands_for_its_holder_alone(claim: Claim) -> None:
    assert not store().has_intent(claim)
    store().record_intent(claim, LEASE)
    assert store().has_intent(claim)
    assert not store().has_intent(stale(claim))


def test_a_lease_lapses_only_after_the_grace(claim: Claim) -> None:
    assert store().lapsed(0, 10) == []
    store().heartbeat(claim, -20)
    assert store().lapsed(15, 10) == [claim.attempt_id]
    assert store().lapsed(30, 10) == []
    assert not store().finish_attempt(claim.attempt_id, claim.token, "lose", Ending(), lapsed_s=30)
    assert store().finish_attempt(claim.attempt_id, claim.token, "lose", Ending(), lapsed_s=15)


def test_another_worker_goes_on_with_what_had_begun_and_whose_lease_is_over_once(claim: Claim) -> None:
    other = Worker("host-2", "boot-2", 12)
    store().heartbeat(claim, -20)
    assert store().reattach(claim, other, LEASE, 15) is None  # it had not begun
    assert store().record_intent(claim, LEASE)
    assert store().reattach(claim, other, LEASE, 15) is None  # its worker holds it
    store().heartbeat(claim, -20)
    assert not store().note_ask(stale(claim), 5)
    assert store().note_ask(claim, 5)
    assert not store().note_ask(claim, 5)  # another housekeeper just did
    assert store().note_ask(claim, -1)
    assert store().reattach(stale(claim), other, LEASE, 15) is None
    held = store().reattach(claim, other, LEASE, 15)
    assert held == replace(claim, token=claim.token + 1)
    assert store().reattach(claim, HERE, LEASE, 15) is None
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    assert (attempt.token, attempt.step.token, attempt.asks) == (held.token, held.token, 0)
    assert (attempt.host, attempt.boot_id, attempt.pid) == ("host-2", "boot-2", 12)
    assert store().heartbeat(claim, LEASE) is None
    assert store().heartbeat(held, LEASE) is False


def test_who_has_no_open_predecessor_left_becomes_ready(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager,
        a.automated("a"),
        a.automated("b"),
        a.automated("c", after=["a", "b"]),
        a.automated("d", after=["a"]),
    )
    before = a.step(run, "d")

    def after(key: str) -> tuple[list[Step], list[int]]:
        return statements.asked(rows.passed_on(a.step(run, key).pk))

    with clock.at(clock.now()):
        assert after("a") == ([before], [])
        before.become_ready()
        assert row_of(a.step(run, "d")) == row_of(before) | {
            "open_predecessors": 0,
            "row_version": before.row_version + 1,
        }
    Step.objects.filter(run=run, key="c").update(state="cancelled")
    assert after("b") == ([], [a.step(run, "c").pk])
    assert after("b") == ([], [])


def test_attempts_are_numbered(run: DeploymentRun, claim: Claim) -> None:
    store().finish_attempt(claim.attempt_id, claim.token, "error", Ending())
    store().move_steps("requeue", [claim.step_id], claim.token)
    assert claimed(run, "deploy").number == 2
    assert Attempt.objects.filter(state=AttemptState.RUNNING).count() == 1
