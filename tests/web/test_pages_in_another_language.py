"""On a page nothing is said past gettext but names."""

import pytest

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release
from tests.architecture.texts import Markup
from tests.brackets import past_gettext, spoken_in_brackets
from tests.characters import Cast
from tests.factories import House

NAMES = {
    **dict.fromkeys((Person, Team, Application, Component, Environment, Release), ("name",)),
    Feature: ("key", "title"),
}


def names() -> list[str]:
    """What people called things, the longest first."""
    rows = (row for model, columns in NAMES.items() for row in model.objects.values_list(*columns))
    return sorted((name for row in rows for name in row), key=len, reverse=True)


@pytest.mark.parametrize("address", ["/", "/requests/new", "/where"])
def test_a_page_says_nothing_but_names_past_gettext(cast: Cast, house: House, door, address: str) -> None:
    with spoken_in_brackets():
        page = door(cast.developer).get(address).content.decode()
    assert page.count("⟦") > 10
    left = past_gettext(page)
    for name in names():
        left = left.replace(name, "")
    assert Markup(left).found == []
