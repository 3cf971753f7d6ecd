"""Features and releases are made, changed and signed off on their pages."""

from releaseorch.core.actor import SYSTEM
from releaseorch.environments import inventory
from releaseorch.environments.models import FeatureSignoff
from releaseorch.features.models import Feature, FeatureInVersion, Release
from tests.factories import House


def install(house: House, text: str) -> None:
    version = house.version(house.claims_web, text)
    FeatureInVersion.objects.create(version=version, feature=house.payouts)
    inventory.install(
        actor=SYSTEM, component=house.claims_web, environment=house.acceptance, target=None, version=version,
        source_kind="run", source_id=1, source_name="#1",
    )  # fmt: skip


def test_who_may_nowhere_is_offered_nothing(house: House, door) -> None:
    reader = door(house.cast.auditor)
    assert "/features/new" not in reader.get("/features").content.decode()
    assert "/releases/new" not in reader.get("/releases").content.decode()
    for path in ("/features/new", f"/features/{house.photos.pk}/edit", "/releases/new",
                 f"/releases/{house.release.pk}/set-features"):  # fmt: skip
        assert reader.get(path).status_code == 403, path
    text = reader.get(f"/features/{house.photos.pk}").content.decode()
    assert f"/features/{house.photos.pk}/edit" not in text


def test_a_developer_makes_a_feature_for_their_own_applications_only(house: House, door) -> None:
    dana = door(house.cast.developer)
    typed = {"key": "CR-7000", "title": "Hail", "applications": [house.claims.pk, house.billing.pk]}
    assert dana.post("/features/new", typed).status_code == 403
    assert not Feature.objects.filter(key="CR-7000").exists()
    answer = dana.post("/features/new", {**typed, "applications": [house.claims.pk], "url": "ftp://x"})
    assert answer.status_code == 422 and "A link starts with" in answer.content.decode()
    assert 'value="CR-7000"' in answer.content.decode()
    answer = dana.post("/features/new", {**typed, "applications": [house.claims.pk]})
    assert answer["Location"] == f"/features/{Feature.objects.get(key='CR-7000').pk}"


def test_a_sign_off_is_outdated_by_the_next_version_and_the_page_says_so(house: House, door) -> None:
    install(house, "5.8.0")
    quinn, page = door(house.cast.qa), f"/features/{house.payouts.pk}"
    (_standing, action), *_ = quinn.get(page).context["standings"]
    typed = {field.name: field.value for field in action.fields} | {
        "verdict": "accepted",
        "reason": "Twelve paid.",
    }
    assert quinn.post(f"{page}/sign-off", typed).status_code == 303
    text = quinn.get(page).content.decode()
    assert "Signed off" in text and "Twelve paid." in text
    install(house, "5.8.1")
    text = quinn.get(page).content.decode()
    assert "Outdated" in text and "Undone by what was installed since: claims-web 5.8.1." in text
    answer = quinn.post(f"{page}/sign-off", typed)
    assert answer.status_code == 409 and "Other versions are in Acceptance by now" in answer.content.decode()
    assert FeatureSignoff.objects.count() == 1


def test_a_release_is_filled_with_keys_and_unknown_ones_are_named(house: House, door) -> None:
    rita = door(house.cast.release_manager)
    rita.post("/releases/new", {"name": "2027.1", "target_date": "2027-02-06T20:00"})
    made = Release.objects.get(name="2027.1")
    typed = {"version": made.row_version, "features": "CR-4987, CR-5003\nCR-9999"}
    answer = rita.post(f"/releases/{made.pk}/set-features", typed)
    assert answer.status_code == 422 and "There is no feature CR-9999." in answer.content.decode()
    assert "CR-4987, CR-5003" in answer.content.decode() and made.lines.count() == 0
    rita.post(f"/releases/{made.pk}/set-features", {**typed, "features": "CR-4987, CR-5003"})
    assert {feature.key for feature in made.features.all()} == {"CR-4987", "CR-5003"}


def test_cut_offs_in_the_wrong_order_are_refused_where_they_stand(house: House, door) -> None:
    rita, page = door(house.cast.release_manager), f"/releases/{house.release.pk}/set-cut-offs"
    typed = {
        "version": house.release.row_version,
        "filing": "2031-05-06T18:00",
        "approval": "2031-05-04T18:00",
    }
    answer = rita.post(page, typed)
    assert answer.status_code == 422 and "“approval closes” comes after" in answer.content.decode()
    assert not house.release.milestones.exists()
    assert rita.post(page, {**typed, "approval": ""}).status_code == 303
    assert [one.kind for one in house.release.milestones.all()] == ["filing"]
