"""The smoke test's browser: cookies, CSRF and forms as a person without JavaScript has them, and clear errors."""

import http.server
import threading
import urllib.parse
from collections.abc import Iterator

import pytest

from releaseorch.launcher import forms
from releaseorch.launcher.browser import Browser, PageError

PAGE = """
<title>New request</title>
<form id="search" action="/search"><input name="q" value="all"><button>Go</button></form>
<form method="post" action="/requests/7/edit">
  <input type="hidden" name="csrfmiddlewaretoken" value="t0ken">
  <label for="a">Application <select id="a" name="application">
    <option value="1">Billing<option value="2" selected>Claims &amp; Cases</option></select></label>
  <select name="environment"><option value="i">Integration</option><option>Production</option></select>
  <label><input type="checkbox" name="features" value="11" checked> CR-11 Reminder fees</label>
  <label><input type="checkbox" name="features" value="12"> CR-12 Letters</label>
  <input name="off" value="never" disabled><input type="file" name="evidence">
  <textarea name="note">
Two
lines</textarea>
  <button name="then" value="save">Save</button>
  <button formaction="/requests/7/withdraw">Withdraw</button>
  <button type="button">Not a verb</button>
  <button disabled formaction="/requests/7/approve">Approve</button>
</form>
<input form="search" name="page" value="2">
<a href="/requests/8">Request 8</a>
"""


class Site(http.server.BaseHTTPRequestHandler):
    """Logs in who sends the token of the cookie, then shows what was sent."""

    def do_GET(self) -> None:
        if self.path == "/login":
            token = '<input type="hidden" name="csrfmiddlewaretoken" value="abc">'
            fields = '<input name="username"><input name="password" type="password">'
            form = f'<form method="post">{token}{fields}<button>Log in</button></form>'
            return self.answer(200, form, ("Set-Cookie", "csrf=abc; HttpOnly; Path=/"))
        if self.path == "/forbidden":
            return self.answer(403, '<main><p role="alert">Only <b>release managers</b> may.</p></main>')
        if self.path == "/form":
            return self.answer(200, PAGE)
        return self.answer(200, f"<p>{self.headers.get('Cookie', '')}</p>")

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path != "/login":
            return self.answer(200, f"<p>{sent}</p>")
        given = urllib.parse.parse_qs(sent)
        assert self.headers["Referer"].endswith("/login")
        if given.get("csrfmiddlewaretoken") != ["abc"] or "csrf=abc" not in self.headers.get("Cookie", ""):
            return self.answer(403, "CSRF")
        if given.get("password") != ["right"]:
            return self.answer(
                200, '<ul class="errorlist"><li>Wrong password.</li></ul><form method="post"></form>'
            )
        return self.answer(302, "", ("Set-Cookie", "session=dora; Path=/"), ("Location", "/"))

    def answer(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def dora(site: str) -> Browser:
    return Browser(site, "Dora")


def test_an_untouched_form_sends_what_a_browser_would() -> None:
    form = forms.read(PAGE).forms[1]
    assert form.values == {
        "csrfmiddlewaretoken": ["t0ken"],
        "application": ["2"],
        "environment": ["i"],
        "features": ["11"],
        "note": ["Two\nlines"],
    }
    assert form.files == {"evidence"}
    assert [(one.name, one.value, one.action) for one in form.buttons] == [
        ("then", "save", ""),
        ("", "", "/requests/7/withdraw"),
    ]


def test_a_field_elsewhere_belongs_to_the_form_that_it_names() -> None:
    assert forms.read(PAGE).forms[0].values == {"q": ["all"], "page": ["2"]}


def test_choices_are_found_by_the_words_on_the_page() -> None:
    form = forms.read(PAGE).forms[1]
    assert form.choose("application", "claims & cases") == "2"
    assert form.choose("environment", "production") == "Production"
    assert form.choose("features", "Letters") == "12"
    with pytest.raises(LookupError, match="application offers no 'Payroll', but Billing, Claims & Cases"):
        form.choose("application", "Payroll")


def test_logging_in_carries_cookies_and_the_token(dora: Browser) -> None:
    page = dora.submit(dora.get("/login"), "/login", {"username": "dora", "password": "right"})
    assert page.path == "/"
    assert "session=dora" in page.html


def test_a_form_that_comes_back_is_an_error_with_its_words(dora: Browser) -> None:
    with pytest.raises(PageError, match=r"got it back: .*Wrong password"):
        dora.submit(dora.get("/login"), "/login", {"username": "dora", "password": "wrong"})


def test_a_refusal_is_an_error_with_status_and_reason(dora: Browser) -> None:
    with pytest.raises(PageError, match="GET /forbidden was answered with 403: Only release managers may"):
        dora.get("/forbidden")


def test_verbs_are_found_by_the_address_of_form_or_button(dora: Browser) -> None:
    page = dora.get("/form")
    assert "application=2" in dora.submit(page, "/requests/7/withdraw").html
    assert "then=save" in dora.submit(page, "/requests/7/edit", {"note": "short"}).html
    assert "then=save" in dora.submit(page, "/requests/7/edit", press="save").html
    assert not page.has("/requests/7/approve")
    with pytest.raises(PageError, match=r"no form for /approve; the page has: /requests/7/edit, /search"):
        dora.submit(page, "/approve")


def test_a_field_that_is_not_on_the_page_is_an_error(dora: Browser) -> None:
    with pytest.raises(PageError, match="has no field version, but application"):
        dora.submit(dora.get("/form"), "/requests/7/edit", {"version": "2.4.1"})


def test_a_site_that_is_gone_is_an_error() -> None:
    with pytest.raises(PageError, match="refused"):
        Browser("http://127.0.0.1:9/", "Dora").get("/")


def test_waiting_for_something_that_never_comes_says_for_what(dora: Browser) -> None:
    with pytest.raises(PageError, match=r"Dora waited 0 s on / .* for: the run to end"):
        dora.until("/", lambda page: "over" in page.html, "the run to end", 0.1)
