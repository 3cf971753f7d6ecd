"""Tokens open what their scopes name, for as long as they live, and never more than their person may."""

from datetime import timedelta

import pytest

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Token
from releaseorch.core import clock
from tests.api.conftest import Program, Programs
from tests.factories import House


def test_without_anybody_nothing_is_told(house: House) -> None:
    answer = Program().read("requests")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.data["reason"] == "not_logged_in"


@pytest.mark.parametrize("text", ["rlo_guess", "Bearer", "rlo_" + "é" * 20, ""])
def test_a_token_that_is_not_known_opens_nothing(house: House, text: str) -> None:
    client = Program()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    assert client.read("requests").status_code == 401


def test_a_token_is_kept_as_a_hash_only(house: House) -> None:
    dana = house.cast.developer
    token, text = tokens.create_token(actor=dana, person=dana, name="ci", scopes=["read"], days=1)
    row = Token.objects.values().get(pk=token.pk)
    assert text not in str(row)
    assert tokens.find_token(text) == token


def test_a_token_ends_when_it_expires_is_revoked_or_its_person_leaves(house: House) -> None:
    dana = house.cast.developer
    token, text = tokens.create_token(actor=dana, person=dana, name="ci", scopes=["read"], days=1)
    with clock.at(clock.now() + timedelta(days=2)):
        assert tokens.find_token(text) is None
    dana.is_active = False
    dana.save()
    assert tokens.find_token(text) is None
    dana.is_active = True
    dana.save()
    tokens.revoke_token(actor=dana, token=token)
    assert tokens.find_token(text) is None


@pytest.mark.parametrize("days", [0, 366])
def test_a_token_lives_a_day_to_a_year(house: House, days: int) -> None:
    dana = house.cast.developer
    with pytest.raises(tokens.Invalid):
        tokens.create_token(actor=dana, person=dana, name="ci", scopes=["read"], days=days)


def test_a_reading_token_changes_nothing(house: House, program: Programs) -> None:
    answer = program(house.cast.developer, "read").call("requests", {"application": "claims"})
    assert answer.status_code == 403
    assert "requests:write" in answer.data["detail"]


def test_a_writing_token_doesnt_approve(house: House, program: Programs) -> None:
    rita = program(house.cast.release_manager, "read", "requests:write", "runs:write")
    answer = rita.call("requests/1/approve")
    assert answer.status_code == 403
    assert "approve" in answer.data["detail"]


def test_a_token_doesnt_see_what_its_scopes_leave_out(house: House, program: Programs) -> None:
    assert program(house.cast.developer, "versions:write").read("requests").status_code == 403


def test_a_session_needs_its_csrf_token(house: House) -> None:
    client = Program(enforce_csrf_checks=True)
    client.force_login(house.cast.developer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.read("requests").status_code == 200
    assert client.call("requests", {"application": "claims", "environment": "integration"}).status_code == 403
