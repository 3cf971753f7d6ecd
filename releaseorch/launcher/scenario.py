"""The job that the smoke test does through the pages: file, approve, group, propose, approve, start, carry out."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from releaseorch.launcher.browser import Browser, Page, PageError

STEP_SECONDS = 15.0
# What is filed: the demo's next natural step (Billing was sent back because this never ran in Acceptance).
TEAM = "Policy"
APPLICATION = "Billing"
COMPONENT = "billing-api"
VERSION = "6.2.0"
ENVIRONMENT = "Acceptance"
MANUAL = "Tell the test customers that invoices come in two languages"
INSTRUCTIONS = "1. Open the list of test customers.\n2. Write to them.\n3. Note how many there were."
EVIDENCE = "Written to all 14 test customers."


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
    composer: Browser
    approver: Browser


def cast_of(url: str, people: Sequence[dict[str, str]]) -> Cast:
    """A developer of the team, and two release managers, as the demo printed them."""
    developers = [one for one in people if one["role"] == f"Developer of {TEAM}"]
    managers = [one for one in people if one["role"] == "Release manager"]
    if not developers or len(managers) < 2:
        roles = ", ".join(sorted({one["role"] for one in people}))
        raise PageError(f"a developer of {TEAM} and two release managers are needed; there are: {roles}")
    return Cast(*(log_in(url, person) for person in (developers[0], *managers[:2])))


def play(url: str, people: Sequence[dict[str, str]], tell: Callable[[str], None]) -> Outcome:
    cast = cast_of(url, people)
    request = file_request(cast.developer)
    tell(f"  Request {request} is submitted.")
    verb(cast.composer, f"/requests/{request}", f"/requests/{request}/approve")
    run = compose_run(cast.composer, request)
    tell(f"  Run {run} is composed and proposed.")
    verb(cast.approver, f"/runs/{run}", f"/runs/{run}/approve")
    verb(cast.approver, f"/runs/{run}", f"/runs/{run}/start")
    tell(f"  Run {run} is approved and started.")
    carry_out(cast.approver, run)
    return Outcome(run, COMPONENT, VERSION, ENVIRONMENT)


def log_in(url: str, person: dict[str, str]) -> Browser:
    browser = Browser(url, person["name"])
    given = {"username": person["username"], "password": person["password"]}
    page = browser.submit(browser.get("/login"), "/login", given)
    if page.path.startswith("/login"):
        raise PageError(f"{person['name']} could not log in: {page}")
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
    page = add_item(browser, page, request, {"title": MANUAL, "instructions": INSTRUCTIONS})
    verb(browser, f"/requests/{request}", f"/requests/{request}/submit")
    return request


def add_item(browser: Browser, page: Page, request: int, wanted: dict[str, str]) -> Page:
    form, button = page.form(f"/requests/{request}/add-item")
    given: dict[str, str | list[str]] = {
        name: form.choose(name, label) if name in form.choices else label for name, label in wanted.items()
    }
    return browser.send(page, form, button, given)


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
        verb(browser, f"/runs/{run}", f"/steps/{step}/done", {"note": EVIDENCE})


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
