"""Whoever filed twenty-nine requests files the thirtieth in a few clicks: the form opens filled with their habit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments import inventory
from tests.browser.conftest import Window
from tests.factories import House, VersionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]
MOST_CLICKS = 5
COUNT_CLICKS = """addEventListener("click", event => {
    if (event.isTrusted) sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true);"""


def earlier(house: House, number: int) -> None:
    """Requests of the Customer Portal to Integration and Acceptance in turn, deployed one after the other."""
    places = [house.integration, house.acceptance]
    requests = DeploymentRequest.objects.bulk_create(
        DeploymentRequest(
            application=house.portal,
            environment=places[n % 2],
            release=house.release,
            requester=house.cast.developer,
            state=RequestState.DEPLOYED,
            revision=1,
            closed_at=clock.now() - timedelta(hours=number - n),
        )
        for n in range(number)
    )
    versions = VersionFactory.create_batch(number, component=house.portal_front)
    RequestItem.objects.bulk_create(
        RequestItem(
            request=request, position=1, kind=ItemKind.DEPLOY, component=house.portal_front,
            version=versions[n],
        )
        for n, request in enumerate(requests)
    )  # fmt: skip


def test_the_thirtieth_request_takes_at_most_five_clicks_from_my_work(house: House, window: Opened) -> None:
    earlier(house, 29)
    inventory.install(
        actor=house.cast.operator, component=house.portal_front, environment=house.integration, target=None,
        version=house.version(house.portal_front, "1.29.0"), source_kind="import", source_id=None, source_name="import",
    )  # fmt: skip
    opened = window(house.cast.developer)
    opened.page.add_init_script(COUNT_CLICKS)
    page = opened.go("/")

    page.get_by_role("link", name="New request").first.click()
    expect(page.locator(".line-form").first).to_contain_text("portal-front")
    page.locator("header button[value=submit]").click()
    expect(page.locator("#request-state")).to_contain_text("In approval")

    clicks = int(page.evaluate("sessionStorage.clicks"))
    assert 0 < clicks <= MOST_CLICKS
    thirtieth = DeploymentRequest.objects.order_by("pk").last()
    assert thirtieth is not None and DeploymentRequest.objects.count() == 30
    assert (thirtieth.state, thirtieth.application, thirtieth.environment, thirtieth.release) == (
        RequestState.SUBMITTED, house.portal, house.acceptance, house.release,
    )  # fmt: skip
    assert [str(item) for item in thirtieth.items.all()] == ["portal-front 1.29.0"]
    assert opened.complaints == []
