"""Requests in a named state, reached through the services that lead there."""

from releaseorch.accounts.models import Person
from releaseorch.delivery import request_moves, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments.models import Environment
from releaseorch.runs.models import DeploymentRun
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


def _moved(house: House, request: DeploymentRequest, verb: str) -> DeploymentRequest:
    request_moves.move(request, verb)
    request_moves.settle(actor=house.cast.release_manager, request=request, verb=f"request.{verb}")
    return request
