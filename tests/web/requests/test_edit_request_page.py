"""Changing a request on the same form, and its lines one by one."""

from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind
from releaseorch.delivery.states import RequestState as R
from tests.factories import House
from tests.histories import request_in_state
from tests.web.requests.forms import form_of, press, verb


def test_the_form_shows_the_request_and_saves_what_changed(house: House, door) -> None:
    request, newer = request_in_state(house, R.DRAFT, title="Web"), house.version(house.claims_web, "2.1.0")
    client, url = door(house.cast.teammate), f"/requests/{request.pk}/edit"
    page = client.get(url)
    assert form_of(page, url).values["title"] == ["Web"]
    answer = press(client, page, url, "draft", title="Web 2.1", **{"version-0": str(newer.pk)})
    assert answer.status_code == 303
    request.refresh_from_db()
    assert (request.title, request.items.get().version, request.state) == ("Web 2.1", newer, R.DRAFT)


def test_it_is_no_rival_of_itself(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    page = door(house.cast.developer).get(f"/requests/{request.pk}/edit")
    assert not any(f"Request #{request.pk}" in check.sentence for check in page.context["checks"])


def test_saved_and_submitted_in_one_press(house: House, door) -> None:
    request = request_in_state(house, R.SENT_BACK)
    client, url = door(house.cast.developer), f"/requests/{request.pk}/edit"
    press(client, client.get(url), url, "submit", note="The test report is linked now.")
    request.refresh_from_db()
    assert (request.state, request.note, request.revision) == (
        R.SUBMITTED,
        "The test report is linked now.",
        2,
    )


def test_it_says_that_approvals_fall_and_they_do(house: House, door) -> None:
    request, newer = request_in_state(house, R.APPROVED), house.version(house.claims_web, "2.1.0")
    client, url = door(house.cast.developer), f"/requests/{request.pk}/edit"
    page = client.get(url)
    assert "makes its approvals fall" in page.content.decode()
    press(client, page, url, "draft", **{"version-0": str(newer.pk)})
    request.refresh_from_db()
    assert request.state == R.SUBMITTED
    text = door(house.cast.release_manager).get(f"/requests/{request.pk}").content.decode()
    assert "Changed after approval." in text
    assert "<s>claims-web 2.0.0</s>" in text and "claims-web 2.1.0</strong>" in text


def test_how_a_browser_ends_lines_changes_nothing_that_was_approved(house: House, door) -> None:
    request = request_in_state(house, R.DRAFT)
    call = ItemDraft(kind=ItemKind.MANUAL, title="Call them", instructions="1. Call.\n2. Wait.")
    request = services.edit_request(
        actor=house.cast.developer, request=request, changes=RequestChanges(items=[call])
    )
    client, url = door(house.cast.developer), f"/requests/{request.pk}/edit"
    press(client, client.get(url), url, "draft", **{"instructions-0": "1. Call.\r\n2. Wait."})
    digest = request.content_digest
    request.refresh_from_db()
    assert (request.content_digest, request.items.get().instructions) == (digest, "1. Call.\n2. Wait.")


def test_an_old_form_overwrites_nothing(house: House, door) -> None:
    request = request_in_state(house, R.DRAFT, title="First")
    client, url = door(house.cast.developer), f"/requests/{request.pk}/edit"
    old = client.get(url)
    press(client, old, url, "draft", title="Second")
    page = press(
        client, old, url, "manual-after", title="Third"
    )  # drawn again, it still carries its old version
    assert page.status_code == 200
    answer = press(client, page, url, "draft", title="Third", **{"title-1": "Call them"})
    assert answer.status_code == 409
    assert DeploymentRequest.objects.get().title == "Second"


def test_who_may_not_edit_sees_why_and_no_button(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    client, url = door(house.cast.other_developer), f"/requests/{request.pk}/edit"
    page = client.get(url)
    assert page.context["why_not"] and page.context["why_not"].split("'")[0] in page.content.decode()
    assert not any(button.value in {"draft", "submit"} for button in form_of(page, url).buttons)
    assert client.post(url, form_of(page, url).values).status_code == 403


def test_a_request_that_is_over_cannot_be_edited(house: House, door) -> None:
    request = request_in_state(house, R.REJECTED)
    client, url = door(house.cast.developer), f"/requests/{request.pk}/edit"
    page = client.get(url)
    assert "rejected" in page.context["why_not"]
    assert client.post(url, form_of(page, url).values).status_code == 409


def test_a_button_elsewhere_leads_to_the_form(house: House, door) -> None:
    request = request_in_state(house, R.DRAFT)
    answer = door(house.cast.developer).post(f"/requests/{request.pk}/edit", {"version": "1"})
    assert answer.status_code == 303 and answer["Location"].endswith("/edit")


def test_lines_are_added_moved_and_removed_on_the_page(house: House, door) -> None:
    request, schema = request_in_state(house, R.DRAFT), house.version(house.claims_db, "2.0.0")
    client, url = door(house.cast.developer), f"/requests/{request.pk}"
    verb(client, url, f"{url}/add-item", component_version=str(schema.pk))
    verb(
        client,
        url,
        f"{url}/add-item",
        component_version="",
        title="Call the service desk",
        placement="before",
    )
    assert [str(item) for item in request.items.all()] == [
        "claims-web 2.0.0", "claims-db 2.0.0", "Call the service desk",
    ]  # fmt: skip
    verb(client, url, f"{url}/move-item")  # the first form that moves is the one of the second line
    assert [str(item) for item in request.items.all()][:2] == ["claims-db 2.0.0", "claims-web 2.0.0"]
    verb(client, url, f"{url}/remove-item")
    assert [str(item) for item in request.items.all()] == ["claims-web 2.0.0", "Call the service desk"]


def test_a_line_that_cannot_be_comes_back_as_typed(house: House, door) -> None:
    request = request_in_state(house, R.DRAFT)
    client, url = door(house.cast.developer), f"/requests/{request.pk}/add-item"
    answer = client.post(url, {"component_version": "", "title": "", "instructions": "1. Look."})
    assert answer.status_code == 422
    assert (
        "say what is to be done by hand" in answer.content.decode() and "1. Look." in answer.content.decode()
    )
    assert client.post(url, {"component_version": "999999"}).status_code == 422
    assert client.post(url, {"title": "x", "placement": "never"}).status_code == 422
    assert client.post(f"/requests/{request.pk}/remove-item", {"item": "999999"}).status_code == 409
