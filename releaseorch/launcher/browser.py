"""A browser without JavaScript, as far as the smoke test needs one: cookies, forms, redirects, errors."""

import http.cookiejar
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping

from releaseorch.launcher import forms
from releaseorch.launcher.forms import Button, Form

TIMEOUT = 15.0
POLL_EVERY = 0.1

Given = Mapping[str, str | list[str]]


class PageError(Exception):
    """The site did not do what a person would expect; names page, status and complaint."""


def opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """Never through a proxy: the site is on this machine."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)


class Page:
    def __init__(self, url: str, status: int, html: str) -> None:
        self.url, self.status, self.html = url, status, html
        self.read = forms.read(html)

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path

    def form(self, verb: str, press: str = "") -> tuple[Form, Button | None]:
        """The form that leads to the verb (`/approve`, `/requests/new`), and its button: the first, or that of a value.

        A form that posts comes before one that only asks, as a search.
        """
        for form in sorted(self.read.forms, key=lambda form: form.method != "post"):
            leading = [button for button in form.buttons if self._is(verb, button.action or form.action)]
            pressed = [button for button in leading if press in ("", button.value)]
            if pressed:
                return form, pressed[0]
            if not form.buttons and not press and self._is(verb, form.action):
                return form, None
        offered = ", ".join(sorted({form.action or "(this page)" for form in self.read.forms})) or "none"
        raise PageError(f"{self}: no form for {verb} {press}".rstrip() + f"; the page has: {offered}")

    def _is(self, verb: str, action: str) -> bool:
        """Whether the address of a form (empty: this page) ends with the verb."""
        path = urllib.parse.urlsplit(urllib.parse.urljoin(self.url, action)).path.rstrip("/")
        return path.endswith(verb.rstrip("/"))

    def has(self, verb: str) -> bool:
        try:
            self.form(verb)
        except PageError:
            return False
        return True

    def __str__(self) -> str:
        complaints = "; ".join(self.read.complaints)
        return f"{self.path} ({self.status}{': ' + complaints if complaints else ''})"


class Browser:
    """One person's session; every method raises PageError for an answer of 400 and above."""

    def __init__(self, base: str, name: str = "") -> None:
        self.base, self.name = base, name
        self._opener = opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, address: str) -> Page:
        return self._open(urllib.parse.urljoin(self.base, address))

    def submit(self, page: Page, verb: str, given: Given | None = None, press: str = "") -> Page:
        """Fills in the form for the verb and presses its button; the rest goes as it stands on the page."""
        form, button = page.form(verb, press)
        unknown = set(given or {}) - set(form.values) - set(form.choices)
        if unknown:
            known = ", ".join(sorted({*form.values, *form.choices}))
            raise PageError(
                f"{page}: the form for {verb} has no field {', '.join(sorted(unknown))}, but {known}"
            )
        return self.send(page, form, button, given or {})

    def send(self, page: Page, form: Form, button: Button | None, given: Given) -> Page:
        values: dict[str, str | list[str]] = {**form.values, **given}
        if button and button.name:
            values[button.name] = button.value
        action = urllib.parse.urljoin(page.url, (button.action if button else "") or form.action)
        data = urllib.parse.urlencode(values, doseq=True)
        if form.method != "post":
            return self.get(action.partition("?")[0] + "?" + data)
        answer = self._open(action, data.encode(), {"Referer": page.url, "Origin": self.base.rstrip("/")})
        if answer.read.complaints and answer.path == urllib.parse.urlsplit(action).path:
            raise PageError(f"{self.name} sent {action} and got it back: {answer}")
        return answer

    def until(self, address: str, met: Callable[[Page], bool], what: str, seconds: float) -> Page:
        """Loads the page again and again until the condition holds."""
        deadline = time.monotonic() + seconds
        while not met(page := self.get(address)):
            if time.monotonic() >= deadline:
                raise PageError(f"{self.name} waited {seconds:.0f} s on {page} for: {what}")
            time.sleep(POLL_EVERY)
        return page

    def _open(self, url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Page:
        if not url.startswith("http://"):
            raise PageError(f"{self.name}: {url} leads out of the site")
        request = urllib.request.Request(url, data, dict(headers or {}))  # noqa: S310 (checked above)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return Page(answer.url, answer.status, answer.read().decode())
        except urllib.error.HTTPError as refused:
            page = Page(refused.url, refused.code, refused.read().decode(errors="replace"))
            said = "; ".join(page.read.complaints) or page.read.title
            raise PageError(
                f"{self.name}: {request.get_method()} {page.path} was answered with {page.status}: {said}"
            ) from None
        except OSError as broken:
            raise PageError(f"{self.name}: {request.get_method()} {request.full_url}: {broken}") from None
