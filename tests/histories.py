"""Requests and runs in a named state, reached through the services that lead there."""

from datetime import timedelta

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.delivery import request_moves, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments.models import Environment
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.factories import House

# The moves of a run that lead to each state; a request reaches them without its run having to be carried out.
BY_RUN = {
    R.PLANNED: ["plan"],
    R.DEPLOYING: ["plan", "deploy"],
    R.DEPLOYED: ["plan", "deploy", "complete"],
    R.DEPLOYED_WITH_EXCEPTIONS: ["plan", "deploy", "complete_with_exceptions"],
    R.FAILED: ["plan", "deploy", "fail"],
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
    """A request of Claims to Production that deploys claims-web, in `state`."""
    state = R(state)
    requester = requester or house.cast.developer
    manager = house.cast.second_manager if requester == house.cast.release_manager else house.cast.release_manager
    if items is None:
        version, _ = house.claims_web.versions.get_or_create(text="2.0.0", defaults={"digest": "sha256:20"})
        items = [ItemDraft(component=house.claims_web, version=version)]
    request = services.create_request(
        actor=requester,
        application=house.claims,
        environment=environment or house.production,
        release=house.release,
        title=title,
        items=items,
    )
    if state == R.DRAFT:
        return request
    if state == R.WITHDRAWN:
        return services.withdraw_request(actor=requester, request=request, reason="Not wanted any more.")
    services.submit_request(actor=requester, request=request)
    if state == R.SENT_BACK:
        return services.send_back_request(actor=manager, request=request, reason="Say what changes.")
    if state == R.REJECTED:
        return services.reject_request(actor=manager, request=request, reason="Not before summer.")
    if state == R.SUBMITTED:
        return request
    services.approve_request(actor=manager, request=request)
    if state in {R.EXPIRED, R.SUPERSEDED}:
        return _moved(house, request, {R.EXPIRED: "expire", R.SUPERSEDED: "supersede"}[state])
    if state in BY_RUN:
        request.run = run or bare_run(house, request.environment)
        for verb in BY_RUN[state]:
            _moved(house, request, verb)
    return request


def bare_run(house: House, environment: Environment) -> DeploymentRun:
    """A run without a plan: enough for what a request shows of it."""
    manager = house.cast.release_manager
    return DeploymentRun.objects.create(
        environment=environment, title="Saturday", composed_by=manager, edited_by=manager
    )


def run_in_state(
    house: House, state: str, *, requests: list[DeploymentRequest] | None = None, title: str = "Saturday"
) -> DeploymentRun:
    """A run of approved requests (by default one: claims-web to Production), composed by Rita, approved by Sven.

    States up to running and paused, cancelled and rejected; how a run ends otherwise is a story of its steps.
    """
    state = RunState(state)
    composer, approver = house.cast.release_manager, house.cast.second_manager
    if requests is None:
        requests = [request_in_state(house, R.APPROVED)]
    run = services.compose_run(actor=composer, requests=requests, title=title)
    if state == RunState.DRAFT:
        return run
    if state == RunState.CANCELLED:
        return services.cancel_run(actor=composer, run=run, reason="Not this week.")
    services.propose_run(actor=composer, run=run)
    if state == RunState.PROPOSED:
        return run
    if state == RunState.REJECTED:
        return services.reject_run(actor=approver, run=run, reason="Too much for one night.")
    services.approve_run(actor=approver, run=run)
    if state == RunState.APPROVED:
        return run
    if state == RunState.SCHEDULED:
        begins = clock.now() + timedelta(days=1)
        return services.schedule_run(
            actor=composer, run=run, window_from=begins, window_until=begins + timedelta(hours=6)
        )
    runs.start_run(actor=composer, run=run)
    if state == RunState.PAUSED:
        runs.pause_run(actor=composer, run=run)
    return run


def _moved(house: House, request: DeploymentRequest, verb: str) -> DeploymentRequest:
    request_moves.move(request, verb)
    request_moves.settle(actor=house.cast.release_manager, request=request, verb=f"request.{verb}")
    return request
