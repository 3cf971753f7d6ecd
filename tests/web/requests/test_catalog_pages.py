"""Features, releases, applications and components: to read by everybody, with the verbs on a part and on a version."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments import inventory
from releaseorch.features.models import FeatureScope
from tests.factories import ApplicationFactory, House
from tests.histories import request_in_state
from tests.web.requests.forms import form_of


def test_a_feature_shows_each_part_with_version_request_and_environment(house: House, door) -> None:
    request = request_in_state(house, R.APPROVED)
    version = ComponentVersion.objects.get(component=house.claims_web)
    house.photos.held_by.create(version=version)
    inventory.install(
        actor=house.cast.operator, component=house.claims_web, environment=house.acceptance, target=None,
        version=version, source_kind="import", source_id=None, source_name="first import",
    )  # fmt: skip
    text = door(house.cast.auditor).get(f"/features/{house.photos.pk}").content.decode()
    for said in (
        "Claims",
        "Customer Portal",
        "claims-web",
        "2.0.0",
        f"#{request.pk}",
        "Acceptance",
        "nothing filed",
    ):
        assert said in text, said


def test_a_status_is_set_with_its_reason(house: House, door) -> None:
    url = f"/features/{house.photos.pk}/set-status"
    given = {"application": house.claims.pk, "status": "ready", "reason": "Test report 12."}
    answer = door(house.cast.developer).post(url, given)
    assert answer.status_code == 303
    assert FeatureScope.objects.get(feature=house.photos, application=house.claims).status == "ready"
    event = Event.objects.get(verb="feature.status_set")
    assert (event.actor_id, event.reason) == (house.cast.developer.pk, "Test report 12.")


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        ("other_developer", {}, 403), ("auditor", {}, 403), ("developer", {"status": "perfect"}, 422),
        ("developer", {"application": "999"}, 422), ("developer", {"application": "x"}, 422),
    ],
)  # fmt: skip
def test_a_status_that_cannot_be_set_says_why(
    house: House, door, who: str, change: dict[str, str], code: int
) -> None:
    given = {"application": str(house.claims.pk), "status": "ready", **change}
    answer = door(getattr(house.cast, who)).post(f"/features/{house.photos.pk}/set-status", given)
    assert answer.status_code == code
    assert not FeatureScope.objects.filter(status="ready").exists()


def test_a_release_is_a_matrix_that_names_what_could_have_gone_alone(house: House, door) -> None:
    text = door(house.cast.auditor).get(f"/releases/{house.release.pk}").content.decode()
    assert "CR-4987 is open in Customer Portal." in text
    assert "Could have gone alone" in text
    alone = text.partition("Could have gone alone")[2].partition("Features by application")[0]
    assert "CR-5003" in alone and "CR-4987" not in alone


def test_a_release_of_many_applications_lists_them_feature_by_feature(house: House, door) -> None:
    page, client = f"/releases/{house.release.pk}", door(house.cast.auditor)
    for _ in range(10):  # besides Claims and the portal
        FeatureScope.objects.create(feature=house.photos, application=ApplicationFactory())
    column = '<th scope="col"><a class="plain" href="/applications/claims">'
    assert column in client.get(page).content.decode()
    FeatureScope.objects.create(feature=house.photos, application=house.billing, status="ready")
    parts = client.get(page).content.decode().partition('id="parts"')[2].partition("</section>")[0]
    photos, _, payouts = parts.partition("CR-5003")
    assert photos.count('<th scope="col">') == 3  # whatever the number of applications
    assert (photos.count('"/applications/'), payouts.count('"/applications/')) == (13, 1)
    assert "Ready" in photos and "Ready" not in payouts and "could go alone" in payouts


def test_an_application_names_its_team_contact_and_what_it_needs(house: House, door) -> None:
    text = door(house.cast.auditor).get("/applications/customer-portal").content.decode()
    for said in ("Claims", "ext. 4400", "Call 4417", "claims-web", "portal-front"):
        assert said in text, said
    assert door(house.cast.auditor).get("/applications/nothing").status_code == 404


def test_a_version_is_blocked_and_unblocked_with_a_reason(house: House, door) -> None:
    version = house.version(house.claims_web)
    client, page = door(house.cast.developer), f"/components/{house.claims_web.pk}"
    form = form_of(client.get(page), f"/versions/{version.pk}/block")
    assert client.post(f"/versions/{version.pk}/block", form.values).status_code == 422
    assert (
        client.post(
            f"/versions/{version.pk}/block", {**form.values, "reason": "Loses photographs."}
        ).status_code
        == 303
    )
    assert "Loses photographs." in client.get(page).content.decode()
    assert client.post(f"/versions/{version.pk}/block", {"reason": "Again."}).status_code == 409
    assert (
        door(house.cast.auditor).post(f"/versions/{version.pk}/unblock", {"reason": "x"}).status_code == 403
    )
    assert client.post(f"/versions/{version.pk}/unblock", {"reason": "Fixed."}).status_code == 303
    version.refresh_from_db()
    assert not version.is_blocked
    assert list(Event.objects.filter(subject_kind="version").order_by("pk").values_list("verb", flat=True)) == [
        "version.blocked", "version.unblocked",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/features?text=photo",
        "/releases",
        "/applications?text=port",
        "/requests?state=all",
        "/requests?text=%231",
    ],
)
def test_lists_open_for_everybody(house: House, door, path: str) -> None:
    request_in_state(house, R.SUBMITTED)
    assert door(house.cast.outsider).get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/features/999", "/releases/999", "/components/999", "/requests/999", "/board?release=999"]
)
def test_what_is_not_there_is_not_found(house: House, door, path: str) -> None:
    assert door(house.cast.outsider).get(path).status_code == 404


def test_a_release_goes_its_way_by_its_buttons(house: House, door) -> None:
    client, url = door(house.cast.release_manager), f"/releases/{house.release.pk}"
    for name, state in (("lock", "locked"), ("begin", "in_progress"), ("complete", "completed")):
        form = form_of(client.get(url), f"{url}/{name}")
        assert client.post(f"{url}/{name}", form.values).status_code == 303
        house.release.refresh_from_db()
        assert house.release.state == state
    assert client.post(f"{url}/begin", form.values).status_code == 409


def test_a_release_is_given_up_by_release_managers_with_a_reason(house: House, door) -> None:
    url = f"/releases/{house.release.pk}"
    assert door(house.cast.developer).post(f"{url}/abandon", {"reason": "x"}).status_code == 403
    client = door(house.cast.release_manager)
    assert client.post(f"{url}/abandon", {"reason": ""}).status_code == 422
    assert client.post(f"{url}/abandon", {"reason": "The market is gone."}).status_code == 303
    assert Event.objects.get(verb="release.abandoned").reason == "The market is gone."
