"""Whatever people type stays text: on the form, on the request, on lists and boards."""

import pytest

from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from tests.factories import House
from tests.web.requests.forms import NEW, form_of, press

SCRIPT = "<script>alert(1)</script>"
TEMPLATE = "{{7*7}}{% now 'Y' %}"
TITLE = f'{SCRIPT}"><img src=x onerror=alert(1)> {TEMPLATE}'
PAGES = [
    "/",
    "/requests",
    "/requests/{}",
    "/requests/{}/edit",
    "/board",
    "/board?environment={environment}",
    "/applications/claims",
]


def filed(house: House, door) -> DeploymentRequest:
    version = house.version(house.claims_web)
    client = door(house.cast.developer)
    page = client.get(
        f"{NEW}?version={version.pk}&environment={house.production.pk}&release={house.release.pk}"
    )
    page = press(client, page, NEW, "manual-after", title=TITLE, note=TITLE)
    text = page.content.decode()
    assert SCRIPT not in text and "<img" not in text
    press(client, page, NEW, "submit", **{"title-1": TITLE, "instructions-1": TITLE})
    request = DeploymentRequest.objects.get()
    client.post(f"/requests/{request.pk}/comment", {"text": TITLE})
    return request


@pytest.mark.parametrize("path", PAGES)
def test_markup_and_template_code_stay_text(house: House, door, path: str) -> None:
    request = filed(house, door)
    assert request.title == TITLE and request.note == TITLE
    assert request.items.get(kind="manual").instructions == TITLE
    text = (
        door(house.cast.developer)
        .get(path.format(request.pk, environment=house.production.pk))
        .content.decode()
    )
    assert SCRIPT not in text and "<img" not in text
    assert "{{7*7}}" in text or path == "/board"
    assert "&lt;script&gt;" in text or path == "/board"  # by application it shows no titles


def test_ten_thousand_characters_fit_where_texts_are_long(house: House, door) -> None:
    request = filed(house, door)
    long = "x" * 10_000
    client = door(house.cast.developer)
    assert client.post(f"/requests/{request.pk}/comment", {"text": long}).status_code in {303, 422}
    url = f"/requests/{request.pk}/edit"
    answer = press(client, client.get(url), url, "draft", title=long)
    assert answer.status_code == 422 and long in answer.content.decode()
    request.refresh_from_db()
    assert request.title == TITLE


@pytest.mark.parametrize("sign", ["\u202e", "\u200f", "\u2066", "\u200b"])
def test_marks_that_turn_text_around_are_refused_in_titles(house: House, door, sign: str) -> None:
    version = house.version(house.claims_web)
    client = door(house.cast.developer)
    page = client.get(f"{NEW}?version={version.pk}&environment={house.production.pk}")
    answer = press(client, page, NEW, "submit", title=f"safe{sign}elif")
    assert answer.status_code == 422 and "invisible character" in answer.content.decode()
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize("name", ["title", "note", "version-0", "lines"])
def test_a_nul_goes_nowhere(house: House, door, name: str) -> None:
    version = house.version(house.claims_web)
    client = door(house.cast.developer)
    form = form_of(client.get(f"{NEW}?version={version.pk}&environment={house.production.pk}"), NEW)
    answer = client.post(NEW, {**form.values, name: "1\x00", "do": "submit"})
    assert answer.status_code == 400
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"lines": "999999999"}, {"lines": "-1"}, {"version-0": "x"}, {"version-0": "9" * 30},
        {"do": "remove-99999999999999999999"}, {"do": "<script>"}, {"also": "999999"}, {"anchor-0": "5"},
        {"kind-0": "explode"}, {"feature": "999999"}, {"application": "0"},
    ],
)  # fmt: skip
def test_a_bent_form_is_never_a_traceback(house: House, door, typed: dict[str, str]) -> None:
    version = house.version(house.claims_web)
    client = door(house.cast.developer)
    form = form_of(client.get(f"{NEW}?version={version.pk}&environment={house.production.pk}"), NEW)
    for do in ("submit", "update"):
        assert client.post(NEW, {**form.values, "do": do, **typed}).status_code in {200, 303, 400, 422}, typed


def test_a_hostile_name_of_a_person_stays_text(house: House, door) -> None:
    house.cast.developer.name = SCRIPT
    house.cast.developer.save()
    request = filed(house, door)
    services.send_back_request(actor=house.cast.release_manager, request=request, reason=SCRIPT)
    for page in ("/", f"/requests/{request.pk}", "/requests", "/board"):
        assert SCRIPT not in door(house.cast.developer).get(page).content.decode(), page
