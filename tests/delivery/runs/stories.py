"""Short stories that several tests tell: requests whose work is done by hand, and steps that go well or badly."""

from releaseorch.accounts.models import Person
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement, RequestState
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from tests.factories import House
from tests.histories import request_in_state


def by_hand(house: House, *titles: str) -> DeploymentRequest:
    """An approved request of manual steps, one after another."""
    items = [ItemDraft(kind=ItemKind.MANUAL, title=title, placement=ItemPlacement.AFTER) for title in titles]
    return request_in_state(house, RequestState.APPROVED, items=items)


def running(house: House, *requests: DeploymentRequest) -> DeploymentRun:
    run = services.compose_run(actor=house.cast.release_manager, requests=list(requests), title="Saturday")
    services.propose_run(actor=house.cast.release_manager, run=run)
    services.approve_run(actor=house.cast.second_manager, run=run)
    return runs.start_run(actor=house.cast.release_manager, run=run)


def step(run: DeploymentRun, title: str) -> Step:
    return Step.objects.select_related("run", "team", "component").get(run=run, title=title)


def done(run: DeploymentRun, title: str, person: Person) -> None:
    taken = runs.take_step(actor=person, step=step(run, title))
    runs.done_step(actor=person, step=taken, note="Seen with my own eyes.")


def failed(run: DeploymentRun, title: str, person: Person) -> Step:
    taken = runs.take_step(actor=person, step=step(run, title))
    return runs.failed_step(actor=person, step=taken, note="It smokes.")


def decided(run: DeploymentRun, title: str, person: Person, kind: str) -> None:
    decision = getattr(runs, f"{kind}_step")
    decision(actor=person, step=step(run, title), reason="There is no other way.")


def now(request: DeploymentRequest) -> DeploymentRequest:
    return DeploymentRequest.objects.get(pk=request.pk)
