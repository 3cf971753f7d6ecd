"""Every component, looked at by a browser: no barrier, no broken rule of the content policy, no sideways scrolling."""

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from tests.browser.conftest import Window
from tests.characters import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


@pytest.fixture(autouse=True)
def demo(settings: Settings) -> None:
    settings.DEMO = True


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
def test_every_component_is_free_of_barriers(cast: Cast, window: Opened, width: int, dark: bool) -> None:
    seen = window(cast.operator, width=width, dark=dark)
    seen.go("/styleguide")
    assert seen.barriers() == []
    assert not seen.scrolls_sideways()
    assert seen.complaints == []


def test_without_scripts_a_verb_still_asks_for_its_reason(cast: Cast, window: Opened) -> None:
    page = window(cast.operator, javascript=False).go("/styleguide")
    send_back = page.locator("#page > .head details", has_text="Send back")
    send_back.locator("summary").click()
    expect(send_back.get_by_label("Reason, kept in the audit")).to_be_visible()


def test_the_reason_of_a_refused_verb_shows_when_it_has_the_focus(cast: Cast, window: Opened) -> None:
    page = window(cast.operator).go("/styleguide")
    refused = page.locator("#page > .head .refused")
    expect(refused.get_by_text("Run #209 holds intake")).to_be_hidden()
    refused.get_by_role("button").focus()
    expect(refused.get_by_text("Run #209 holds intake")).to_be_visible()


def test_keys_search_go_and_explain_themselves(cast: Cast, window: Opened) -> None:
    page = window(cast.operator).go("/styleguide")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("banner").get_by_role("searchbox")).to_be_focused()


def test_the_chosen_colours_stay(cast: Cast, window: Opened) -> None:
    seen = window(cast.operator)
    page = seen.go("/styleguide")
    page.locator(".menu summary").click()
    page.locator(".menu").get_by_role("button", name="Dark").click()
    seen.go("/styleguide")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_all_of_a_list_are_picked_and_counted(cast: Cast, window: Opened) -> None:
    page = window(cast.operator).go("/styleguide")
    page.get_by_label("Select all").click()
    expect(page.get_by_label("Select Document Service")).to_be_checked()
    expect(page.locator("[data-count=request]")).to_have_text("2")


def test_outside_the_demo_there_is_no_style_guide(cast: Cast, settings: Settings) -> None:
    settings.DEMO = False
    client = Client()
    client.force_login(cast.operator, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/styleguide").status_code == 404
