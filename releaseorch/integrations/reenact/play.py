"""The verbs of a week: commits are filed and approved, requests grouped in runs, runs carried out by the engine."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field

from django.db import connections
from django.utils.translation import gettext as _

from releaseorch.core.errors import DomainError
from releaseorch.delivery import composing, services
from releaseorch.delivery.drafts import ItemDraft, RequestDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.delivery.states import ItemKind
from releaseorch.integrations.reenact.stage import Stage
from releaseorch.integrations.sources.document import ChangeFound, ComponentKey, RequestFound
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState, StepState

PATIENCE_S = 120


class Stuck(DomainError):
    """A run doesn't go on."""


@dataclass(slots=True)
class Played:
    """What happened: runs in their order, how many steps the engine and people did, and seconds by kind of work.

    `workers` carry out steps in this process; with none of them a worker of its own hears the nudges, whose clock is
    the real one.
    """

    workers: int = 1
    runs: list[DeploymentRun] = field(default_factory=list)
    automated: int = 0
    manual: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Timer:
    """Adds the time inside `with` to a kind of work."""

    def __init__(self, played: Played, work: str) -> None:
        self._played, self._work = played, work

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(self, *_exception: object) -> None:
        self._played.seconds[self._work] += time.monotonic() - self._began


def file_commit(stage: Stage, commit: RequestFound) -> list[DeploymentRequest]:
    """One request per service and environment, filed together and submitted by the commit's author."""
    lines: dict[tuple[str, str], list[ChangeFound]] = defaultdict(list)
    for change in commit.changes:
        lines[change.place.application, change.place.environment].append(change)
    author = stage.cast.requesters[commit.requester]
    drafts = [
        RequestDraft(
            application=stage.applications[application],
            environment=stage.environments[environment],
            title=commit.subject[:200],
            note=f"Commit {commit.key}, integrated by {commit.integrated_by}.",
            items=[_item(stage, change) for change in changes],
            features=[stage.features[key] for key in commit.features],
        )
        for (application, environment), changes in sorted(lines.items())
    ]
    created = services.create_requests(actor=author, drafts=drafts)
    return [services.submit_request(actor=author, request=request) for request in created]


def approve(stage: Stage, requests: Sequence[DeploymentRequest]) -> None:
    for request in requests:
        request.refresh_from_db()
        services.approve_request(actor=stage.cast.manager, request=request)


def compose(stage: Stage, requests: Sequence[DeploymentRequest], title: str) -> DeploymentRun:
    return services.compose_run(actor=stage.cast.manager, requests=requests, title=title)


def contradictions(run: DeploymentRun) -> list[Conflict]:
    """What forbids to carry the run out: components that were asked for at two versions."""
    return composing.composition_of_run(run).blocks


def without_contradictions(stage: Stage, run: DeploymentRun) -> list[DeploymentRequest]:
    """Take the younger requests of each contradiction out of the draft; they are given back, for a run of their own."""
    taken: list[DeploymentRequest] = []
    while found := contradictions(run):
        youngest = DeploymentRequest.objects.get(pk=max(found[0].request_ids))
        services.take_out_request(
            actor=stage.cast.manager,
            run=run,
            request=youngest,
            reason=f"In a run of its own: {found[0].sentence}",
        )
        run.refresh_from_db()
        taken.append(DeploymentRequest.objects.get(pk=youngest.pk))
    return sorted(taken, key=lambda request: request.pk)


def in_runs(
    stage: Stage,
    requests: Sequence[DeploymentRequest],
    title: str,
    played: Played,
    conflicts: list[Conflict] | None = None,
    after_each: Callable[[DeploymentRun], None] = lambda _run: None,
) -> list[DeploymentRun]:
    """Group the requests in as few runs as can be carried out, one after the other.

    What forbids to carry them out in one run is added to `conflicts`.
    """
    carried_out: list[DeploymentRun] = []
    left = list(requests)
    while left:
        with Timer(played, "composing"):
            run = compose(stage, left, title)
            if conflicts is not None and not carried_out:
                conflicts += contradictions(run)
            left = without_contradictions(stage, run)
        carried_out.append(carry_out(stage, run, played))
        after_each(carried_out[-1])
    return carried_out


def carry_out(stage: Stage, run: DeploymentRun, played: Played) -> DeploymentRun:
    """Propose, approve, start, and do every step: automated ones by the engine, the others by the operator."""
    with Timer(played, "approving_runs"):
        run = services.propose_run(actor=stage.cast.manager, run=run)
        run = services.approve_run(actor=stage.cast.second, run=run)
        run = runs.start_run(actor=stage.cast.operator, run=run)
    if not played.workers:
        with Timer(played, "engine"):
            _await_end(run)
    while ready := list(Step.objects.filter(run=run, state=StepState.READY).order_by("number")):
        with Timer(played, "engine"):
            _work([step for step in ready if not step.is_manual], played)
        for step in ready:
            if step.is_manual:
                _do_by_hand(stage, step, played)
    run.refresh_from_db()
    played.runs.append(run)
    return run


def _await_end(run: DeploymentRun) -> None:
    until = time.monotonic() + PATIENCE_S
    while DeploymentRun.objects.filter(pk=run.pk, state=RunState.RUNNING).exists():
        if time.monotonic() > until:
            raise Stuck(_("%(run)s didn't end within %(seconds)d s.") % {"run": run, "seconds": PATIENCE_S})
        time.sleep(0.02)


def _work(steps: Sequence[Step], played: Played) -> None:
    """As many workers as the week was given take the steps, each with a connection of its own."""
    played.automated += len(steps)
    if played.workers == 1:
        for step in steps:
            engine.run_step(step.pk, step.token)
        return
    with ThreadPoolExecutor(played.workers) as pool:
        # The clock that is set goes with each of them.
        done = [pool.submit(copy_context().run, _work_on, step.pk, step.token) for step in steps]
    for one in done:
        one.result()


def _work_on(step_id: int, token: int) -> None:
    try:
        engine.run_step(step_id, token)
    finally:
        connections.close_all()


def _do_by_hand(stage: Stage, step: Step, played: Played) -> None:
    with Timer(played, "by_hand"):
        taken = runs.take_step(actor=stage.cast.operator, step=step)
        runs.done_step(
            actor=stage.cast.operator,
            step=taken,
            note="helmfile destroy ran, nothing is left.",
        )
    played.manual += 1


def _item(stage: Stage, change: ChangeFound) -> ItemDraft:
    component = stage.components[ComponentKey(change.place.application, change.place.component)]
    if change.version is None:
        return ItemDraft(kind=ItemKind.REMOVE, component=component)
    version = stage.versions[change.place.application, change.place.component, change.version]
    return ItemDraft(kind=ItemKind.DEPLOY, component=component, version=version)
