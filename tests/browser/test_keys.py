"""The keyboard on a page of every day: search, go, help; never while somebody types."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.characters import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


def test_a_slash_searches_a_letter_after_g_goes_and_a_question_mark_explains(
    cast: Cast, window: Opened
) -> None:
    page = window(cast.developer).go("/runs")
    page.keyboard.press("g")
    page.keyboard.press("w")
    page.wait_for_url(re.compile("/where$"))
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Where is what")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("/")
    search = page.get_by_role("banner").get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("gb?")
    expect(search).to_have_value("gb?")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q=gb"))
