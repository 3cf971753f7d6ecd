"""In whatever order people press buttons: all that is unfinished waits for one thing, nothing contradicts."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from releaseorch.accounts.models import Person
from releaseorch.core.errors import DomainError
from releaseorch.delivery import composing, services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import REQUEST_FINAL, RequestState
from releaseorch.runs import plans
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, RunTarget, Step
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START, RUN_FINAL, RunState, StepState
from releaseorch.waiting.models import Interval
from tests.delivery.runs.stories import by_hand
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
Commits = Callable[[], AbstractContextManager[Any]]
FIXED = {RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED}
ONWARDS = {"do_file", "do_compose", "do_propose", "do_approve", "do_start", "do_work", "do_decide"}


class Walk:
    """People who press whatever there is, some of it refused."""

    def __init__(self, house: House, seed: int, verbs: set[str] | None = None) -> None:
        self.house, self.chance = house, random.Random(seed)
        self.verbs = sorted(verbs or {name for name in dir(self) if name.startswith("do_")})
        self.done: set[str] = set()

    def press(self) -> None:
        (name,) = self.chance.choices(self.verbs, [4 if name in ONWARDS else 1 for name in self.verbs])
        try:
            getattr(self, name)()
        except DomainError as refused:
            assert all(refused.reasons)
        else:
            self.done.add(name)

    def do_file(self) -> None:
        if self.chance.random() < 0.5:
            by_hand(self.house, "One", "Two")
        else:
            request_in_state(self.house, RequestState.APPROVED)

    def do_compose(self) -> None:
        free = list(DeploymentRequest.objects.filter(state=RequestState.APPROVED, run=None))
        chosen = self.chance.sample(free, min(len(free), self.chance.randint(1, 3)))
        services.compose_run(actor=self.manager(), requests=chosen)

    def do_propose(self) -> None:
        services.propose_run(actor=self.manager(), run=self.run(RunState.DRAFT))

    def do_approve(self) -> None:
        services.approve_run(actor=self.manager(), run=self.run(RunState.PROPOSED))

    def do_edit(self) -> None:
        run = self.run(RunState.DRAFT)
        services.add_step(actor=self.manager(), run=run, title="Extra", reason="More care.")

    def do_replan(self) -> None:
        services.replan_run(actor=self.manager(), run=self.run(RunState.DRAFT))

    def do_go_back(self) -> None:
        verb = self.chance.choice([services.unlock_run, services.send_back_run, services.reject_run])
        verb(actor=self.manager(), run=self.run(*FIXED), reason="Not so.")

    def do_cancel(self) -> None:
        services.cancel_run(actor=self.manager(), run=self.run(), reason="Not so.")

    def do_start(self) -> None:
        runs.start_run(actor=self.manager(), run=self.run(RunState.APPROVED))

    def do_stop(self) -> None:
        runs.stop_run(actor=self.manager(), run=self.run(*RUN_ACTIVE), reason="It is late.")

    def do_take_out(self) -> None:
        held = list(DeploymentRequest.objects.exclude(run=None).order_by("pk"))
        request = self.chance.choice(held) if held else self.fail()
        assert request.run is not None
        services.take_out_request(actor=self.manager(), run=request.run, request=request, reason="Not now.")

    def do_withdraw(self) -> None:
        some = list(DeploymentRequest.objects.order_by("pk"))
        services.withdraw_request(
            actor=self.house.cast.developer,
            request=self.chance.choice(some) if some else self.fail(),
            reason="No.",
        )

    def do_work(self) -> None:
        some = list(Step.objects.filter(state=StepState.READY, run__state=RunState.RUNNING).order_by("pk"))
        step = runs.take_step(
            actor=self.house.cast.operator, step=self.chance.choice(some) if some else self.fail()
        )
        say = self.chance.choice([runs.done_step, runs.done_step, runs.failed_step])
        say(actor=self.house.cast.operator, step=step, note="Seen.")

    def do_decide(self) -> None:
        some = list(Step.objects.filter(state=StepState.NEEDS_DECISION).order_by("pk"))
        step = self.chance.choice(some) if some else self.fail()
        decide = self.chance.choice(
            [runs.retry_step, runs.skip_step, runs.mark_done_step, runs.mark_failed_step]
        )
        decide(actor=self.house.cast.operator, step=step, reason="As agreed.")

    def manager(self) -> Person:
        return self.chance.choice([self.house.cast.release_manager, self.house.cast.second_manager])

    def run(self, *states: str) -> DeploymentRun:
        some = DeploymentRun.objects.order_by("pk")
        found = list(some.filter(state__in=states) if states else some)
        return self.chance.choice(found) if found else self.fail()

    def fail(self) -> Any:
        raise DomainError("There is nothing to press.")


def waits(kind: str, ids: set[int]) -> dict[int, int]:
    rows = Interval.objects.filter(subject_kind=kind, ended_at=None, is_primary=True, subject_id__in=ids)
    found = dict.fromkeys(ids, 0)
    for pk in rows.values_list("subject_id", flat=True):
        found[pk] += 1
    return found


def contradictions() -> list[str]:
    found = []
    for run in DeploymentRun.objects.all():
        expected = 0 if run.state in RUN_FINAL else 1
        if waits("run", {run.pk})[run.pk] != expected:
            found.append(f"{run} ({run.state}) waits for {waits('run', {run.pk})[run.pk]} things")
        if run.state in FIXED and run.plan_digest != plans.digest(plans.read_plan(run)):
            found.append(f"{run} ({run.state}) is not what was proposed")
        if run.state not in RUN_ACTIVE and RunTarget.objects.filter(run=run, is_active=True).exists():
            found.append(f"{run} ({run.state}) holds components")
        if run.state in RUN_BEFORE_START and not composing.requests_of(run):
            found.append(f"{run} ({run.state}) has no request")
    for request in DeploymentRequest.objects.select_related("run"):
        expected = 0 if request.state in REQUEST_FINAL else 1
        if waits("request", {request.pk})[request.pk] != expected:
            found.append(
                f"{request} ({request.state}) waits for {waits('request', {request.pk})[request.pk]} things"
            )
        found += _held(request)
    return found


def _held(request: DeploymentRequest) -> list[str]:
    state = request.run.state if request.run else None
    fits = {
        RequestState.PLANNED: FIXED,
        RequestState.DEPLOYING: RUN_ACTIVE,
        RequestState.APPROVED: {None, RunState.DRAFT},
    }.get(RequestState(request.state))
    if fits is not None and state not in fits:
        return [f"{request} is {request.state}, its run {state}"]
    return []


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_ever_without_a_next_actor(house: House, commits: Commits, seed: int) -> None:
    walk = Walk(house, seed)
    for _number in range(60):
        with commits():
            walk.press()
        assert contradictions() == []


def test_a_walk_that_only_goes_onwards_arrives(house: House, commits: Commits) -> None:
    walk = Walk(house, 1, ONWARDS)
    for _number in range(150):
        with commits():
            walk.press()
    assert walk.done >= ONWARDS
    ended = set(DeploymentRequest.objects.values_list("state", flat=True))
    assert ended & {RequestState.DEPLOYED, RequestState.DEPLOYED_WITH_EXCEPTIONS, RequestState.FAILED}
    assert contradictions() == []
