"""The way of the README: an installation that begins empty, a workbook, a request, a run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from releaseorch.accounts.models import Person
from releaseorch.environments.models import Installation
from releaseorch.runs import engine
from releaseorch.runs.models import Step
from tests.integrations.workbooks import workbook
from tests.web.requests.forms import NEW, press, verb

pytestmark = pytest.mark.django_db
PASSWORD = "lorry-ferry-truck-77"
TOLD = "argv: [sh, -c, 'mkdir -p \"$1\" && echo \"$3\" > \"$1/$2\"', copy, '${root}', '${component}', '${version}']"


def sheets(root: Path) -> dict[str, list[list[Any]]]:
    return {
        "Teams": [["Team"], ["Booking"]],
        "People": [["User name", "Name", "Teams"], ["nora", "Nora Lindholm", "Booking"],
                   ["ruth", "Ruth Adeyemi", ""], ["sam", "Sam Petit", ""], ["olga", "Olga Weber", ""]],
        "Roles": [["User name", "Role", "Reach", "Reaches"], ["nora", "developer", "team", "Booking"],
                  ["ruth", "release_manager", "everywhere", ""], ["sam", "release_manager", "everywhere", ""],
                  ["olga", "operator", "everywhere", ""]],
        "Applications": [["Application", "Team"], ["Booking", "Booking"], ["Tracking", "Booking"],
                         ["Invoicing", "Booking"]],
        "Procedures": [["Procedure", "Step", "Title", "Kind", "Tool", "Parameters", "Instructions", "After",
                        "Installs"],
                       ["copy", "tell", "Tell the warehouse", "manual", "", "", "Call ext. 30.", "", "no"],
                       ["copy", "copy", "Copy ${component}", "automated", "shell", TOLD, "", "tell", "yes"]],
        "Components": [["Application", "Component", "Procedure"], ["Booking", "booking-api", "copy"],
                       ["Tracking", "tracking-api", "copy"], ["Invoicing", "invoice-batch", "copy"]],
        "Environments": [["Environment", "Rank", "Parameters"], ["Test", "1", f"root: {root}"]],
        "Versions": [["Application", "Component", "Version"], ["Booking", "booking-api", "1.9"],
                     ["Booking", "booking-api", "1.10"]],
        "Installed": [["Application", "Component", "Environment", "Version"],
                      ["Booking", "booking-api", "Test", "1.9"]],
    }  # fmt: skip


@pytest.fixture
def administrator(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Client:
    settings.DEMO, settings.STATE_DIR = True, tmp_path
    monkeypatch.setenv("RELEASEORCH_DEMO_EMPTY", "1")
    call_command("load_demo")
    call_command("load_demo")  # as a second start does
    (login,) = json.loads((tmp_path / "people.json").read_text())
    return logged_in(login["username"], login["password"])


def logged_in(username: str, password: str) -> Client:
    client = Client()
    answer = client.post("/login", {"username": username, "password": password})
    assert answer.status_code == 303, answer.content.decode()
    return client


def first_password(administrator: Client, username: str) -> Client:
    """By the link that the administrator hands over."""
    person = Person.objects.get(username=username)
    page = administrator.post(f"/people/{person.pk}/reset-password", follow=True).content.decode()
    link = re.search(r'value="https?://[^/"]+(/set-password/[^"]+)"', page)
    assert link, page[-3000:]
    answer = Client().post(link.group(1), {"password": PASSWORD, "again": PASSWORD})
    assert "Your password is set." in answer.content.decode()
    return logged_in(username, PASSWORD)


def test_a_workbook_becomes_a_company_that_deploys(administrator: Client, tmp_path: Path) -> None:
    there = tmp_path / "there"
    mine = SimpleUploadedFile("mine.xlsx", workbook(sheets(there)))
    assert "What mine.xlsx would change" in read(
        administrator.post("/settings/tables/look", {"file": mine}, follow=True)
    )
    assert "Imported: " in read(press_verb(administrator, "/settings/tables", "/settings/tables/import"))
    nora, ruth, sam, olga = (first_password(administrator, name) for name in ("nora", "ruth", "sam", "olga"))

    assert "1.10" in read(nora.get(NEW))  # filled with what is newer than what is there
    filed = press(nora, nora.get(NEW), NEW, "submit")
    request = filed["Location"]
    press_verb(ruth, request, f"{request}/approve")
    composed = ruth.post("/runs/new", {"request": request.rpartition("/")[2]})
    run = composed["Location"]
    press_verb(ruth, run, f"{run}/propose")
    press_verb(sam, run, f"{run}/approve")
    press_verb(olga, run, f"{run}/start")

    tell, copy = Step.objects.order_by("number")
    press_verb(nora, run, f"/steps/{tell.pk}/take")
    press_verb(nora, run, f"/steps/{tell.pk}/done", note="They know.")
    copy.refresh_from_db()
    engine.run_step(copy.pk, copy.token)

    assert (there / "booking-api").read_text() == "1.10\n"
    assert str(Installation.objects.get(until=None).version) == "booking-api 1.10"
    assert f"run #{run.rpartition('/')[2]}" in read(nora.get("/where"))


def read(answer: HttpResponse) -> str:
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


def press_verb(client: Client, page: str, action: str, **typed: Any) -> HttpResponse:
    """The form of the page for this verb, and the page that it leads to."""
    answer = verb(client, page, action, **typed)
    assert answer.status_code == 303, answer.content.decode()[-2000:]
    return client.get(answer["Location"])
