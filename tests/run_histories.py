"""Runs in a named state, reached through the services that lead there."""

from collections.abc import Callable
from datetime import timedelta

from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState as S
from tests.factories import House
from tests.histories import request_in_state

WAYS: dict[S, list[str]] = {
    S.DRAFT: [],
    S.PROPOSED: ["propose"],
    S.APPROVED: ["propose", "approve"],
    S.SCHEDULED: ["propose", "approve", "schedule"],
    S.REJECTED: ["propose", "reject"],
    S.CANCELLED: ["cancel"],
    S.RUNNING: ["propose", "approve", "start"],
    S.PAUSED: ["propose", "approve", "start", "pause"],
    S.STOPPED: ["propose", "approve", "start", "stop"],
}


def run_in_state(
    house: House, state: str, *, requests: list[DeploymentRequest] | None = None, title: str = "Saturday"
) -> DeploymentRun:
    """A run of approved requests (by default one: claims-web 2.0.0 to Production), composed by Rita, approved by Sven.

    How a run succeeds is a story of its steps, so those states are not here.
    """
    chosen = requests or [request_in_state(house, RequestState.APPROVED)]
    run = services.compose_run(actor=house.cast.release_manager, requests=chosen, title=title)
    for verb in WAYS[S(state)]:
        _act(house, run, verb)
    return run


def _act(house: House, run: DeploymentRun, verb: str) -> None:
    rita, sven = house.cast.release_manager, house.cast.second_manager
    begins = clock.now() + timedelta(days=1)
    verbs: dict[str, Callable[[], object]] = {
        "propose": lambda: services.propose_run(actor=rita, run=run),
        "approve": lambda: services.approve_run(actor=sven, run=run),
        "reject": lambda: services.reject_run(actor=sven, run=run, reason="Too much for one night."),
        "cancel": lambda: services.cancel_run(actor=rita, run=run, reason="Not this week."),
        "schedule": lambda: services.schedule_run(
            actor=rita, run=run, window_from=begins, window_until=begins + timedelta(hours=6)
        ),
        "start": lambda: runs.start_run(actor=rita, run=run),
        "pause": lambda: runs.pause_run(actor=rita, run=run),
        "stop": lambda: runs.stop_run(actor=rita, run=run, reason="It is late."),
    }
    verbs[verb]()
