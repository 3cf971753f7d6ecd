"""Requests and runs in a named state, reached through the services that lead there."""

from collections.abc import Callable
from datetime import timedelta

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM
from releaseorch.delivery import request_moves, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments.models import Environment
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.factories import House

# The way to each state. From `plan` on a run moves its requests; here they are moved without carrying a run out.
WAYS: dict[R, list[str]] = {
    R.DRAFT: [],
    R.SUBMITTED: ["submit"],
    R.SENT_BACK: ["submit", "send_back"],
    R.APPROVED: ["submit", "approve"],
    R.PLANNED: ["submit", "approve", "plan"],
    R.DEPLOYING: ["submit", "approve", "plan", "deploy"],
    R.DEPLOYED: ["submit", "approve", "plan", "deploy", "complete"],
    R.DEPLOYED_WITH_EXCEPTIONS: ["submit", "approve", "plan", "deploy", "complete_with_exceptions"],
    R.FAILED: ["submit", "approve", "plan", "deploy", "fail"],
    R.REJECTED: ["submit", "reject"],
    R.WITHDRAWN: ["withdraw"],
    R.EXPIRED: ["submit", "expire"],
    R.SUPERSEDED: ["submit", "supersede"],
}

RUN_WAYS: dict[RunState, list[str]] = {
    RunState.DRAFT: [],
    RunState.CANCELLED: ["cancel"],
    RunState.PROPOSED: ["propose"],
    RunState.REJECTED: ["propose", "reject"],
    RunState.APPROVED: ["propose", "approve"],
    RunState.SCHEDULED: ["propose", "approve", "schedule"],
    RunState.RUNNING: ["propose", "approve", "start"],
    RunState.PAUSED: ["propose", "approve", "start", "pause"],
    RunState.STOPPED: ["propose", "approve", "start", "stop"],
}


# What the audit says when no person moves a request.
MOVED = {
    "plan": "request.planned",
    "deploy": "request.deploying",
    "complete": "request.deployed",
    "complete_with_exceptions": "request.deployed_with_exceptions",
    "fail": "request.failed",
    "expire": "request.expired",
    "supersede": "request.superseded",
}


def request_in_state(
    house: House,
    state: str,
    *,
    requester: Person | None = None,
    environment: Environment | None = None,
    items: list[ItemDraft] | None = None,
    run: DeploymentRun | None = None,
    title: str = "",
) -> DeploymentRequest:
    """A request of Claims to Production that deploys claims-web 2.0.0, in `state`."""
    if items is None:
        version, _ = house.claims_web.versions.get_or_create(text="2.0.0", defaults={"digest": "sha256:20"})
        items = [ItemDraft(component=house.claims_web, version=version)]
    request = services.create_request(
        actor=requester or house.cast.developer,
        application=house.claims,
        environment=environment or house.production,
        release=house.release,
        title=title,
        items=items,
    )
    for verb in WAYS[R(state)]:
        _step(house, request, verb, run)
    return request


def bare_run(house: House, environment: Environment, state: str = "draft") -> DeploymentRun:
    """A run without a plan: enough for what a request shows of it."""
    manager = house.cast.release_manager
    return DeploymentRun.objects.create(
        environment=environment, title="Saturday", composed_by=manager, edited_by=manager, state=state
    )


def run_in_state(
    house: House,
    state: str,
    *,
    requests: list[DeploymentRequest] | None = None,
    title: str = "Saturday",
) -> DeploymentRun:
    """A run of approved requests (by default one: claims-web to Production), composed by Rita, approved by Sven.

    How a run succeeds is a story of its steps, so those states are not here.
    """
    if requests is None:
        requests = [request_in_state(house, R.APPROVED)]
    run = services.compose_run(actor=house.cast.release_manager, requests=requests, title=title)
    for verb in RUN_WAYS[RunState(state)]:
        _run_step(house, run, verb)
    return run


def _run_step(house: House, run: DeploymentRun, verb: str) -> None:
    composer, approver = house.cast.release_manager, house.cast.second_manager
    begins = clock.now() + timedelta(days=1)
    by_service: dict[str, Callable[[], object]] = {
        "propose": lambda: services.propose_run(actor=composer, run=run),
        "approve": lambda: services.approve_run(actor=approver, run=run),
        "reject": lambda: services.reject_run(actor=approver, run=run, reason="Too much for one night."),
        "cancel": lambda: services.cancel_run(actor=composer, run=run, reason="Not this week."),
        "schedule": lambda: services.schedule_run(
            actor=composer, run=run, window_from=begins, window_until=begins + timedelta(hours=6)
        ),
        "start": lambda: runs.start_run(actor=composer, run=run),
        "pause": lambda: runs.pause_run(actor=composer, run=run),
        "stop": lambda: runs.stop_run(actor=composer, run=run, reason="It is late."),
    }
    by_service[verb]()


def _step(house: House, request: DeploymentRequest, verb: str, run: DeploymentRun | None) -> None:
    requester = request.requester
    own = requester == house.cast.release_manager
    manager = house.cast.second_manager if own else house.cast.release_manager
    by_service: dict[str, Callable[[], object]] = {
        "submit": lambda: services.submit_request(actor=requester, request=request),
        "withdraw": lambda: services.withdraw_request(actor=requester, request=request, reason="Not wanted."),
        "approve": lambda: services.approve_request(actor=manager, request=request),
        "send_back": lambda: services.send_back_request(actor=manager, request=request, reason="Say more."),
        "reject": lambda: services.reject_request(actor=manager, request=request, reason="Not this year."),
    }
    if verb in by_service:
        by_service[verb]()
        return
    if verb == "plan":
        request.run = run or bare_run(house, request.environment, "proposed")
    request_moves.move(request, verb)
    request_moves.settle(actor=SYSTEM, request=request, verb=MOVED[verb])
