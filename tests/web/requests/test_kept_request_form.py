"""The form of a request is kept while it is typed: it comes back as it was left, and never from the dead."""

import pytest
from django.http import HttpResponse
from django.test import Client

from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from releaseorch.web.models import KeptForm
from tests.factories import House
from tests.histories import request_in_state
from tests.web.requests.forms import NEW, form_of, press

LEFT = "did not save it"


def typing(client: Client, page: HttpResponse, action: str = NEW, **typed: str) -> HttpResponse:
    """What htmx sends a second after the last key."""
    values = {**form_of(page, action).values, **typed, "do": "keep"}
    return client.post(action, values, headers={"hx-request": "true"})


def of(person) -> list[KeptForm]:
    return list(KeptForm.objects.filter(person=person, fields__isnull=False))


def test_what_was_typed_is_there_again_and_goes_when_it_is_saved(house: House, door) -> None:
    client = door(house.cast.developer)
    page = client.get(NEW)
    said = typing(client, page, title="Photos", note="Two\nlines")
    assert said.status_code == 200 and "is kept" in said.content.decode()
    assert typing(client, page, title="Photos for all", note="Two\nlines").status_code == 200
    assert not DeploymentRequest.objects.exists()

    mine = client.get("/").content.decode()
    assert "Unfinished: request for Claims" in mine and f'href="{NEW}"' in mine
    again = client.get(NEW)
    assert LEFT in again.content.decode()
    assert form_of(again, NEW).values["title"] == ["Photos for all"]
    assert form_of(again, NEW).values["note"] == ["Two\nlines"]

    assert press(client, again, NEW, "draft").status_code == 303
    assert of(house.cast.developer) == []
    assert LEFT not in client.get(NEW).content.decode()
    assert "Unfinished" not in client.get("/").content.decode()


def test_a_window_that_was_open_before_the_submit_brings_nothing_back(house: House, door) -> None:
    client = door(house.cast.developer)
    one, other = client.get(NEW), client.get(NEW)
    typing(client, one, title="From the one")
    typing(client, other, title="From the other")
    assert form_of(client.get(NEW), NEW).values["title"] == ["From the other"]
    press(client, one, NEW, "draft", title="From the one")
    refused = typing(client, other, title="A ghost")
    assert refused.status_code == 422 and "another window" in refused.content.decode()
    assert of(house.cast.developer) == []
    assert typing(client, client.get(NEW), title="A new one").status_code == 200


def test_start_over_throws_it_away(house: House, door) -> None:
    client = door(house.cast.developer)
    typing(client, client.get(NEW), title="Photos")
    answer = press(client, client.get(NEW), NEW, "start-over")
    assert (answer.status_code, answer["Location"]) == (303, NEW)
    assert form_of(client.get(NEW), NEW).values["title"] == [""]


def test_a_form_opened_for_something_is_another_one(house: House, door) -> None:
    client, asked = door(house.cast.developer), f"{NEW}?application={house.portal.pk}"
    typing(client, client.get(NEW), title="Plain")
    typing(client, client.get(asked), title="For the portal")
    assert form_of(client.get(NEW), NEW).values["title"] == ["Plain"]
    assert form_of(client.get(asked), NEW).values["title"] == ["For the portal"]
    press(client, client.get(asked), NEW, "draft")
    assert [row.address for row in of(house.cast.developer)] == [NEW]


def test_it_is_private_bounded_and_without_secrets(house: House, door) -> None:
    client = door(house.cast.developer)
    page = client.get(NEW)
    typing(client, page, title="Photos", password="hunter2", csrfmiddlewaretoken="t0ken", api_secret="s3")
    (row,) = of(house.cast.developer)
    assert not {"password", "csrfmiddlewaretoken", "api_secret", "do"} & set(row.posted)
    assert LEFT not in door(house.cast.teammate).get(NEW).content.decode()
    assert door(house.cast.teammate).post(f"/kept/{row.pk}/forget").status_code == 404
    refused = typing(client, page, note="x" * 70_000)
    assert refused.status_code == 422 and "too long" in refused.content.decode()
    assert of(house.cast.developer)[0].posted["title"] == "Photos"
    row.fields = [["application", "none"], ["lines", "-1"]]
    row.save()
    assert client.get(NEW).status_code == 200 and client.get("/").status_code == 200


