"""Runs for the tests of their pages: one automated step that installs and one by hand, reached through services."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from releaseorch.audit.models import Event
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest, StepOrigin
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.launcher.forms import Form, read
from releaseorch.runs.models import DeploymentRun, Step
from tests.factories import House
from tests.histories import request_in_state, run_in_state
from tests.runs import builders


def request_by_hand(house: House, title: str = "Tell the service desk", **values: Any) -> DeploymentRequest:
    """An approved request of Claims: deploy claims-web, then something by hand."""
    version, _ = house.claims_web.versions.get_or_create(text="2.0.0", defaults={"digest": "sha256:20"})
    items = [
        ItemDraft(component=house.claims_web, version=version),
        ItemDraft(
            kind=ItemKind.MANUAL,
            title=title,
            team=house.cast.claims,
            placement="after",
            instructions="Call 4400 and say so.",
        ),
    ]
    return request_in_state(house, RequestState.APPROVED, items=items, **values)


def run_of(house: House, state: str, **values: Any) -> DeploymentRun:
    return run_in_state(house, state, requests=[request_by_hand(house, **values)])


def at_the_manual_step(house: House) -> tuple[DeploymentRun, Step]:
    """A running run whose automated step is over: a person is asked."""
    run = run_of(house, "running")
    builders.carry_out(run, automated(run).key)
    return run, by_hand(run)


def at_a_decision(house: House) -> tuple[DeploymentRun, Step]:
    """A running run whose automated step failed."""
    first = house.claims_web.procedure.steps.first()
    first.parameters = {"argv": ["sh", "-c", "echo asking docstore; echo 'fatal: <b>refused</b>'; exit 3"]}
    first.save()
    run = run_of(house, "running")
    return run, builders.carry_out(run, automated(run).key)


def automated(run: DeploymentRun) -> Step:
    return run.steps.get(kind="automated")


def by_hand(run: DeploymentRun) -> Step:
    return run.steps.get(kind="manual")


def form(answer: HttpResponse, action: str) -> Form:
    """The form of the page that posts to this address, as a browser without JavaScript reads it."""
    found = [one for one in read(answer.content.decode()).forms if one.action == action]
    assert found, f"no form for {action}"
    return found[0]


def press(client: Client, page: str, action: str, **typed: Any) -> HttpResponse:
    """Fill in the form for `action` that stands on `page`, and press its button."""
    here = form(client.get(page), action)
    missing = set(typed) - set(here.values) - set(here.choices) - here.files
    assert not missing, f"{action} has no field {missing}"
    headers = {"referer": f"http://testserver{page}"}
    return client.post(action, {**here.values, **typed}, headers=headers)


def last_event(kind: str, pk: int) -> Event:
    return Event.objects.filter(subject_kind=kind, subject_id=pk).latest("id")


def request_of(step: Step) -> DeploymentRequest:
    """The one request that the step is for."""
    return DeploymentRequest.objects.get(pk=StepOrigin.objects.get(step=step).request_id)
