"""Chromium as a person: logged in over the real server, every complaint of the browser kept."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from releaseorch.accounts.models import Person
from tests.asgi_server import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
# Only what is wrong is told of, and no style sheet is fetched twice: two fifths less time for the same verdict.
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    "preload": False,
}


@pytest.fixture(scope="session", autouse=True)
def chromium() -> str:
    if CHROMIUM is None:
        pytest.skip("BROWSER TESTS SKIPPED: no Chromium found; install the package chromium")
    # Playwright's synchronous interface runs an event loop in the thread of the test.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    return CHROMIUM


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    return {"executable_path": chromium, "args": FLAGS}


@pytest.fixture
def site(transactional_db: None) -> Iterator[str]:
    """The address of the product on a real ASGI server."""
    with serve() as address:
        yield address


class Window:
    """One window of one person; `complaints` are console errors (CSP among them) and script errors."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def scrolls_sideways(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def barriers(self) -> list[str]:
        """What axe finds against WCAG 2.2 AA, one line each."""
        found = Axe().run(self.page, options=WCAG).response["violations"]
        return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.fixture
def window(browser: Browser, site: str) -> Iterator[Callable[..., Window]]:
    """`window(person, width=390, dark=True, javascript=False)` opens a window with its own session."""
    contexts: list[BrowserContext] = []

    def opened(
        person: Person | None = None, width: int = 1440, dark: bool = False, javascript: bool = True
    ) -> Window:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if person is not None:
            client = Client()
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            context.add_cookies(
                [{"name": "releaseorch", "value": client.cookies["releaseorch"].value, "url": site}]
            )
        return Window(context.new_page(), site)

    yield opened
    for context in contexts:  # an open event stream would hold the server's stop
        for page in context.pages:
            page.goto("about:blank")
        context.close()
