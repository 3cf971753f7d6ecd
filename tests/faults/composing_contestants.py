"""What racers do with requests and runs before the start: each function is called in its own process, with ids only."""

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.delivery import hooks, services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun


def _person(pk: int) -> Person:
    return Person.objects.get(pk=pk)


def compose(request_ids: list[int], person_id: int) -> int:
    requests = list(DeploymentRequest.objects.filter(pk__in=request_ids))
    return services.compose_run(actor=_person(person_id), requests=requests).pk


def propose(run_id: int, person_id: int) -> str:
    return str(services.propose_run(actor=_person(person_id), run=DeploymentRun.objects.get(pk=run_id)).state)


def approve(run_id: int, person_id: int) -> str:
    return str(services.approve_run(actor=_person(person_id), run=DeploymentRun.objects.get(pk=run_id)).state)


def start(run_id: int, person_id: int) -> str:
    return str(runs.start_run(actor=_person(person_id), run=DeploymentRun.objects.get(pk=run_id)).state)


def act(run_id: int, request_id: int, person_id: int, verb: str) -> str:
    """One of the verbs that want to have the run, or a request of it, for themselves."""
    person, run = _person(person_id), DeploymentRun.objects.get(pk=run_id)
    request = DeploymentRequest.objects.get(pk=request_id)
    if verb == "start":
        runs.start_run(actor=person, run=run)
    elif verb == "take_out":
        services.take_out_request(actor=person, run=run, request=request, reason="In the race.")
    elif verb == "withdraw":
        services.withdraw_request(actor=person, request=request, reason="In the race.")
    elif verb == "edit":
        item = request.items.select_related("component", "version").get()
        newer = item.component.versions.get(text="3.0.0")
        changes = RequestChanges(items=[ItemDraft(component=item.component, version=newer)])
        services.edit_request(actor=person, request=request, changes=changes)
    else:
        getattr(services, verb)(actor=person, run=run, reason="In the race.")
    return verb


def told(event_id: int) -> bool:
    hooks.on_ended(Event.objects.get(pk=event_id))
    return True
