"""Logging in by a real OpenID provider, a process of its own: who gets in, who doesn't and is told why."""

from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings as configured
from django.test import Client, override_settings

from releaseorch.accounts import one_time, services
from releaseorch.accounts.models import Identity, Person, PersonKind
from releaseorch.accounts.services import second_factor
from releaseorch.audit.models import Event
from releaseorch.config.doctor import outside
from releaseorch.core import clock
from tests.characters import PASSWORD, Cast
from tests.web import openid
from tests.web.openid import Liar

NAME, CALLBACK = "Northfold ID", "/login/oidc/callback"
BELOW = "https://tools.northfold.example/releaseorch"
MAIL = "dana.k@northfold.example"


@pytest.fixture(scope="module", autouse=True)
def allauth() -> Iterator[None]:
    """As with the setting on: otherwise allauth isn't there."""
    middleware = [*configured.MIDDLEWARE, *configured.OIDC_MIDDLEWARE]
    apps = [*configured.INSTALLED_APPS, *configured.OIDC_APPS]
    with override_settings(MIDDLEWARE=middleware, OIDC_NAME=NAME), override_settings(INSTALLED_APPS=apps):
        yield


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with openid.provider() as address:
        yield address


@pytest.fixture(scope="module")
def client_of_ours(provider: str) -> dict[str, str]:
    return openid.registered(provider, f"{configured.BASE_URL}{CALLBACK}")


@pytest.fixture
def real(provider: str, client_of_ours: dict[str, str], settings: Any) -> str:
    settings.OIDC_ISSUER = provider
    settings.OIDC_CLIENT_ID = client_of_ours["client_id"]
    settings.OIDC_CLIENT_SECRET = client_of_ours["client_secret"]
    return provider


@pytest.fixture
def liar(settings: Any) -> Iterator[type[Liar]]:
    with openid.liar() as issuer:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = (
            issuer,
            "releaseorch",
            "s",
        )
        Liar.lies, Liar.answers = {}, {}
        yield Liar


@pytest.fixture
def dana(cast: Cast) -> Person:
    Person.objects.filter(pk=cast.developer.pk).update(email=MAIL)
    return cast.developer


def asked(browser: Client, **typed: str) -> dict[str, str]:
    """What the provider is asked when somebody presses the button."""
    answer = browser.post("/login/oidc", typed)
    assert answer.status_code == 200, answer.content.decode()[-500:]
    return {"at": answer.context["leads"]} | {
        name: values[0] for name, values in parse_qs(urlsplit(answer.context["leads"]).query).items()
    }


