"""What racers do at the doors, and with steps and reservations: each function is called in its own process."""

from typing import Any

from django.test import Client
from rest_framework.test import APIClient

from releaseorch.accounts.models import Person
from releaseorch.environments import services as environments
from releaseorch.environments.models import Reservation
from releaseorch.runs import services
from releaseorch.runs.models import Step

HERE = "localhost"  # racers have no test environment around them, so the host is a real one


def call_api(token: str, path: str, body: dict[str, Any], key: str = "") -> tuple[int, Any]:
    """Status and id (or state) of the answer."""
    client = APIClient(SERVER_NAME=HERE)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.post(f"/api/v1/{path}", body, format="json", headers=headers)
    return answer.status_code, answer.json().get("id")


def press(person_id: int, path: str, form: dict[str, Any]) -> tuple[int, Any]:
    client = Client(SERVER_NAME=HERE)
    client.force_login(Person.objects.get(pk=person_id), backend="django.contrib.auth.backends.ModelBackend")
    return client.post(path, form).status_code, None


def knock(door: str, who: Any, path: str, body: dict[str, Any]) -> tuple[int, Any]:
    """At the API with a token, on the page as a person."""
    return call_api(who, path, body) if door == "api" else press(who, f"/{path}", body)


def by_hand(step_id: int, person_id: int, verb: str, seen: int, given: dict[str, Any]) -> str:
    person, step = Person.objects.get(pk=person_id), Step.objects.get(pk=step_id)
    more = {**given, **({"to": person} if verb == "reassign_step" else {})}
    getattr(services, verb)(actor=person, step=step, seen=seen, **more)
    return verb


def give_back(reservation_id: int, person_id: int) -> bool:
    reservation = Reservation.objects.get(pk=reservation_id)
    environments.release_reservation(actor=Person.objects.get(pk=person_id), reservation=reservation)
    return True
