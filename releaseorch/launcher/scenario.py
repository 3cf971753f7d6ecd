"""The job that the smoke test does through the pages: file, approve, group, propose, approve, start, carry out."""

import re
import urllib.parse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from releaseorch.launcher.browser import Browser, Page, PageError
from releaseorch.launcher.forms import Form

STEP_SECONDS = 15.0
# What is filed: the demo's next natural step (Billing was sent back because this never ran in Acceptance).
TEAM = "Policy"
COMPONENT = "billing-api"
VERSION = "6.2.0"
ENVIRONMENT = "Acceptance"
CHOSEN = {"application": "Billing", "environment": ENVIRONMENT, "release": "2026.4"}
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
    carry_out(cast.developer, cast.approver, run)
    return Outcome(run, COMPONENT, VERSION, ENVIRONMENT)


def log_in(url: str, person: dict[str, str]) -> Browser:
    browser = Browser(url, person["name"])
    given = {"username": person["username"], "password": person["password"]}
    page = browser.submit(browser.get("/login"), "/login", given)
    if page.path.startswith("/login"):
        raise PageError(f"{person['name']} could not log in: {page}")
    return browser


def file_request(browser: Browser) -> int:
    """One page: choose, let it fill itself, add a step by hand, submit."""
    form, _ = browser.get("/requests/new").form("/requests/new")
    chosen = {name: form.choose(name, label) for name, label in CHOSEN.items()}
    page = browser.get("/requests/new?" + urllib.parse.urlencode(chosen))
    page = browser.submit(page, "/requests/new", press="manual-after")
    form, _ = page.form("/requests/new")
    line = component_line(form)
    last = int(form.values["lines"][0]) - 1
    given: dict[str, str | list[str]] = {
        f"version-{line}": form.choose(f"version-{line}", VERSION),
        f"title-{last}": MANUAL,
        f"instructions-{last}": INSTRUCTIONS,
        f"team-{last}": form.choose(f"team-{last}", TEAM),
    }
    page = browser.submit(page, "/requests/new", given, press="submit")
    return number(page, "requests")


def component_line(form: Form) -> int:
    """The line that the page filled in by itself, since this version is in Integration and not yet in Acceptance."""
    for name, choices in form.choices.items():
        if name.startswith("version-") and any(VERSION in label for _, label in choices):
            return int(name.removeprefix("version-"))
    raise PageError(f"the form suggests no line for {COMPONENT} {VERSION}, but has {sorted(form.values)}")


def compose_run(browser: Browser, request: int) -> int:
    page = browser.get(f"/runs/new?request={request}")
    run = number(browser.submit(page, "/runs/new", {"request": str(request)}), "runs")
    verb(browser, f"/runs/{run}", f"/runs/{run}/propose")
    return run


def carry_out(hands: Browser, eyes: Browser, run: int) -> None:
    """`hands` does every manual step as it becomes ready, until the run that `eyes` watches is over."""
    address = f"/runs/{run}"
    while True:
        page = eyes.until(
            address,
            lambda page: (
                is_over(page, run) or bool(step_with(page, "decide") or step_with(hands.get(address), "take"))
            ),
            "a step for a person, or the end of the run",
            STEP_SECONDS,
        )
        if stuck := step_with(page, "decide"):
            raise PageError(f"step {stuck} of run {run} failed and needs a decision")
        page = hands.get(address)
        step = step_with(page, "take")
        if not step:
            return
        page = hands.submit(page, f"/steps/{step}/take")
        verb(
            hands,
            page.path if page.has(f"/steps/{step}/done") else address,
            f"/steps/{step}/done",
            {"note": EVIDENCE},
        )


def step_with(page: Page, word: str) -> int:
    """The first step of the page that offers this verb, or 0."""
    found = (re.search(rf"/steps/(\d+)/{word}$", form.action) for form in page.read.forms)
    return next((int(one[1]) for one in found if one), 0)


def is_over(page: Page, run: int) -> bool:
    """A run under way can be paused or resumed, or is being cancelled; the page of one that is over offers neither."""
    return not any(page.has(f"/runs/{run}/{word}") for word in ("pause", "resume", "cancel", "stop"))


def verb(
    browser: Browser, address: str, action: str, given: dict[str, str | list[str]] | None = None
) -> Page:
    return browser.submit(browser.get(address), action, given)


def number(page: Page, noun: str) -> int:
    found = re.search(rf"/{noun}/(\d+)", page.path)
    if found is None:
        raise PageError(f"expected the page of one of the {noun}, got {page}")
    return int(found[1])
