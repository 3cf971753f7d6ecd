"""How an attempt ends: attempt, step, successors, inventory, waits, audit and nudge in one transaction.

What failed or could not be run is tried again as its procedure allows (`retries`), then it goes to a person, as does
what is unknown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from releaseorch.audit import events
from releaseorch.core import clock, statements
from releaseorch.core.actor import SYSTEM
from releaseorch.core.statements import Asking
from releaseorch.core.transitions import go
from releaseorch.executors.base import Cancelled, Done, Errored, Failed, Result, Unknown
from releaseorch.runs import progress, retries, rights
from releaseorch.runs.engine import together
from releaseorch.runs.engine.together import Answers, Word
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import ATTEMPT_MOVES, AttemptState, RunState, StepState
from releaseorch.runs.store import Claim, Ending, store


@dataclass(frozen=True)
class Outcome:
    """A result as the rows keep it: the attempt's verb, and whether something may be left half done."""

    verb: str
    ending: Ending
    leaves_doubt: bool


def outcome_of(result: Result) -> Outcome:
    if isinstance(result, Done):
        outputs = {storable(name): storable(value) for name, value in result.outputs.items()}
        return Outcome("succeed", Ending(exit_code=0, outputs=outputs), False)
    if isinstance(result, Failed):
        return Outcome("fail", Ending(storable(result.reason), result.exit_code), True)
    if isinstance(result, Errored):
        return Outcome("error", Ending(storable(result.reason)), False)
    if isinstance(result, Cancelled):
        return Outcome("cancel", Ending(_("It was stopped.")), True)
    return Outcome("lose", Ending(storable(result.reason) if isinstance(result, Unknown) else ""), True)


def name_of(result: Result) -> str:
    """How it ended, for people; asks nothing of the result but its type."""
    verbs: dict[type, str] = {Done: "succeed", Failed: "fail", Errored: "error", Cancelled: "cancel"}
    return str(AttemptState(ATTEMPT_MOVES[verbs.get(type(result), "lose")].target).label)


def storable(text: str) -> str:
    """What scripts hand over may hold what no database takes: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def finish(
    claim: Claim,
    result: Result,
    then: Callable[[DeploymentRun], Asking[None]] | None = None,
    step: Step | None = None,
    looks_at: Sequence[int] = (),
) -> bool:
    """The worker learnt the outcome; False when the attempt wasn't its own any more: then a late report is kept.

    `then` is done in the same transaction, after a report that counts; it looks at those steps. `step`: as it was
    claimed, for who knows it.
    """
    outcome = outcome_of(result)
    first = store().succeeding(claim, outcome.ending) if outcome.verb == "succeed" else ()

    def end(run: DeploymentRun, answers: Answers) -> Asking[bool]:
        if first:
            counts = yield from _succeed(run, claim, answers, step)
        else:
            counts = end_attempt(run, claim, outcome)
        if not counts:
            return _keep_late_report(claim, outcome)
        if then:
            yield from then(run)
        return True

    return together.say(claim.run_id, Word(first, end, looks_at))


def _succeed(run: DeploymentRun, claim: Claim, answers: Answers, known: Step | None = None) -> Asking[bool]:
    """What follows, if what was answered says so. Of a step that is held nobody changes anything but its owner."""
    counts, is_limited = store().has_succeeded(claim, *answers)
    if not counts:
        return False
    step = known or progress.step_now(claim.step_id)
    if step.state == StepState.RUNNING:
        go(step, "succeed")
    progress.note(SYSTEM, "step.succeeded", step, attempt=claim.number)
    progress.took_effect(SYSTEM, run, step)
    yield from progress.going_on(run, [step.pk])
    progress.settle(run, [step])
    if is_limited:
        progress.call_next(run)
    return True


def end_attempt(run: DeploymentRun, claim: Claim, outcome: Outcome, lapsed_s: float | None = None) -> bool:
    """Inside a transaction with the run locked; False when the attempt is over or somebody else's already.

    With `lapsed_s` its worker was lost: then no machine tries it again.
    """
    if outcome.verb == "succeed":
        answers = statements.run_all(*store().succeeding(claim, outcome.ending))
        return statements.asked(_succeed(run, claim, answers))
    if not store().finish_attempt(claim.attempt_id, claim.token, outcome.verb, outcome.ending, lapsed_s):
        return False
    had_intent = _has_intent(claim)
    is_told = lapsed_s is None
    if is_told and retries.try_later(run, claim, outcome.verb, outcome.ending.reason, had_intent):
        if outcome.leaves_doubt and had_intent:
            progress.left_uncertain(SYSTEM, run, progress.step_now(claim.step_id))
        return True
    _move_step(run, claim, outcome)
    step = progress.step_now(claim.step_id)
    said = {"attempt": claim.number, "outcome": ATTEMPT_MOVES[outcome.verb].target}
    if outcome.leaves_doubt and had_intent:
        progress.left_uncertain(SYSTEM, run, step)
    verb = "step.cancelled" if step.is_final else "step.needs_decision"
    progress.note(SYSTEM, verb, step, reason=rights.open_text(step, outcome.ending.reason), **said)
    progress.settle(run, [step])
    if step.is_limited:
        progress.call_next(run)
    return True


def _has_intent(claim: Claim) -> bool:
    return Attempt.objects.filter(pk=claim.attempt_id, effect_started_at__isnull=False).exists()


def _move_step(run: DeploymentRun, claim: Claim, outcome: Outcome) -> None:
    is_cancelling = run.state == RunState.CANCELLING
    verb = "confirm_cancel" if outcome.verb == "cancel" and is_cancelling else "need_decision"
    if not store().move_steps(verb, [claim.step_id], claim.token):
        raise RuntimeError(f"step {claim.step_id} is not where its attempt {claim.attempt_id} is")
    # Known to have ended badly while the run is being cancelled: there is nothing left to decide.
    if verb == "need_decision" and is_cancelling and outcome.verb != "lose":
        store().move_steps("cancel", [claim.step_id])


def _keep_late_report(claim: Claim, outcome: Outcome) -> bool:
    """Keep for whoever decides what the worker says too late; True when it is what the attempt says already.

    What is said later replaces what was said before, unless it knows less.
    """
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    target = ATTEMPT_MOVES[outcome.verb].target
    if target == AttemptState.UNKNOWN and attempt.state == AttemptState.RUNNING:
        return False  # another worker goes on with it and will know
    ending = Ending(attempt.reason, attempt.exit_code, attempt.outputs or None)
    if attempt.state == target and ending == replace(outcome.ending, outputs=outcome.ending.outputs or None):
        return True  # a second try of a commit whose answer was lost
    report = {
        "outcome": target,
        "reason": outcome.ending.reason,
        "exit_code": outcome.ending.exit_code,
        "at": clock.now().isoformat(),
    }
    late = Attempt.objects.filter(pk=claim.attempt_id)
    if target == AttemptState.UNKNOWN:
        late = late.filter(late_report__isnull=True)
    late.update(late_report=report)
    events.touch(f"step:{claim.step_id}", *progress.topics(claim.run_id))
    return False
