"""Logs in behind the proxy and follows what pages name: proxy_walk.py https://host:port PREFIX CERTIFICATE."""

import json
import re
import ssl
import sys

import httpx

ORIGIN, PREFIX, CERTIFICATE = sys.argv[1:]
LINKS = re.compile(r'\s(?:href|src|action|formaction|data-live|data-stream|hx-get|hx-post)="(/[^"#]*)')
PAGES = (
    "",
    "board",
    "requests",
    "runs",
    "releases",
    "features",
    "where",
    "calendar",
    "audit",
    "settings",
    "people",
    "me",
)


def main() -> None:
    with httpx.Client(verify=ssl.create_default_context(cafile=CERTIFICATE), timeout=20) as browser:
        log_in(browser)
        found = {link for page in PAGES for link in links_of(browser, page)}
        for link in sorted(found):
            follow(browser, link)
        figures(browser)
        answer = browser.get(f"{ORIGIN}{PREFIX}/api/v1/people")
        assert answer.status_code == 200 and answer.json()["results"][0]["username"] == "ada", answer.text
        sys.stdout.write(f"{len(found)} addresses of {len(PAGES)} pages are right at {ORIGIN}{PREFIX}.\n")


def log_in(browser: httpx.Client) -> None:
    asked = browser.get(f"{ORIGIN}{PREFIX}/me")
    assert asked.headers["location"].startswith(f"{PREFIX}/login?next="), asked.headers
    form = browser.get(f"{ORIGIN}{asked.headers['location']}").text
    typed = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    typed |= {"username": "ada", "password": "correct horse battery staple"}
    answer = browser.post(
        f"{ORIGIN}{PREFIX}/login",
        data=typed,
        headers={"Referer": f"{ORIGIN}{PREFIX}/login", "Origin": ORIGIN},
    )
    assert (answer.status_code, answer.headers.get("location")) == (303, f"{PREFIX}/me"), answer.text
    assert "__Host-releaseorch" in browser.cookies, dict(browser.cookies)


def links_of(browser: httpx.Client, page: str) -> list[str]:
    answer = browser.get(f"{ORIGIN}{PREFIX}/{page}")
    assert answer.status_code == 200, f"{page}: {answer.status_code}"
    assert len(answer.headers["x-request-id"]) == 32
    return LINKS.findall(answer.text)


def follow(browser: httpx.Client, link: str) -> None:
    assert link.startswith(f"{PREFIX}/") and not link.startswith(f"{PREFIX}{PREFIX or '//'}/"), link
    if link.startswith(f"{PREFIX}/live/"):
        with browser.stream("GET", f"{ORIGIN}{link}", params={"topics": "runs"}) as stream:
            assert stream.headers["content-type"] == "text/event-stream", link
            assert next(stream.iter_lines()).startswith("retry:")
        return
    if "/logout" not in link:
        code = browser.get(f"{ORIGIN}{link.replace('&amp;', '&')}").status_code
        assert code in {200, 303, 405}, f"{link}: {code}"


def figures(browser: httpx.Client) -> None:
    address = f"{ORIGIN}{PREFIX}/metrics"
    assert browser.get(address).status_code == 403
    told = browser.get(address, headers={"Authorization": "Bearer figures"}).text
    for name in ("http_request_seconds_count", "housekeeper_silent_seconds", "worker_silent_seconds"):
        assert f"releaseorch_{name}" in told, json.dumps(told[:2000])


main()
