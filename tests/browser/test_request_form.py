"""With scripts the form of a request fills itself: a choice brings its lines and checks, and nothing typed is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import inventory
from tests.browser.conftest import Window
from tests.factories import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]


def test_a_choice_fills_the_form_in_place(house: House, window: Opened) -> None:
    inventory.install(
        actor=house.cast.operator, component=house.claims_web, environment=house.acceptance, target=None,
        version=house.version(house.claims_web), source_kind="import", source_id=None, source_name="first import",
    )  # fmt: skip
    opened = window(house.cast.developer)
    page = opened.go(f"/requests/new?application={house.claims.pk}&environment={house.development.pk}")
    page.evaluate("window.sameDocument = true")
    page.fill("#title", "Web to its users")

    page.select_option("#environment", label="Production")

    expect(page.locator(".line-form")).to_contain_text("claims-web")
    expect(page.locator("h1")).to_have_text("Claims to Production")
    page.click("button[value=manual-after]")
    page.fill("#title-1", "Tell the service desk")
    page.locator("#kind-0").select_option("redeploy")
    expect(page.locator("#title-1")).to_have_value("Tell the service desk")
    expect(page.locator("#title")).to_have_value("Web to its users")
    assert page.evaluate("window.sameDocument") is True

    page.click("header button[value=submit]")
    expect(page.locator("#request-state")).to_contain_text("In approval")
    request = DeploymentRequest.objects.get()
    assert [str(item) for item in request.items.all()] == ["claims-web 2.0.0", "Tell the service desk"]
    assert request.title == "Web to its users"
    assert opened.complaints == []