def came_back(browser: Client, leads: str, subject: str = "", **claims: Any) -> Any:
    """Log in at the provider as `subject` (or cancel there), and follow it back to us."""
    at = urlsplit(leads)
    if claims:
        requests.put(f"{at.scheme}://{at.netloc}/users/{subject}", json=claims, timeout=10)
    typed = {"sub": subject} if subject else {"action": "deny"}
    answer = requests.post(leads, data=typed, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    back = answer.headers["Location"]
    assert back.startswith(f"{configured.BASE_URL}{CALLBACK}?")
    return browser.get(f"{CALLBACK}?{urlsplit(back).query}")


def is_in(browser: Client) -> bool:
    return browser.get("/me").status_code == 200


def said(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_the_first_log_in_links_by_the_verified_address_and_the_next_by_the_subject(
    dana: Person, real: str
) -> None:
    browser = Client()
    assert f"Log in with {NAME}" in said(browser.get("/login?next=/runs"))
    question = asked(browser, next="/runs")
    assert question["code_challenge_method"] == "S256" and question["redirect_uri"].endswith(CALLBACK)
    before = browser.session.session_key
    answer = came_back(
        browser, question["at"], "dana-at-northfold", email="Dana.K@northfold.example", email_verified=True
    )
    assert (answer.status_code, answer["Location"]) == (303, "/runs")
    assert is_in(browser) and browser.session.session_key != before
    assert "since" in browser.session
    linked = Identity.objects.get()
    assert (linked.person, linked.issuer, linked.subject) == (dana, real, "dana-at-northfold")
    told = Event.objects.get(verb="person.linked")
    assert (told.actor_id, told.subject_id, told.after["issuer"]) == (dana.pk, dana.pk, real)
    # The address there may change, or become somebody else's: the subject counts.
    again = Client()
    assert (
        came_back(again, asked(again)["at"], "dana-at-northfold", email="x@elsewhere.example").status_code
        == 303
    )
    assert is_in(again) and Event.objects.filter(verb="person.linked").count() == 1


VOUCHED = {"email_verified": True}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a stranger": ({"email": "eve@elsewhere.example", **VOUCHED}, "Nobody who may log in here has"),
    "not verified": ({"email": MAIL, "email_verified": False}, "doesn't vouch for the address"),
    "verified is not said": ({"email": MAIL}, "doesn't vouch for the address"),
    "no address": ({"name": "Dana"}, "doesn't say your e-mail address"),
    "a letter that only looks alike": ({"email": MAIL.replace("k", "\u212a", 1), **VOUCHED}, "Nobody who"),
    "the address of two": ({"email": "both@northfold.example", **VOUCHED}, "Several people here"),
    "a robot's": ({"email": "pipeline@northfold.example", **VOUCHED}, "Nobody who may log in"),
    "of somebody who is linked": ({"email": "rita@northfold.example", **VOUCHED}, "linked to another account"),
}  # fmt: skip


def test_who_is_nobody_here_is_told_what_would_help(cast: Cast, dana: Person, real: str) -> None:
    people = Person.objects.filter(pk__in=[cast.qa.pk, cast.auditor.pk])
    people.update(email="both@northfold.example")
    Person.objects.filter(kind=PersonKind.ROBOT).update(email="pipeline@northfold.example")
    Person.objects.filter(pk=cast.release_manager.pk).update(email="rita@northfold.example")
    Identity.objects.create(person=cast.release_manager, issuer=real, subject="rita")
    for number, (who, (claims, sentence)) in enumerate(REFUSED.items()):
        browser = Client()
        answer = came_back(browser, asked(browser)["at"], f"sub-{number}", **claims)
        assert answer.status_code == 403 and sentence in said(answer), who
        assert not is_in(browser)
    assert Identity.objects.count() == 1


def test_who_is_deactivated_stays_out_though_linked(dana: Person, real: str) -> None:
    Identity.objects.create(person=dana, issuer=real, subject="gone")
    Person.objects.filter(pk=dana.pk).update(is_active=False)
    browser = Client()
    answer = came_back(browser, asked(browser)["at"], "gone", email=MAIL, email_verified=True)
    assert answer.status_code == 403 and "deactivated" in said(answer)
    assert not is_in(browser)


def test_who_cancels_there_is_back_at_the_form(dana: Person, real: str) -> None:
    browser = Client()
    answer = came_back(browser, asked(browser)["at"])
    assert answer.status_code == 403 and "Nobody was logged in" in said(answer)
    assert "Log in with" in said(answer)


def test_an_answer_counts_once_and_in_the_browser_that_asked(dana: Person, real: str) -> None:
    browser, other = Client(), Client()
    question = asked(browser)
    requests.put(f"{real}/users/d", json={"email": MAIL, "email_verified": True}, timeout=10)
    sent = requests.post(question["at"], data={"sub": "d"}, allow_redirects=False, timeout=10)
    back = f"{CALLBACK}?{urlsplit(sent.headers['Location']).query}"
    asked(other)
    for stranger in (Client(), other):  # who was sent this address by somebody, having asked or not
        assert stranger.get(back).status_code == 403
        assert not is_in(stranger)
    assert browser.get(back).status_code == 303
    browser.post("/logout")
    assert browser.get(back).status_code == 403


def test_nobody_is_led_elsewhere(dana: Person, real: str) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/logout"):
        browser = Client()
        answer = came_back(browser, asked(browser, next=wanted)["at"], "d", email=MAIL, email_verified=True)
        assert answer["Location"] == "/"


def test_a_form_that_came_too_late_is_brought_back(dana: Person, real: str) -> None:
    browser = Client()
    page = "/requests/new"
    late = browser.post(page, {"title": "Ship it"}, headers={"referer": f"http://testserver{page}"})
    sealed = late.context["sealed"]
    assert sealed and f"Log in with {NAME}" in said(late)
    answer = came_back(browser, asked(browser, sealed=sealed)["at"], "d", email=MAIL, email_verified=True)
    assert answer["Location"] == page
    asked(browser, sealed="forged:and:sealed")  # is thrown away


def test_behind_a_path_the_provider_is_told_the_whole_address(dana: Person, real: str, settings: Any) -> None:
    settings.BASE_URL, settings.ALLOWED_HOSTS = BELOW, ["tools.northfold.example"]
    browser = Client(headers={"host": "tools.northfold.example"})
    callback = f"{BELOW}{CALLBACK}"
    made = openid.registered(real, callback, "basic")
    settings.OIDC_CLIENT_AUTH = "basic"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = made["client_id"], made["client_secret"]
    question = asked(browser, next="/runs")
    assert question["redirect_uri"] == callback
    requests.put(f"{real}/users/d", json={"email": MAIL, "email_verified": True}, timeout=10)
    sent = requests.post(question["at"], data={"sub": "d"}, allow_redirects=False, timeout=10)
    assert sent.headers["Location"].startswith(callback)
    back = urlsplit(sent.headers["Location"].removeprefix(BELOW))  # as the proxy does
    answer = browser.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer["Location"]) == (303, "/releaseorch/runs")


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "for another client": {"aud": "somebody-else"},
    "for others too, given to one of them": {"aud": ["releaseorch", "other"], "azp": "other"},
    "of another issuer": {"iss": "https://evil.example"},
    "too old": {"exp": 1},
    "signed by somebody else": {"key": "other"},
    "not signed": {"alg": "none"},
    "about nobody": {"sub": ""},
    "about somebody with too long a name": {"sub": "x" * 300},
    "an address that is none": {"email": ["dana"]},
}


