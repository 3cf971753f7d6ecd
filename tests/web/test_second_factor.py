"""The second factor through the pages: set, asked for at each log-in, each code once, lost and reset."""

import re
from datetime import timedelta
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from releaseorch.accounts import one_time, services, tokens
from releaseorch.accounts.models import Person, RecoveryCode, SecondFactor
from releaseorch.accounts.services import second_factor
from releaseorch.audit.models import Event
from releaseorch.core import clock
from tests.characters import PASSWORD, Cast

PAGE = "/me/second-factor"
WRONG = "000000"


@pytest.fixture(autouse=True)
def still() -> Any:
    """Time passes only where a test says so."""
    with clock.at(clock.now()):
        yield


def said(answer: Any) -> str:
    return unescape(answer.content.decode())


def code_of(person: Person) -> str:
    """What the person's phone shows now."""
    secret = second_factor.secret_of(SecondFactor.objects.get(person=person))
    return one_time.code_at(secret, clock.now().timestamp())


def set_up(person: Person) -> list[str]:
    """The second factor is on; returns the recovery codes, half a minute later."""
    services.begin_second_factor(actor=person)
    codes = services.confirm_second_factor(actor=person, code=code_of(person))
    clock.advance(timedelta(seconds=one_time.STEP_S))
    return codes


def with_password(**extra: str) -> tuple[Client, Any]:
    browser = Client()
    return browser, browser.post("/login", {"username": "dana", "password": PASSWORD, **extra})


def is_in(browser: Client) -> bool:
    return browser.get("/me").status_code == 200


def verbs_of(person: Person) -> list[str]:
    found = Event.objects.filter(subject_kind="person", subject_id=person.pk)
    return list(found.order_by("id").values_list("verb", flat=True))


def test_the_code_is_as_the_standard_makes_it() -> None:
    """RFC 6238, appendix B, the last six of its eight digits."""
    secret = b"12345678901234567890"
    for at, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert one_time.code_at(secret, at) == code
        assert one_time.step_of(secret, f"{code[:3]} {code[3:]}", at) == at // 30
    assert one_time.step_of(secret, "２８７０８２", 59) is None
    address = one_time.address_of(secret, "dana", "Releaseorch releaseorch.example")
    assert address.startswith("otpauth://totp/Releaseorch%20releaseorch.example%3Adana?secret=GEZDGNBV")


def test_a_phone_is_set_up_by_its_first_code_and_asked_for_from_then_on(cast: Cast, door) -> None:
    dana = door(cast.developer)
    assert "Set a second factor" in said(dana.get("/me"))
    assert dana.post(f"{PAGE}/begin", {"password": "not-this-one"}).status_code == 422
    assert dana.post(f"{PAGE}/begin", {"password": PASSWORD})["Location"] == PAGE
    page = said(dana.get(PAGE))
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert "qrline" in page and secret is not None
    assert secret[1].replace(" ", "") == one_time.text_of(second_factor.secret_of(SecondFactor.objects.get()))
    assert is_in(with_password()[0])  # it doesn't count yet
    assert dana.post(f"{PAGE}/confirm", {"code": WRONG}).status_code == 422
    answer = dana.post(f"{PAGE}/confirm", {"code": code_of(cast.developer)})
    codes = answer.context["codes"]
    assert len(set(codes)) == 10 and all(code in said(answer) for code in codes)
    assert codes[0] not in said(dana.get(PAGE)) and "qrline" not in said(dana.get(PAGE))
    assert verbs_of(cast.developer) == ["second_factor.set"]
    clock.advance(timedelta(seconds=30))
    browser, answer = with_password(next="/runs")
    assert (answer.status_code, answer["Location"]) == (303, "/login/code")
    assert not is_in(browser) and "Code from your phone" in said(browser.get("/login/code"))
    half_in = browser.session.session_key
    answer = browser.post("/login/code", {"code": code_of(cast.developer)})
    assert (answer.status_code, answer["Location"]) == (303, "/runs")
    assert is_in(browser) and browser.session.session_key != half_in


def test_a_code_counts_once(cast: Cast) -> None:
    set_up(cast.developer)
    code = code_of(cast.developer)
    first, second = with_password()[0], with_password()[0]
    assert first.post("/login/code", {"code": code}).status_code == 303
    answer = second.post("/login/code", {"code": code})
    assert answer.status_code == 422 and "was used" in said(answer)
    clock.advance(timedelta(seconds=one_time.STEP_S))
    assert second.post("/login/code", {"code": code}).status_code == 422
    assert not is_in(second)
    assert second.post("/login/code", {"code": code_of(cast.developer)}).status_code == 303


def test_guessing_is_paused_for_the_person_and_longer_each_time(cast: Cast) -> None:
    set_up(cast.developer)
    for number in range(4):
        assert with_password()[0].post("/login/code", {"code": WRONG}).status_code == 422, number
    browser = with_password()[0]
    answer = browser.post("/login/code", {"code": WRONG})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert browser.post("/login/code", {"code": code_of(cast.developer)}).status_code == 429
    clock.advance(timedelta(seconds=61))
    for _number in range(5):
        answer = browser.post("/login/code", {"code": WRONG})
    assert answer["Retry-After"] == "120"
    clock.advance(timedelta(seconds=121))
    assert browser.post("/login/code", {"code": code_of(cast.developer)}).status_code == 303
    assert SecondFactor.objects.get().wrong == 0


