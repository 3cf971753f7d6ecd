"""Tries of a machine after a step has failed or could not be run, as its procedure allows; never after *unknown*."""

from datetime import timedelta

from releaseorch.catalog import retrying
from releaseorch.catalog.states import EffectClass
from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM
from releaseorch.runs import backoff, progress, rights
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import ATTEMPT_MOVES, RunState
from releaseorch.runs.store import Claim, store


def try_later(run: DeploymentRun, claim: Claim, verb: str, reason: str, had_intent: bool) -> bool:
    """Running → ready, not before the pause is over; False when a person has to decide.

    Within the transaction that has locked the run and ended the attempt by `verb`.
    """
    if verb not in {"fail", "error"}:
        return False
    step = progress.step_now(claim.step_id)
    policy = backoff.policy_of(step)
    if policy is None or run.state not in {RunState.RUNNING, RunState.PAUSED}:
        return False
    if step.retries >= policy.times or not _may(step, policy, verb, had_intent):
        return False
    if not store().move_steps("back_off", [step.pk], claim.token):
        return False
    at = clock.now() + timedelta(seconds=policy.pause_s(step.retries + 1))
    # Without a nudge: the sweep sends one as soon as the time has come.
    Step.objects.filter(pk=step.pk).update(not_before=at, nudged_at=None)
    step = progress.step_now(step.pk)
    said = {
        "attempt": claim.number,
        "outcome": ATTEMPT_MOVES[verb].target,
        "retry": step.retries,
        "of": policy.times,
        "not_before": at.isoformat(),
    }
    progress.note(SYSTEM, "step.backed_off", step, reason=rights.open_text(step, reason), **said)
    progress.settle(run, [step])
    if step.is_limited:
        progress.call_next(run)
    return True


def _may(step: Step, policy: retrying.RetryPolicy, verb: str, had_intent: bool) -> bool:
    """What failed may be tried again where it is safe to repeat; what could not be run, where nothing had begun too."""
    effect_class = retrying.class_of(step.effect_class, step.executor, step.parameters)
    is_safe = effect_class != EffectClass.UNSAFE
    if verb == "error":
        return is_safe or not had_intent
    return is_safe and policy.when == retrying.FAILED
