"""Every page of a house where something is under way: no barrier, no complaint, no sideways scrolling."""

from collections.abc import Callable

import pytest

from tests.browser.addresses import busy_house
from tests.browser.conftest import Window
from tests.factories import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


def test_no_page_has_a_barrier_or_a_complaint(house: House, window: Opened) -> None:
    pages, seen, stranger = busy_house(house), window(house.cast.release_manager), window()
    stranger.go("/login")
    found = {"Log in": [*stranger.barriers(), *stranger.complaints]}
    for name, path in pages.items():
        seen.go(path)
        found[name] = [*seen.barriers(), *seen.complaints]
        seen.complaints.clear()
    assert {name: said for name, said in found.items() if said} == {}


def test_on_a_phone_no_page_scrolls_sideways(house: House, window: Opened) -> None:
    pages, seen = busy_house(house), window(house.cast.operator, width=390)
    too_wide = []
    for name, path in pages.items():
        seen.go(path)
        too_wide += [name] if seen.scrolls_sideways() else []
    assert too_wide == []
    assert seen.complaints == []


def test_the_dark_colours_can_be_read_too(house: House, window: Opened) -> None:
    pages, seen = busy_house(house), window(house.cast.release_manager, dark=True)
    found = {}
    for name in ("Run with a decision", "Request", "Board"):
        seen.go(pages[name])
        found[name] = seen.barriers()
    assert found == {"Run with a decision": [], "Request": [], "Board": []}


def test_pages_of_an_empty_house_are_free_of_barriers(house: House, window: Opened) -> None:
    seen = window(house.cast.outsider)
    found = {}
    for path in ("/", "/board", "/requests/new", "/requests", "/runs", "/runs/new", "/where", "/search?q=zz"):
        seen.go(path)
        found[path] = seen.barriers()
    assert {path: said for path, said in found.items() if said} == {}
    assert seen.complaints == []
