"""From a developer's request to its inventory through the pages of a browser that runs no script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from releaseorch.environments.models import Installation
from releaseorch.runs.models import DeploymentRun
from tests.browser.conftest import Window
from tests.characters import PASSWORD
from tests.factories import House
from tests.runs import builders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


def file_a_request(page: Page, house: House) -> str:
    """Dana logs in by the form and files claims-web with a manual step after it; the address of the request."""
    page.get_by_label("Username").fill("dana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Application", exact=True)).to_be_visible()  # where she wanted to go
    page.get_by_label("Application", exact=True).select_option(label="Claims")
    page.get_by_label("Environment", exact=True).select_option(label="Integration")
    page.get_by_role("button", name="Show what this means").click()
    page.get_by_label("Component").select_option(label="claims-web")
    page.get_by_role("button", name="Add this component").click()
    line = page.get_by_role("group", name="claims-web")
    line.get_by_label("Version").select_option(index=1)
    page.get_by_role("button", name="Manual step after").click()
    page.get_by_label("What is to be done").fill("Tell the service desk")
    page.get_by_label("Who carries it out").select_option(label="Claims")
    page.get_by_label("Title").fill("Photographs for Integration")
    page.get_by_role("button", name="Submit").first.click()
    page.wait_for_url(re.compile(r"/requests/\d+$"))
    expect(page.locator("#page > .head")).to_contain_text("Photographs for Integration")
    return page.url


def press(page: Page, verb: str, **typed: str) -> None:
    """A verb of the page ("Approve" is also "Approve as …"), unfolded and filled in where it asks for something."""
    label, here = re.compile(rf"^{verb}( as .*)?$"), page.locator("#page")
    folded = here.locator("details.verb").filter(has=page.locator("summary", has_text=label))
    if folded.count():
        here = folded.first
        here.locator("summary").click()
    for name, value in typed.items():
        here.get_by_label(name).fill(value)
    here.get_by_role("button", name=label).first.click()


def test_the_whole_job_is_done_with_scripts_off(house: House, site: str, window: Opened) -> None:
    house.version(house.claims_web)
    cast = house.cast
    people = {"dana": window(javascript=False)}
    for name, person in (("rita", cast.release_manager), ("sven", cast.second_manager)):
        people[name] = window(person, javascript=False)
    dana, rita, sven = (people[name].page for name in ("dana", "rita", "sven"))

    people["dana"].go("/requests/new")
    request = file_a_request(dana, house)

    rita.goto(request)
    press(rita, "Approve")
    people["rita"].go(f"/board?environment={house.integration.pk}")
    rita.get_by_label(re.compile("Select Claims")).check()
    rita.get_by_role("button", name="New run from the selected").click()
    rita.wait_for_url(re.compile(r"/runs/\d+$"))
    expect(rita.get_by_text("The run is composed.")).to_be_visible()
    press(rita, "Propose")

    sven.goto(rita.url)
    press(sven, "Approve")
    press(sven, "Start")
    run = DeploymentRun.objects.get()
    builders.carry_out(run, run.steps.get(kind="automated").key)

    by_hand = run.steps.get(kind="manual")
    people["dana"].go("/")
    dana.get_by_role("link", name=re.compile("Tell the service desk")).first.click()
    people["dana"].go(f"/steps/{by_hand.pk}")
    press(dana, "Take this step")
    dana.goto(f"{site}/steps/{by_hand.pk}")
    press(dana, "Done", **{"What did you do": "Called 4400, they know."})

    dana.goto(sven.url)
    expect(dana.locator("#run-state")).to_have_text("Succeeded")
    people["dana"].go(f"/steps/{by_hand.pk}")
    expect(dana.locator("#page")).to_contain_text("Called 4400, they know.")
    there = Installation.objects.get(component=house.claims_web, environment=house.integration, until=None)
    assert there.version is not None
    assert there.version.text == "2.0.0"
    assert [one.complaints for one in people.values()] == [[], [], []]
