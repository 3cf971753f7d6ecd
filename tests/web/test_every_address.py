"""Closed by default, no change by looking, no verb without its token: tried on every address there is."""

from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.test import Client

from releaseorch.delivery.states import RequestState
from releaseorch.runs.states import RunState
from tests.characters import Cast
from tests.factories import House
from tests.histories import request_in_state, run_in_state
from tests.stored import Rows, rows_of
from tests.web.addresses import addresses

METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]
OPEN_TO_ALL = {
    "login",
    "healthz",
    "readyz",
    "api-schema",
}  # the last describes the API and holds nothing of the house
MOVING = {"sessions.Session", "axes.AccessLog", "axes.AccessAttempt", "axes.AccessFailureLog"}


@pytest.fixture(autouse=True)
def world(house: House) -> House:
    """Something behind every address: a request, a run that is under way, its steps."""
    run_in_state(house, RunState.RUNNING)
    request_in_state(house, RequestState.SUBMITTED)
    return house


def rows() -> Rows:
    """Everything that is stored, but who is logged in."""
    return rows_of(model for model in apps.get_models() if model._meta.label not in MOVING)


@pytest.mark.parametrize("turn", range(len(METHODS)))
def test_nobody_gets_in_without_logging_in(turn: int) -> None:
    """Each method of the API; of a page the two it can have, and the others by turns, since no page knows them."""
    client, before, method = Client(), rows(), METHODS[turn]
    for place, one in enumerate(addresses()):
        if one.name in OPEN_TO_ALL or not (
            one.is_api or method in {"get", "post"} or place % len(METHODS) == turn
        ):
            continue
        answer = getattr(client, method)(one.path)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login"), one
        else:
            assert answer.status_code in {401, 403, 404, 405}, f"{method} {one}: {answer.status_code}"
    assert rows() == before


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_done_without_a_csrf_token(cast: Cast, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.release_manager, backend="django.contrib.auth.backends.ModelBackend")
    before = rows()
    for one in addresses():
        if method != "post" and not one.is_api:  # pages have no other method: the resolver's tests cover them
            continue
        answer = getattr(client, method)(one.path, data={"reason": "x"}, content_type="application/json")
        assert answer.status_code in {403, 404} or (one.is_api and answer.status_code == 405), (
            f"{method} {one}: {answer.status_code}"
        )
    assert rows() == before


def test_a_token_of_somebody_else_or_another_origin_does_not_count(cast: Cast, door) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.release_manager, backend="django.contrib.auth.backends.ModelBackend")
    client.get("/me")
    stranger = Client()
    stranger.force_login(cast.outsider, backend="django.contrib.auth.backends.ModelBackend")
    stranger.get("/me")
    foreign = stranger.cookies["csrf"].value
    before = rows()
    assert client.post("/me/tokens/create", {"name": "x", "csrfmiddlewaretoken": foreign}).status_code == 403
    own = client.cookies["csrf"].value
    answer = client.post(
        "/me/tokens/create",
        {"name": "x", "scopes": "read", "days": "3", "csrfmiddlewaretoken": own},
        headers={"origin": "https://evil.example"},
    )
    assert answer.status_code == 403
    assert rows() == before


class Inline(HTMLParser):
    """Collects what the content security policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = dict(attributes)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(f"<{tag}> inline")
        for name, value in attributes:
            if name == "style" or name.startswith("on"):
                self.found.append(f"<{tag} {name}=…>")
            if name in {"href", "src", "action", "formaction"} and (value or "").strip().lower().startswith(
                ("javascript:", "data:", "http:", "//")
            ):
                self.found.append(f"<{tag} {name}={value!r}>")


def test_looking_changes_nothing_and_no_page_holds_what_its_policy_refuses(cast: Cast, door) -> None:
    client, before = door(cast.release_manager), rows()
    pages = 0
    for one in [*addresses(), None]:
        answer = client.get(one.path if one else "/no/such/page")
        assert answer.status_code < 500 or (one and one.name == "live-stream"), one
        if not answer.get("Content-Type", "").startswith("text/html") or (one and one.is_api):
            continue
        pages += 1
        parser = Inline()
        parser.feed(answer.content.decode())
        assert parser.found == [], f"{one}: {parser.found}"
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy
        for part in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ):
            assert part in policy
    assert pages > 4
    assert rows() == before


def test_every_answer_carries_the_headers_that_protect_it(cast: Cast, door) -> None:
    client = door(cast.outsider)
    for path in ("/me", "/audit", "/no/such/page", "/healthz"):
        answer = client.get(path)
        assert answer["Cache-Control"] == "no-store", path
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["//me", "/me/", "/me;x", "/%2e/me", "/x/../me", "/me%20", "/ME", "/me/x", "/me%00"]
)
def test_a_bent_address_lets_nobody_in(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code in {302, 400, 404}
    assert answer.status_code != 302 or answer["Location"].startswith(("/login", "/me"))


# What each field of a form gets: the same for all, or by turns.
HOSTILE = {
    "nothing": (),
    "ids": ("9223372036854775807", "9223372036854775808"),
    "texts": (
        "x" * 10_000,
        "  \u202eabc\u2066\u200b<script>alert(1)</script>{{7*7}}{% load x %}${7*7}%s{0.__class__}"
        "../../etc/passwd\r\nSet-Cookie: a=b",
    ),
}
ASKED = (
    *HOSTILE["ids"],
    HOSTILE["texts"][1],
)  # an endless address is refused for all pages at once: test_refusals
FIELDS = [
    "reason", "comment", "title", "name", "note", "text", "instructions", "installed",
    "target", "team", "person", "to", "outcome", "application", "environment", "component", "release",
    "position", "kind", "phase", "key", "state", "status", "from", "until", "wish_from", "wish_until",
    "items", "features", "requests", "request", "run", "step", "steps", "url", "expected_s", "decision",
    "choice", "slot", "window_from", "window_until", "at", "q", "cursor", "before", "after", "anchor",
    "placement", "item", "action", "starts_at", "ends_at", "expires_at", "rank", "order", "group", "parameters",
    "config", "secret", "here", "there", "feature",
]  # fmt: skip


def typed(values: Sequence[str], turn: int) -> dict[str, str]:
    """Each field with one of the values, with another one at the next turn."""
    return (
        {field: values[(place + turn) % len(values)] for place, field in enumerate(FIELDS)} if values else {}
    )


@pytest.mark.parametrize("kind", [*HOSTILE, "asked"])
def test_whatever_is_typed_gets_an_answer_and_no_failure(cast: Cast, door, kind: str) -> None:
    client, failed = door(cast.release_manager, raise_request_exception=False), []
    for turn, one in enumerate(addresses()):
        if one.is_api or one.name in {"logout", "live-stream"}:
            continue
        if kind == "asked":
            answer = client.get(one.path, typed(ASKED, turn))
        else:
            answer = client.post(one.path, typed(HOSTILE[kind], turn))
        if answer.status_code >= 500:
            failed.append((answer.wsgi_request.method, one.path, getattr(answer, "exc_info", None)))
    assert not failed