def test_a_recovery_code_counts_once_in_place_of_the_phone(cast: Cast) -> None:
    codes = set_up(cast.developer)
    assert not RecoveryCode.objects.filter(hash__in=codes).exists()
    browser = with_password()[0]
    assert browser.post("/login/code", {"code": codes[3].upper().replace("-", " ")}).status_code == 303
    again = with_password()[0]
    assert again.post("/login/code", {"code": codes[3]}).status_code == 422
    assert Event.objects.get(verb="second_factor.recovery_code_used").after == {"left": 9}


def test_the_page_for_the_code_is_for_who_has_shown_the_password_lately(cast: Cast) -> None:
    set_up(cast.developer)
    assert Client().get("/login/code")["Location"] == "/login"
    assert Client().post("/login/code", {"code": code_of(cast.developer)})["Location"] == "/login"
    late = with_password()[0]
    changed = with_password()[0]
    gone = with_password()[0]
    cast.developer.set_password("plenty-of-quiet-rivers")
    cast.developer.save(update_fields=["password"])
    assert changed.post("/login/code", {"code": code_of(cast.developer)})["Location"] == "/login"
    Person.objects.filter(pk=cast.developer.pk).update(is_active=False)
    assert gone.post("/login/code", {"code": code_of(cast.developer)})["Location"] == "/login"
    clock.advance(timedelta(minutes=11))
    assert late.get("/login/code")["Location"] == "/login"
    assert not any(is_in(browser) for browser in (late, changed, gone))


def test_half_a_log_in_is_nobodys_session_and_ends_another(cast: Cast, door) -> None:
    set_up(cast.developer)
    browser = door(cast.operator)
    browser.post("/login", {"username": "dana", "password": PASSWORD})
    assert not is_in(browser)


def test_it_is_removed_with_a_code_and_codes_are_made_anew(cast: Cast, door) -> None:
    old = set_up(cast.developer)
    dana = door(cast.developer)
    assert dana.post(f"{PAGE}/renew-codes", {"code": WRONG}).status_code == 422
    new = dana.post(f"{PAGE}/renew-codes", {"code": code_of(cast.developer)}).context["codes"]
    assert not set(old) & set(new)
    assert dana.post(f"{PAGE}/remove", {"code": old[0]}).status_code == 422
    assert dana.post(f"{PAGE}/begin", {"password": PASSWORD}).status_code == 409
    assert dana.post(f"{PAGE}/remove", {"code": new[0]})["Location"] == "/me"
    assert is_in(with_password()[0])
    assert verbs_of(cast.developer)[1:] == [
        "second_factor.codes_renewed", "second_factor.recovery_code_used", "second_factor.removed",
    ]  # fmt: skip


def test_an_administrator_resets_it_but_never_their_own(cast: Cast, door) -> None:
    set_up(cast.developer)
    set_up(cast.administrator)
    ada = door(cast.administrator)
    assert "with a second factor" in said(ada.get(f"/people/{cast.developer.pk}"))
    own = ada.post(f"/people/{cast.administrator.pk}/reset-second-factor", {"reason": "Lost my phone"})
    assert own.status_code == 403 and SecondFactor.objects.filter(person=cast.administrator).exists()
    answer = ada.post(
        f"/people/{cast.developer.pk}/reset-second-factor", {"reason": "Lost the phone, came by"}
    )
    assert answer.status_code == 303
    assert is_in(with_password()[0])
    told = Event.objects.get(verb="person.second_factor_reset")
    assert (told.actor_id, told.reason) == (cast.administrator.pk, "Lost the phone, came by")


def test_tokens_go_on_and_robots_have_none(cast: Cast, door) -> None:
    _token, text = tokens.create_token(
        actor=cast.developer, person=cast.developer, name="t", scopes=["read"], days=1
    )
    set_up(cast.developer)
    answer = Client().get("/api/v1/runs", headers={"authorization": f"Bearer {text}"})
    assert answer.status_code == 200
    assert door(cast.robot).post(f"{PAGE}/begin", {"password": PASSWORD}).status_code == 403


def test_the_secret_is_sealed_and_sealed_anew(cast: Cast, settings: Any, tmp_path: Any) -> None:
    settings.STATE_DIR = tmp_path
    set_up(cast.developer)
    factor = SecondFactor.objects.get()
    secret, key = second_factor.secret_of(factor), factor.key_id
    assert secret not in bytes(factor.sealed)
    call_command("rotate_keys", stdout=StringIO())
    factor.refresh_from_db()
    assert factor.key_id != key and second_factor.secret_of(factor) == secret
    (tmp_path / "sealing_keys").unlink()  # lost: the recovery codes count all the same
    assert with_password()[0].post("/login/code", {"code": WRONG}).status_code == 422
