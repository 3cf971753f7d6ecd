"""Two people look at the same run: what one does, the other sees; what one types, nothing takes away."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from releaseorch.notifications import inbox
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from tests.browser.conftest import Window
from tests.factories import House
from tests.histories import request_in_state
from tests.web.runs import stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Opened = Callable[..., Window]
SOON_MS = 4000  # half a second of polling and 0.3 s of gathering; the rest is for a busy machine


def live(page: Page) -> None:
    """Wait until the event stream is open."""
    expect(page.locator("#live")).to_have_attribute("data-live-state", "on")


def turn(page: Page, hidden: bool) -> None:
    """Tell the page that its tab was left or is looked at again, as the browser does."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_a_verb_in_one_window_shows_in_the_other_without_a_reload(house: House, window: Opened) -> None:
    run, step = stage.at_the_manual_step(house)
    watching, acting = window(house.cast.operator), window(house.cast.developer)
    seen, page = watching.go(f"/runs/{run.pk}"), acting.go(f"/runs/{run.pk}")
    live(seen)
    seen.evaluate("window.sameDocument = true")
    expect(seen.locator(f"#step-{step.pk}")).to_contain_text("Waiting for a person")

    page.locator(f"#steps form[action='/steps/{step.pk}/take'] button").click()

    expect(seen.locator("#steps")).to_contain_text("Dana Brandt", timeout=SOON_MS)
    assert seen.evaluate("window.sameDocument") is True
    assert watching.complaints + acting.complaints == []


def test_what_somebody_types_is_never_overwritten(house: House, window: Opened) -> None:
    run, step = stage.at_the_manual_step(house)
    page = window(house.cast.developer).go(f"/runs/{run.pk}")
    page.locator(f"#steps form[action='/steps/{step.pk}/take'] button").click()
    live(page)
    done = page.locator("#steps details.verb", has_text="Done")
    done.locator("summary").click()
    note = done.get_by_label("What did you do")
    note.fill("Called 4400, they")

    other = window(house.cast.operator).go(f"/runs/{run.pk}")
    pause = other.locator("#run-verbs details.verb", has_text="Pause")
    pause.locator("summary").click()
    pause.get_by_role("button", name="Pause").click()

    expect(page.locator("#run-state")).to_have_text("Paused", timeout=SOON_MS)
    expect(page.locator("#live")).to_have_text("Held while you write")
    expect(note).to_be_visible()
    expect(note).to_have_value("Called 4400, they")


def test_a_hidden_tab_holds_no_stream(house: House, window: Opened) -> None:
    run, _step = stage.at_the_manual_step(house)
    seen = window(house.cast.operator)
    streams: list[str] = []
    seen.page.on("request", lambda sent: streams.append("opened") if "/live/stream" in sent.url else None)
    seen.page.on(
        "requestfailed", lambda sent: streams.append("closed") if "/live/stream" in sent.url else None
    )
    page = seen.go(f"/runs/{run.pk}")
    live(page)
    assert streams == ["opened"]
    with page.expect_event("requestfailed"):
        turn(page, hidden=True)
    assert streams == ["opened", "closed"]
    turn(page, hidden=False)
    live(page)
    assert streams == ["opened", "closed", "opened"]


def test_the_board_follows_until_somebody_has_ticked_a_line(house: House, window: Opened) -> None:
    first = request_in_state(house, "approved", environment=house.integration, title="The first")
    page = window(house.cast.release_manager).go(f"/board?environment={house.integration.pk}")
    live(page)
    request_in_state(house, "approved", environment=house.integration, title="The second")
    expect(page.locator("#rows")).to_contain_text("The second", timeout=SOON_MS)

    box = page.get_by_label(f"Select Claims #{first.pk}")
    box.check()
    page.evaluate("document.activeElement.blur()")
    request_in_state(house, "approved", environment=house.integration, title="The third")
    expect(page.locator("#live")).to_have_text("Held while you write", timeout=SOON_MS)
    expect(page.locator("#rows")).not_to_contain_text("The third")
    expect(box).to_be_checked()


def test_the_number_of_the_inbox_changes_on_every_page(house: House, window: Opened) -> None:
    opened = window(house.cast.operator)
    page = opened.go("/me")
    number = page.locator("#nav #unread")
    expect(number).to_be_hidden()
    page.evaluate("window.sameDocument = true")
    news = News(
        Kind.RUN_STARTED, [house.cast.operator.pk], "It runs.", "Yours.", "/runs/1", ("run", 1), "run:1"
    )
    inbox.write([news], once="now")
    expect(number).to_have_text("1", timeout=SOON_MS)
    assert page.evaluate("window.sameDocument") is True and opened.complaints == []
