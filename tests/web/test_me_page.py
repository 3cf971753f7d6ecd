"""My access: rights in words, tokens shown once, sessions that can be ended."""

from datetime import timedelta

from django.test import Client

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Token
from releaseorch.audit.models import Event
from releaseorch.core import clock
from tests.characters import PASSWORD, Cast

WANTED = {"name": "Pipeline of Claims", "scopes": ["read", "versions:write"], "days": "30"}


def test_it_says_who_one_is_and_what_one_may(cast: Cast, door) -> None:
    text = door(cast.developer).get("/me").content.decode()
    assert "Developer" in text and "Claims" in text
    assert "an administrator can grant you a role" in door(cast.outsider).get("/me").content.decode()


def test_a_token_is_shown_once_and_works(cast: Cast, door) -> None:
    client = door(cast.developer)
    answer = client.post("/me/tokens/create", WANTED)
    text = answer.context["text"]
    assert text in answer.content.decode()
    assert text not in client.get("/me").content.decode()
    token = tokens.find_token(text)
    assert token is not None and token.person == cast.developer
    assert token.scopes == ["read", "versions:write"]
    assert timedelta(days=29) < token.expires_at - clock.now() <= timedelta(days=30)
    assert Event.objects.get(verb="token.created").actor_id == cast.developer.pk


def test_what_a_token_cannot_be_is_refused_and_what_was_typed_stays(cast: Cast, door) -> None:
    client = door(cast.developer)
    wrong = [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 10_000},
        {"name": "a\u202eb"},
        {"days": "0"},
        {"days": "366"},
        {"days": "-1"},
        {"days": "9" * 30},
        {"days": "many"},
        {"scopes": []},
        {"scopes": ["approve"]},
        {"scopes": ["everything"]},
    ]
    for change in wrong:
        answer = client.post("/me/tokens/create", {**WANTED, **change})
        assert answer.status_code == 422, change
        assert Token.objects.count() == 0
    assert 'value="Pipeline of Claims"' in answer.content.decode()


def test_a_token_is_revoked_by_its_owner_only(cast: Cast, door) -> None:
    token, text = tokens.create_token(
        actor=cast.developer, person=cast.developer, name="mine", scopes=["read"], days=1
    )
    assert door(cast.release_manager).post(f"/me/tokens/{token.pk}/revoke").status_code == 404
    assert tokens.find_token(text) is not None
    assert door(cast.developer).post(f"/me/tokens/{token.pk}/revoke").status_code == 303
    assert tokens.find_token(text) is None
    door(cast.developer).post(f"/me/tokens/{token.pk}/revoke")
    assert Event.objects.filter(verb="token.revoked").count() == 1


def test_one_ends_ones_own_session_elsewhere_and_nobody_elses(cast: Cast) -> None:
    phone, desk, other = Client(), Client(), Client()
    phone.post("/login", {"username": "dana", "password": PASSWORD}, headers={"user-agent": "Phone"})
    desk.post("/login", {"username": "dana", "password": PASSWORD}, headers={"user-agent": "Desk"})
    other.post("/login", {"username": "rita", "password": PASSWORD})
    shown = desk.get("/me").context["sessions"]
    assert {one.browser for one in shown} == {"Phone", "Desk"}
    name = next(one.name for one in shown if one.browser == "Phone")
    assert other.post(f"/me/sessions/{name}/end").status_code == 303
    assert phone.get("/me").status_code == 200
    desk.post(f"/me/sessions/{name}/end")
    assert phone.get("/me").status_code == 302
    assert desk.get("/me").status_code == 200


def test_the_key_of_a_session_never_leaves_the_server(cast: Cast, door) -> None:
    client = door(cast.developer)
    assert client.session.session_key not in client.get("/me").content.decode()
