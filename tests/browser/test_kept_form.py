"""What is typed into a request outlives the window it was typed in, and goes when it is submitted."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from releaseorch.delivery.models import DeploymentRequest
from tests.browser.conftest import Window
from tests.factories import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


def test_who_leaves_without_saving_finds_it_again_until_it_is_submitted(house: House, window: Opened) -> None:
    opened = window(house.cast.developer)
    page = opened.go("/requests/new")
    top = page.locator("h1").bounding_box()
    page.fill("#title", "Photos for all")
    page.click("button[value=manual-after]")
    page.fill("#instructions-0", "1. Call the service desk.\n2. Wait for their word.")
    expect(page.locator("#kept")).to_contain_text("is kept")
    assert page.locator("h1").bounding_box() == top
    assert opened.barriers() == []

    page = opened.go("/")  # nothing is asked: all of it is kept
    page.get_by_role("link", name="Unfinished: request for Claims").click()
    expect(page.locator("#title")).to_have_value("Photos for all")
    expect(page.locator("#instructions-0")).to_have_value(
        "1. Call the service desk.\n2. Wait for their word."
    )
    expect(page.get_by_role("main")).to_contain_text("did not save it")

    late = window(house.cast.developer)
    other = late.go("/requests/new")
    page.fill("#title-0", "Call them")
    page.click("header button[value=submit]")
    expect(page.locator("#request-state")).to_contain_text("In approval")
    other.fill("#title", "A ghost")
    expect(other.locator("#kept")).to_contain_text("another window")
    page = opened.go("/requests/new")
    expect(page.locator("#title")).to_have_value("")
    assert DeploymentRequest.objects.get().title == "Photos for all"
    assert opened.complaints == []