def test_a_refused_form_and_an_ended_session_keep_it_too(house: House, door) -> None:
    client = door(house.cast.developer)
    page = client.get(NEW)
    assert press(client, page, NEW, "draft", environment="", title="Photos").status_code == 422
    client.logout()
    values = {**form_of(page, NEW).values, "title": "Photos", "do": "draft"}
    late = client.post(NEW, values, headers={"referer": f"http://testserver{NEW}"})
    client.force_login(house.cast.developer, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/kept/return", {"sealed": form_of(late, "/login").values["sealed"]})
    assert form_of(client.get(NEW), NEW).values["title"] == ["Photos"]


def test_nobody_who_types_is_led_away_by_an_ended_session(house: House, door) -> None:
    client = door(house.cast.developer)
    page = client.get(NEW)
    client.logout()
    answer = typing(client, page, title="Photos")
    assert answer.status_code == 401 and "HX-Redirect" not in answer


@pytest.fixture
def draft(house: House) -> DeploymentRequest:
    request = request_in_state(house, R.DRAFT, title="First")
    return services.edit_request(
        actor=house.cast.developer, request=request, changes=RequestChanges(note="Careful.")
    )


def test_a_stale_edit_says_what_changed_and_takes_the_text_along(
    house: House, draft: DeploymentRequest, door
) -> None:
    client, url = door(house.cast.developer), f"/requests/{draft.pk}/edit"
    old = client.get(url)
    newer = house.version(house.claims_web, "2.1.0")
    services.edit_request(
        actor=house.cast.teammate, request=DeploymentRequest.objects.get(pk=draft.pk),
        changes=RequestChanges(
            title="Second", note="Very careful.", items=[ItemDraft(component=house.claims_web, version=newer)]
        ),
    )  # fmt: skip
    answer = press(client, old, url, "draft", note="Careful, please.", wish_from="2030-01-02T03:04")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theo Lindqvist" in text and "changed it" in text
    shown = {one.label: (one.was, one.now, one.mine) for one in answer.context["meanwhile"].differences}
    assert shown == {
        "Title": ("First", "Second", ""),
        "Note": ("Careful.", "Very careful.", "Careful, please."),
        "Lines": ("claims-web 2.0.0", "claims-web 2.1.0", ""),
    }
    form = form_of(answer, url)
    assert form.values["title"] == ["Second"] and form.values["note"] == ["Careful, please."]
    assert form.values["wish_from"] == ["2030-01-02T03:04"] and form.values["version-0"] == [str(newer.pk)]
    draft.refresh_from_db()
    assert draft.note == "Very careful."

    assert press(client, answer, url, "draft").status_code == 303
    draft.refresh_from_db()
    assert (draft.title, draft.note, draft.items.get().version) == ("Second", "Careful, please.", newer)


def test_coming_back_to_an_edit_that_has_grown_old_takes_it_along_too(
    house: House, draft: DeploymentRequest, door
) -> None:
    client, url = door(house.cast.developer), f"/requests/{draft.pk}/edit"
    typing(client, client.get(url), url, note="Mine.", title="First")
    theirs = DeploymentRequest.objects.get(pk=draft.pk)
    services.edit_request(actor=house.cast.teammate, request=theirs, changes=RequestChanges(title="Second"))
    page = client.get(url)
    assert LEFT in page.content.decode() and "Changed since you opened it" in page.content.decode()
    assert form_of(page, url).values["title"] == ["Second"]
    assert press(client, page, url, "draft").status_code == 303
    draft.refresh_from_db()
    assert (draft.title, draft.note) == ("Second", "Mine.")
    assert of(house.cast.developer) == []


def test_an_edit_of_what_is_over_meanwhile_still_shows_the_text(
    house: House, draft: DeploymentRequest, door
) -> None:
    client, url = door(house.cast.developer), f"/requests/{draft.pk}/edit"
    old = client.get(url)
    services.withdraw_request(actor=house.cast.teammate, request=draft, reason="Not needed.")
    answer = press(client, old, url, "draft", note="All of my story")
    assert answer.status_code == 409
    assert (
        answer.content.decode().count("All of my story") == 2
    )  # to copy, and in the form that is closed now
