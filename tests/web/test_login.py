"""Logging in: a new session, no hints about names, nobody is led away from here."""

import pytest
from django.test import Client

from tests.characters import PASSWORD, Cast

WRONG = "not-the-password-at-all"


def log_in(client: Client, username: str, password: str, **extra: str):
    return client.post("/login", {"username": username, "password": password, **extra})


def test_the_right_password_leads_home_with_a_new_session(cast: Cast) -> None:
    client = Client()
    client.get("/login")
    session = client.session
    session["before"] = "1"
    session.save()
    client.cookies["releaseorch"] = session.session_key
    answer = log_in(client, "dana", PASSWORD)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.session.session_key != session.session_key
    assert client.session["_auth_user_id"] == str(cast.developer.pk)


def test_the_csrf_token_is_rotated(cast: Cast) -> None:
    client = Client()
    client.get("/login")
    before = client.cookies["csrf"].value
    log_in(client, "dana", PASSWORD)
    assert client.cookies["csrf"].value != before


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(cast: Cast) -> None:
    answers = [log_in(Client(), name, WRONG) for name in ("dana", "dino")]
    assert [answer.status_code for answer in answers] == [422, 422]
    texts = [answer.content.decode().replace("dino", "dana") for answer in answers]
    strip = [text.split("csrfmiddlewaretoken")[0] for text in texts]
    assert strip[0] == strip[1]
    assert all(WRONG not in text for text in texts)


def test_somebody_inactive_is_refused_like_somebody_unknown(cast: Cast) -> None:
    cast.developer.is_active = False
    cast.developer.save()
    assert log_in(Client(), "dana", PASSWORD).status_code == 422


def test_a_session_ends_when_its_person_is_made_inactive(cast: Cast, door) -> None:
    client = door(cast.developer)
    cast.developer.is_active = False
    cast.developer.save()
    assert client.get("/me").status_code == 302


@pytest.mark.parametrize("wanted", ["/runs/214", "/where?at=2026-01-01"])
def test_afterwards_one_is_where_one_wanted_to_go(cast: Cast, wanted: str) -> None:
    assert log_in(Client(), "dana", PASSWORD, next=wanted)["Location"] == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "///evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "\thttps://evil.example",
        "/logout",
        "evil",
    ],
)
def test_nobody_is_led_elsewhere(cast: Cast, wanted: str) -> None:
    if "\t" in wanted:
        assert log_in(Client(), "dana", PASSWORD, next=wanted)["Location"] == "/"
        return
    assert log_in(Client(), "dana", PASSWORD, next=wanted)["Location"] == "/"


def test_a_login_form_that_stood_open_over_another_login_comes_back_as_typed(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = log_in(client, "dana", PASSWORD)
    text = answer.content.decode()
    assert answer.status_code == 403
    assert 'value="dana"' in text
    assert PASSWORD not in text
    token = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    again = log_in(client, "dana", PASSWORD, csrfmiddlewaretoken=token)
    assert again.status_code == 303


def test_too_many_wrong_passwords_pause_one_name_from_one_address(cast: Cast, settings) -> None:
    settings.AXES_ENABLED = True
    for _ in range(4):
        assert log_in(Client(), "dana", WRONG).status_code == 422
    answer = log_in(Client(), "dana", WRONG)
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert log_in(Client(), "dana", PASSWORD).status_code == 429
    assert log_in(Client(), "rita", PASSWORD).status_code == 303


def test_logging_out_ends_the_session_and_clears_the_browser(cast: Cast, door) -> None:
    client = door(cast.developer)
    key = client.session.session_key
    answer = client.post("/logout")
    assert (answer.status_code, answer["Location"]) == (303, "/login")
    assert '"cookies"' in answer["Clear-Site-Data"]
    assert not client.session.exists(key)


def test_a_link_does_not_log_anybody_out(cast: Cast, door) -> None:
    client = door(cast.developer)
    assert client.get("/logout").status_code == 405
    assert client.get("/healthz").json() == {"ok": True}


def test_the_password_form_has_no_robots_way_in(cast: Cast) -> None:
    answer = Client().get("/login?next=/runs/7")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert 'name="next" value="/runs/7"' in answer.content.decode()
