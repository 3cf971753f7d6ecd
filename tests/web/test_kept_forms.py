"""No form loses what was typed: the session ended, the token is old, somebody was faster, it isn't allowed."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.web import kept
from releaseorch.web.models import KeptForm
from tests.characters import PASSWORD, Cast
from tests.factories import House
from tests.histories import request_in_state
from tests.web.requests.forms import form_of

STORY = "The totals\nof <Monday> don't add up."
HERE = "http://testserver"


@pytest.fixture
def asked(house: House) -> DeploymentRequest:
    return request_in_state(house, R.SUBMITTED)


def send(client: Client, page: str, verb: str, **typed: Any) -> HttpResponse:
    return client.post(f"{page}/{verb}", typed, headers={"referer": HERE + page})


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_a_form_sent_after_the_logout_is_there_again_after_the_login(
    house: House, asked: DeploymentRequest, door
) -> None:
    client, page = door(house.cast.release_manager), f"/requests/{asked.pk}"
    client.post("/logout")
    late = send(client, page, "send-back", reason=STORY, password="hunter2", version=str(asked.row_version))
    assert late.status_code == 401
    assert "of &lt;Monday&gt;" in text(late) and "hunter2" not in text(late)

    again = client.post("/login", {**form_of(late, "/login").values, "username": "rita", "password": "wrong"})
    assert again.status_code == 422
    login = {**form_of(again, "/login").values, "username": "rita", "password": PASSWORD}
    inside = client.post("/login", login)
    assert (inside.status_code, inside["Location"]) == (303, page)
    shown = client.get(page)
    form = form_of(shown, f"{page}/send-back")
    assert form.values["reason"] == [STORY] and "did not save it" in text(shown)
    assert asked.pk and DeploymentRequest.objects.get(pk=asked.pk).state == R.SUBMITTED

    assert client.post(f"{page}/send-back", form.values).status_code == 303
    asked.refresh_from_db()
    assert (asked.state, asked.last_reason) == (R.SENT_BACK, STORY)
    assert not KeptForm.objects.exists()


def test_a_form_older_than_the_session_goes_on_with_one_press(house: House, asked: DeploymentRequest) -> None:
    client, page = Client(enforce_csrf_checks=True), f"/requests/{asked.pk}"
    client.force_login(house.cast.release_manager, backend="django.contrib.auth.backends.ModelBackend")
    late = send(client, page, "send-back", reason=STORY)
    assert late.status_code == 403 and "of &lt;Monday&gt;" in text(late)
    assert not KeptForm.objects.exists()
    back = client.post("/kept/return", form_of(late, "/kept/return").values)
    assert (back.status_code, back["Location"]) == (303, page)
    shown = client.get(page)
    assert form_of(shown, f"{page}/send-back").values["reason"] == [STORY]
    over = next(
        button for button in form_of(shown, f"{page}/send-back").buttons if button.text == "Start over"
    )
    assert client.post(over.action, form_of(shown, f"{page}/send-back").values)["Location"] == page
    assert form_of(client.get(page), f"{page}/send-back").values["reason"] != [STORY]


def test_a_line_typed_before_the_login_stands_in_its_form(house: House, door) -> None:
    draft, client = request_in_state(house, R.DRAFT), door(house.cast.developer)
    page = f"/requests/{draft.pk}"
    client.logout()
    late = send(client, page, "add-item", title="Call them", instructions=STORY)
    client.force_login(house.cast.developer, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/kept/return", {"sealed": form_of(late, "/login").values["sealed"]})
    form = form_of(client.get(page), f"{page}/add-item")
    assert (form.values["title"], form.values["instructions"]) == (["Call them"], [STORY])
    assert client.post(f"{page}/add-item", form.values).status_code == 303
    assert [str(item) for item in draft.items.all()][-1] == "Call them"
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize("referer", ["", "https://evil.example/form"])
def test_a_form_of_another_site_waits_for_nobody(asked: DeploymentRequest, referer: str) -> None:
    answer = Client().post(f"/requests/{asked.pk}/send-back", {"reason": STORY}, headers={"referer": referer})
    assert answer.status_code == 401 and "of &lt;Monday&gt;" in text(answer)
    assert "sealed" not in text(answer)


def test_a_bent_seal_brings_nothing_back(cast: Cast) -> None:
    for sealed in ("", "x", "eyJ4IjoxfQ:1:2", "\ud7ff" * 9):
        answer = Client().post("/login", {"username": "dana", "password": PASSWORD, "sealed": sealed})
        assert (answer.status_code, answer["Location"]) == (303, "/")
    assert not KeptForm.objects.exists()


def test_who_was_slower_reads_what_they_typed_and_has_the_form_again(
    house: House, asked: DeploymentRequest, door
) -> None:
    old = str(asked.row_version)
    services.edit_request(
        actor=house.cast.developer, request=asked, changes=RequestChanges(note="Mind the totals.")
    )
    client, page = door(house.cast.release_manager), f"/requests/{asked.pk}"
    answer = client.post(f"{page}/send-back", {"reason": STORY, "version": old})
    assert answer.status_code == 409 and "was changed since you opened this page" in text(answer)
    assert text(answer).count("of &lt;Monday&gt;") == 2  # to copy, and in the form
    form = form_of(answer, f"{page}/send-back")
    assert client.post(f"{page}/send-back", form.values).status_code == 303
    asked.refresh_from_db()
    assert asked.last_reason == STORY


def test_who_may_not_or_no_longer_still_has_their_text(house: House, asked: DeploymentRequest, door) -> None:
    client, page = door(house.cast.outsider), f"/requests/{asked.pk}"
    answer = client.post(f"{page}/reject", {"reason": STORY})
    assert answer.status_code == 403 and text(answer).count("of &lt;Monday&gt;") == 1
    services.withdraw_request(actor=house.cast.developer, request=asked, reason="Not needed.")
    answer = door(house.cast.release_manager).post(f"{page}/reject", {"reason": STORY})
    assert answer.status_code == 409 and text(answer).count("of &lt;Monday&gt;") == 1
    assert f'action="{page}/reject"' not in text(answer)


def test_only_so_much_is_kept_and_not_for_ever(cast: Cast) -> None:
    long_ago = clock.now() - timedelta(days=15)
    with clock.at(long_ago):
        kept.keep(cast.developer, "/requests/new", "/requests/new", [["title", "Old"]])
        kept.keep(cast.teammate, "/requests/new", "/requests/new", [["title", "Theirs"]])
    for number in range(kept.MOST_ROWS):
        with clock.at(long_ago + timedelta(days=2, seconds=number)):
            kept.keep(cast.developer, f"/requests/{number}/edit", "/", [["title", "x"]])
    own = KeptForm.objects.filter(person=cast.developer)
    assert own.count() == kept.MOST_ROWS and not own.filter(address="/requests/new").exists()
    assert kept.sweep() == 1
    assert not KeptForm.objects.filter(person=cast.teammate).exists() and own.count() == kept.MOST_ROWS
