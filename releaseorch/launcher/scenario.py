"""The job that the smoke test does through the pages: file, approve, group, propose, approve, start, carry out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from releaseorch.launcher.browser import Browser, Page, PageError

STEP_SECONDS = 15.0
# What is filed; all of it is in the demo data, and none of it is planted by us.
APPLICATION = "Billing"
COMPONENT = "billing-web"
VERSION = "2.4.1"
ENVIRONMENT = "Integration"
MANUAL = "Tell the service desk that billing was switched"


@dataclass(frozen=True)
class Outcome:
    run: int
    component: str
    version: str
    environment: str


@dataclass(frozen=True)
class Cast:
    """Three people: who files never approves the request, who composes the run never approves it."""

    developer: Browser
    manager: Browser
    operator: Browser


def play(url: str, people: Sequence[dict[str, str]], tell: Callable[[str], None]) -> Outcome:
    cast = Cast(*(log_in(url, people, role) for role in ("developer", "release_manager", "operator")))
    request = file_request(cast.developer)
    tell(f"  Request {request} is submitted.")
    approve_request(cast.manager, request)
    run = compose_run(cast.manager, request)
    tell(f"  Run {run} is composed and proposed.")
    verb(cast.operator, f"/runs/{run}", f"/runs/{run}/approve")
    verb(cast.manager, f"/runs/{run}", f"/runs/{run}/start")
    tell(f"  Run {run} is approved and started.")
    carry_out(cast.operator, run)
    return Outcome(run, COMPONENT, VERSION, ENVIRONMENT)


def log_in(url: str, people: Sequence[dict[str, str]], role: str) -> Browser:
    """As the first person of that role whom the demo printed."""
    person = next((one for one in people if role in one["role"].casefold().replace(" ", "_")), None)
    if person is None:
        raise PageError(f"the demo has nobody who is {role}")
    browser = Browser(url, person["name"])
    page = browser.get("/login")
    page = browser.submit(page, "/login", {"username": person["username"], "password": person["password"]})
    if page.path.startswith("/login"):
        raise PageError(f"{person['username']} could not log in: {page}")
    return browser


def file_request(browser: Browser) -> int:
    page = browser.get("/requests/new")
    form, button = page.form("/requests/new")
    given: dict[str, str | list[str]] = {
        "application": form.choose("application", APPLICATION),
        "environment": form.choose("environment", ENVIRONMENT),
    }
    page = browser.send(page, form, button, given)
    request = number(page, "requests")
    page = add_item(browser, page, request, {"component": COMPONENT, "version": VERSION})
    page = add_item(browser, page, request, {"instructions": MANUAL})
    verb(browser, f"/requests/{request}", f"/requests/{request}/submit")
    return request


def add_item(browser: Browser, page: Page, request: int, wanted: dict[str, str]) -> Page:
    form, button = page.form(f"/requests/{request}/add-item")
    given: dict[str, str | list[str]] = {
        name: form.choose(name, label) if name in form.choices else label for name, label in wanted.items()
    }
    return browser.send(page, form, button, given)


def approve_request(browser: Browser, request: int) -> None:
    verb(browser, f"/requests/{request}", f"/requests/{request}/approve")


def compose_run(browser: Browser, request: int) -> int:
    page = browser.submit(browser.get(f"/runs/new?request={request}"), "/runs/new")
    run = number(page, "runs")
    verb(browser, f"/runs/{run}", f"/runs/{run}/propose")
    return run


def carry_out(browser: Browser, run: int) -> None:
    """Does every manual step as it becomes ready, until the run says that it is over."""
    while True:
        page = browser.until(
            f"/runs/{run}",
            lambda page: over(page) or waiting_step(page) is not None,
            "a step for a person, or the end of the run",
            STEP_SECONDS,
        )
        step = waiting_step(page)
        if step is None:
            return
        verb(browser, f"/runs/{run}", f"/steps/{step}/take")
        verb(browser, f"/runs/{run}", f"/steps/{step}/done", {"evidence": "Told by telephone, ticket 4711."})


def waiting_step(page: Page) -> int | None:
    for form in page.read.forms:
        if found := re.search(r"/steps/(\d+)/take$", form.action):
            return int(found[1])
    return None


def over(page: Page) -> bool:
    return re.search(r'data-run-state="(succeeded|failed|stopped|cancelled)', page.html) is not None


def verb(
    browser: Browser, address: str, action: str, given: dict[str, str | list[str]] | None = None
) -> Page:
    return browser.submit(browser.get(address), action, given)


def number(page: Page, noun: str) -> int:
    found = re.search(rf"/{noun}/(\d+)", page.path)
    if found is None:
        raise PageError(f"expected the page of one of the {noun}, got {page}")
    return int(found[1])
