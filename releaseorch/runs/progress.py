"""How a run moves on inside the transaction of whoever learnt something: successors, waits, targets, its end.

Every function here is called with the run's row locked (`locked`), so that two steps that end at the same moment see
each other. Lock order: run, steps, requests.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.audit import events
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import dispatch, statements
from releaseorch.core.actor import SYSTEM, Actor
from releaseorch.core.errors import Invalid
from releaseorch.core.statements import Asking, Statement
from releaseorch.core.transitions import go
from releaseorch.environments import inventory
from releaseorch.environments.states import SourceKind
from releaseorch.runs import confirmations, limits, rows, waits
from releaseorch.runs.models import Confirmation, DeploymentRun, RunTarget, Step
from releaseorch.runs.states import RUN_FINAL, STEP_OPEN, RunState, StepState
from releaseorch.runs.store import store
from releaseorch.waiting import ledger

TASK = "exec.run_step"
First = tuple[Sequence[Statement], Sequence[int]]  # statements, and ids of steps
_EXCEPTIONS = (StepState.SKIPPED, StepState.CANCELLED, StepState.FAILED)
_PAST = {
    "succeed": "run.succeeded",
    "succeed_with_exceptions": "run.succeeded_with_exceptions",
    "finish_cancel": "run.cancelled",
}


def locked(run_id: int) -> DeploymentRun:
    """The run as it is now; nobody else moves it or its steps until the transaction ends."""
    return rows.locked_run(run_id)[0]


@contextmanager
def moving(run_id: int, first: First | Callable[[], First] = ((), ())) -> Iterator["Moving"]:
    """A transaction of the engine with the run locked, in which these are carried out first, and those steps seen.

    Who says them only when asked is asked once the run is locked, which may take a while. Events and waits are
    written at the end, all at once.
    """
    with transaction.atomic():
        if callable(first):
            run = locked(run_id)
            answers, steps = rows.carried_out(*first())
        else:
            run, answers, steps = rows.locked_run(run_id, *first)
        with statements.at_the_end(commits=True), events.together(), ledger.together():
            now = Moving(run, answers, seen={step.pk: step for step in steps})
            token = _moving.set(now)
            try:
                yield now
            finally:
                _moving.reset(token)
            if now.has_moved:
                end_or_wait(run, now.seen, now.first_waiting)


@dataclass
class Moving:
    """The present transaction: its run, what was answered first, whether a step was moved, the steps it has seen.

    `first_waiting` has the answer to that statement, if no step was moved after it.
    """

    run: DeploymentRun
    answers: list[list[statements.Row]]
    has_moved: bool = False
    seen: dict[int, Step] = field(default_factory=dict)
    first_waiting: list[statements.Row] | None = None


_moving: ContextVar[Moving | None] = ContextVar("moving", default=None)


def step_seen(step_id: int) -> Step:
    """The step as it is now; read only where the present transaction hasn't seen it."""
    now = _moving.get()
    return (now.seen.get(step_id) if now else None) or step_now(step_id)


def step_now(step_id: int) -> Step:
    return rows.step(step_id)


def topics(run_id: int) -> tuple[str, ...]:
    return (f"run:{run_id}", "runs", "work")


def note(actor: Actor, verb: str, step: Step, *, reason: str = "", **after: object) -> None:
    """Record what happened to a step, and tell the pages that show its run."""
    events.record(
        actor=actor, verb=verb, subject=step, after=after, reason=reason, topics=topics(step.run_id)
    )


def go_on(run: DeploymentRun, step_ids: Iterable[int]) -> None:
    statements.asked(going_on(run, step_ids))


def going_on(run: DeploymentRun, step_ids: Iterable[int]) -> Asking[None]:
    """The successors of these steps have one predecessor less; those without any become ready."""
    passed, ready = list(step_ids), list[Step]()
    for step_id in passed:  # grows while it is walked
        became, dropped = yield from rows.passed_on(step_id)
        ready += became
        passed += dropped  # now what stood before it is done too
    _announce(run, ready)


def announce(run: DeploymentRun, step_ids: Iterable[int]) -> None:
    """Say for each ready step what it waits for, and nudge a worker for the automated ones once this is committed."""
    _announce(run, rows.steps(step_ids))


def _announce(run: DeploymentRun, steps: Sequence[Step]) -> None:
    if now := _moving.get():
        now.first_waiting = None
        now.seen.update((step.pk, step) for step in steps)
    may_begin = run.state == RunState.RUNNING and not run.is_past_bound
    for_tools = [step for step in steps if may_begin and not step.is_manual]
    if any(step.is_limited for step in for_tools):
        call_next(run)
    said = {step.pk: waits.for_step(step, run) for step in steps}
    ledger.wait_many("step", {pk: blocker for pk, blocker in said.items() if blocker is not None})
    dispatch.nudge_each(TASK, [(step.pk, step.token) for step in for_tools if not step.is_limited])


