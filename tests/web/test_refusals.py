"""What people get when something is refused or fails: the right number, a sentence, no traceback, no secret."""

import logging

import pytest
from django.test import Client

from tests.characters import Cast

pytestmark = pytest.mark.urls("tests.web.failing_urls")


@pytest.fixture
def client(cast: Cast, door) -> Client:
    made = door(cast.developer)
    made.raise_request_exception = False
    return made


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("not-allowed", 403, "Ask Rita."),
        ("conflict", 409, "Run 7 was started meanwhile."),
        ("invalid", 422, "Say why."),
        ("gone", 404, "Nothing is here"),
        ("denied", 403, "Not yours."),
        ("bad", 400, "Not a number."),
        ("big", 413, "more than can be sent"),
        ("integrity", 409, "Somebody else was first"),
        ("data", 400, "Nothing was changed"),
        ("overflow", 400, "Nothing was changed"),
        ("away", 503, "Back in a moment"),
        ("broken", 500, "Something broke here"),
    ],
)
def test_each_failure_has_its_page(client: Client, how: str, status: int, said: str) -> None:
    answer = client.get(f"/fail/{how}")
    text = answer.content.decode()
    assert answer.status_code == status
    assert said in text
    for leak in ("Traceback", "hunter2", "secret_constraint", "RuntimeError"):
        assert leak not in text
    assert answer["Cache-Control"] == "no-store"


def test_all_reasons_are_shown(client: Client) -> None:
    assert "Or Sven." in client.get("/fail/not-allowed").content.decode()


def test_a_failure_has_a_reference_that_stands_in_the_log(client: Client, caplog) -> None:
    with caplog.at_level(logging.ERROR, "releaseorch"):
        text = client.get("/fail/broken").content.decode()
    reference = text.split("<code>")[1].split("</code>")[0]
    assert len(reference) == 12
    assert any(reference in record.getMessage() for record in caplog.records)


def test_a_database_that_is_away_says_when_to_come_back(client: Client) -> None:
    assert client.get("/fail/away")["Retry-After"] == "5"


def test_a_verb_leads_back_with_a_message(client: Client) -> None:
    answer = client.post("/verb/fine", {"version": "7"})
    assert (answer.status_code, answer["Location"]) == (303, "/runs/7")
    assert [str(one) for one in answer.wsgi_request._messages] == ["Done at version 7."]


def test_htmx_gets_the_changed_part(client: Client) -> None:
    answer = client.post("/verb/fine", {"version": "7"}, headers={"hx-request": "true"})
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith('<div id="found">')


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
def test_an_invalid_verb_gets_its_form_back(client: Client, headers: dict[str, str]) -> None:
    answer = client.post("/verb/invalid", {"reason": ""}, headers=headers)
    assert answer.status_code == 422
    assert "Say why." in answer.content.decode()


@pytest.mark.parametrize(("how", "status"), [("not-allowed", 403), ("conflict", 409)])
def test_a_refused_verb_leads_back_to_its_object(client: Client, how: str, status: int) -> None:
    answer = client.post(f"/verb/{how}")
    assert answer.status_code == status
    assert 'href="/runs/7"' in answer.content.decode()


@pytest.mark.parametrize("version", ["x", "-1", "7.0", "٣", "9223372036854775808", "9" * 5000])
def test_a_version_that_is_no_number_is_refused(client: Client, version: str) -> None:
    assert client.post("/verb/fine", {"version": version}).status_code == 400


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x7fb", "\x01"])
@pytest.mark.parametrize("name", ["reason", "q"])
def test_control_characters_are_refused_everywhere(client: Client, text: str, name: str) -> None:
    posted = client.post("/verb/fine", {name: text})
    assert posted.status_code == 400
    assert "control character" in posted.content.decode()
    assert client.get("/search", {name: text}).status_code == 400
    assert client.post("/verb/fine", {text: "x"}).status_code == 400


def test_a_broken_encoding_and_an_endless_address_are_no_failure(client: Client) -> None:
    assert client.get("/search?q=%ff%fe%ed%a0%80").status_code == 200
    assert client.get("/search", {"q": "x" * 10_000}).status_code == 400
    assert client.get("/%ff%fe").status_code == 404
    assert (
        client.post("/verb/fine", "\x00" * 40, content_type="multipart/form-data; boundary=x").status_code
        < 500
    )
    assert client.post("/verb/fine", {f"f{n}": "1" for n in range(2500)}).status_code == 400


def test_a_body_beyond_the_limit_is_refused(client: Client) -> None:
    answer = client.post(
        "/verb/fine", {"reason": "x" * (3 * 1024 * 1024)}, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in {400, 413}


@pytest.mark.parametrize(
    "path",
    [
        "/me/tokens/0/revoke",
        "/me/tokens/-1/revoke",
        "/me/tokens/9223372036854775808/revoke",
        "/me/tokens/01/revoke",
        "/me/tokens/" + "9" * 400 + "/revoke",
        "/me/tokens/x/revoke",
        "/me/tokens/1e3/revoke",
    ],
)
def test_an_id_that_cannot_be_is_nowhere(client: Client, path: str) -> None:
    assert client.post(path).status_code == 404


def test_the_largest_id_is_looked_for_and_not_found(client: Client) -> None:
    assert client.post("/me/tokens/9223372036854775807/revoke").status_code == 404


def test_a_link_back_never_leads_elsewhere(client: Client) -> None:
    answer = client.get("/fail/conflict", headers={"referer": "https://evil.example/runs/7"})
    assert "evil.example" not in answer.content.decode()