def test_what_an_honest_provider_says_is_believed(dana: Person, liar: type[Liar]) -> None:
    """Or the lies below would prove nothing."""
    browser = Client()
    question = asked(browser)
    liar.nonce = question["nonce"]
    assert browser.get(f"{CALLBACK}?code=c&state={question['state']}").status_code == 303
    assert is_in(browser)


def test_what_does_not_prove_it_lets_nobody_in(dana: Person, liar: type[Liar]) -> None:
    for lie, lies in LIES.items():
        browser = Client()
        question = asked(browser)
        liar.nonce, liar.lies = question["nonce"], lies
        answer = browser.get(f"{CALLBACK}?code=c&state={question['state']}")
        assert answer.status_code == 502 and "doesn't answer as it should" in said(answer), lie
        assert not is_in(browser)
    assert not Identity.objects.exists()


NONSENSE = {
    "/token": [
        (200, b""),
        (200, b"[1]"),
        (200, b'{"access_token": 1}'),
        (500, b"{}"),
        (302, b""),
        (200, b"\xff"),
    ],
    "/jwks": [(200, b"[]"), (200, b'{"keys": []}'), (200, b'{"keys": [{"kty": 1}]}'), (404, b"")],
}


def test_nonsense_ends_in_a_page_that_says_so(dana: Person, liar: type[Liar]) -> None:
    for path, nonsense in [(path, one) for path, all_of_it in NONSENSE.items() for one in all_of_it]:
        browser = Client()
        question = asked(browser)
        liar.nonce, liar.answers = question["nonce"], {path: nonsense}
        answer = browser.get(f"{CALLBACK}?code=c&state={question['state']}")
        assert answer.status_code == 502 and "doesn't answer as it should" in said(answer), (path, nonsense)
        liar.answers = {}


DISCOVERY = "/.well-known/openid-configuration"
BENT = [
    b"{}", b"[]", b"<html>", b'{"issuer": "https://evil.example"}',
    b'{"issuer": "%s", "authorization_endpoint": "javascript:alert(1)", "token_endpoint": "x", "jwks_uri": "x"}',
]  # fmt: skip


def test_a_provider_that_is_away_or_bent_is_said_to_be(cast: Cast, liar: type[Liar], settings: Any) -> None:
    for bent in BENT:
        liar.answers = {DISCOVERY: (200, bent.replace(b"%s", settings.OIDC_ISSUER.encode()))}
        answer = Client().post("/login/oidc")
        assert answer.status_code == 502 and 'name="password"' in said(answer), bent
        assert outside.openid_provider().state == "failed"
    liar.answers = {}
    assert outside.openid_provider().state == "ok"
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    assert Client().post("/login/oidc").status_code == 502
    found = outside.openid_provider()
    assert found.state == "failed" and "127.0.0.1:1" in found.sentence and "secret" not in found.sentence


def test_the_second_factor_is_asked_for_by_this_way_too(dana: Person, real: str) -> None:
    factor = services.begin_second_factor(actor=dana)
    type(factor).objects.update(confirmed_at=clock.now())
    browser = Client()
    answer = came_back(browser, asked(browser, next="/runs")["at"], "d", email=MAIL, email_verified=True)
    assert (answer.status_code, answer["Location"]) == (303, "/login/code")
    assert not is_in(browser)
    code = one_time.code_at(second_factor.secret_of(factor), clock.now().timestamp())
    assert browser.post("/login/code", {"code": code})["Location"] == "/runs"
    assert is_in(browser)


def test_without_the_setting_there_is_no_such_door(cast: Cast) -> None:
    assert [Client().post("/login/oidc").status_code, Client().get(CALLBACK).status_code] == [404, 404]
    assert "Log in with" not in said(Client().get("/login"))


def test_passwords_can_be_switched_off(dana: Person, real: str, settings: Any) -> None:
    settings.PASSWORD_LOGIN = False
    assert 'name="password"' not in said(Client().get("/login"))
    browser = Client()
    answer = browser.post("/login", {"username": "dana", "password": PASSWORD})
    assert answer.status_code == 403 and NAME in said(answer)
    assert not is_in(browser)


def test_an_address_can_be_taken_as_verified_where_the_provider_never_says(
    dana: Person, real: str, settings: Any
) -> None:
    settings.OIDC_EMAIL_IS_VERIFIED = True
    browser = Client()
    assert came_back(browser, asked(browser)["at"], "dana-entra", email=MAIL).status_code == 303