def call_next(run: DeploymentRun) -> None:
    """A place in the run's environment may be free, or wanted: nudge workers for those whose turn it is."""
    dispatch.nudge_each(TASK, limits.look(run).call().items())


def has_place(run: DeploymentRun, step: Step) -> bool:
    """Whether every place that the step takes is free; else it says what it waits for. The caller claims it at once."""
    places = limits.look(run)
    if places.in_way(limits.candidate_of(step)) is None:
        return True
    say_wait(run, step)
    return False


def settle(
    run: DeploymentRun, steps: Iterable[Step], first_waiting: list[statements.Row] | None = None
) -> None:
    """After these steps changed: their waits, the targets they no longer need, what the run waits for, or its end.

    `first_waiting`: the answer to that statement, for who has asked together with the change.
    """
    changed = list(steps)
    for step in changed:
        say_wait(run, step)
    give_back(run, {step.component_id for step in changed if step.is_final and step.component_id is not None})
    if (now := _moving.get()) is None:
        end_or_wait(run, first_waiting=first_waiting)
    else:  # at the end of the transaction, once
        now.has_moved, now.first_waiting = True, first_waiting
        now.seen.update((step.pk, step) for step in changed)


def say_wait(run: DeploymentRun, step: Step) -> None:
    """What this step waits for now, or that it waits for nothing."""
    blocker = waits.for_step(step, run)
    if blocker is None:
        ledger.end("step", [step.pk])
    else:
        ledger.wait("step", step.pk, blocker)


def end_or_wait(
    run: DeploymentRun,
    seen: Mapping[int, Step] = MappingProxyType({}),
    first_waiting: list[statements.Row] | None = None,
) -> None:
    """End the run when nothing of it is open; else say what it waits for. A paused run doesn't end.

    `seen`: steps as they are now; `first_waiting`: the answer to that statement, for who has asked just now.
    """
    if run.state in RUN_FINAL:
        return
    [(first_id,)] = first_waiting or statements.run(*store().first_waiting(run.pk))
    first = None if first_id is None else seen.get(first_id) or step_now(first_id)
    is_open = first is not None or run.steps.filter(state__in=STEP_OPEN).exists()
    if not is_open and (verb := _verb_of_end(run)) is not None:
        _end(run, verb)
    elif (blocker := waits.for_run(run, first)) is not None:
        ledger.wait("run", run.pk, blocker)


def give_back(run: DeploymentRun, component_ids: Iterable[int]) -> None:
    """Free the components of which this run has nothing open any more."""
    ids = set(component_ids)
    if not ids:
        return
    still_open = run.steps.filter(component_id__in=ids, state__in=STEP_OPEN).values_list(
        "component_id", flat=True
    )
    RunTarget.objects.filter(run=run, is_active=True, component_id__in=ids - set(still_open)).update(
        is_active=False
    )


def close(run: DeploymentRun) -> None:
    """An ended run holds no component, waits for nothing and asks nobody."""
    RunTarget.objects.filter(run=run, is_active=True).update(is_active=False)
    ledger.end("run", [run.pk])
    confirmations.lapse(Confirmation.objects.filter(step__run=run))


def took_effect(
    actor: Actor, run: DeploymentRun, step: Step, version: ComponentVersion | None = None
) -> None:
    """The step succeeded: the inventory shows its version, or `version`, which a person found there.

    Raises `Invalid` for a version of another component.
    """
    if version is not None and version.component_id != step.component_id:
        raise Invalid(
            {"installed": _("%(version)s is not a version of %(component)s.")
             % {"version": version, "component": step.component or step}}
        )  # fmt: skip
    if step.component is None or not (step.installs or step.removes):
        return
    there = version or (None if step.removes else step.version)
    place = _place(actor, run, step)
    if there is None:
        inventory.uninstall(**place)
    else:
        inventory.install(version=there, **place)


def left_uncertain(actor: Actor, run: DeploymentRun, step: Step) -> None:
    """The step was broken off or failed: nobody knows what it left behind."""
    if step.component is None or not (step.installs or step.removes):
        return
    inventory.mark_uncertain(attempted=None if step.removes else step.version, **_place(actor, run, step))


def _place(actor: Actor, run: DeploymentRun, step: Step) -> dict[str, Any]:
    return {
        "actor": actor,
        "component": step.component,
        "environment": run.environment,
        "target": step.target,
        "source_kind": SourceKind.RUN,
        "source_id": run.pk,
        "source_name": str(run),
    }


def _verb_of_end(run: DeploymentRun) -> str | None:
    if run.state == RunState.CANCELLING:
        return "finish_cancel"
    if run.state != RunState.RUNNING:
        return None
    has_exceptions = run.steps.filter(state__in=_EXCEPTIONS).exists()
    return "succeed_with_exceptions" if has_exceptions else "succeed"


def _end(run: DeploymentRun, verb: str) -> None:
    go(run, verb)
    run.save()
    close(run)
    events.record(actor=SYSTEM, verb=_PAST[verb], subject=run, topics=topics(run.pk))
