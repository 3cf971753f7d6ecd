"""What the form of a new request offers and how it is filled."""

import pytest

from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.delivery import request_form
from releaseorch.delivery.states import RequestState
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion
from tests.factories import House, ReleaseFactory
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def install(house: House, version: ComponentVersion, *environments: Environment) -> None:
    for environment in environments:
        inventory.install(
            actor=house.cast.operator, component=version.component, environment=environment, target=None,
            version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
        )  # fmt: skip


def test_one_files_for_the_applications_of_the_own_team(house: House) -> None:
    assert list(request_form.applications_of(house.cast.developer)) == [house.claims, house.portal]
    assert list(request_form.applications_of(house.cast.release_manager)) == [
        house.billing,
        house.claims,
        house.portal,
    ]
    assert list(request_form.applications_of(house.cast.auditor)) == []


def test_releases_of_other_applications_are_left_out(house: House) -> None:
    own, _other = ReleaseFactory(application=house.claims), ReleaseFactory(application=house.billing)
    assert set(request_form.releases_open(house.claims)) == {house.release, own}


def test_features_appear_with_the_newest_versions_that_hold_them(house: House) -> None:
    for text in ("1.0.0", "2.0.0"):
        FeatureInVersion.objects.create(version=house.version(house.claims_web, text), feature=house.photos)
    photos, payouts = request_form.features_of(house.claims, house.release)
    assert (photos.feature, [one.text for one in photos.held_by]) == (house.photos, ["2.0.0"])
    assert (payouts.feature, payouts.held_by) == (house.payouts, ())


def test_versions_tell_what_they_hold_where_they_ran_and_what_is_there(house: House) -> None:
    old, new = house.version(house.claims_web, "1.0.0"), house.version(house.claims_web, "2.0.0")
    FeatureInVersion.objects.create(version=new, feature=house.photos)
    install(house, old, house.production)
    install(house, new, house.acceptance)
    choices = {one.component: one for one in request_form.component_choices(house.claims, house.production)}
    web = choices[house.claims_web]
    assert (web.there_text, [one.version for one in web.versions]) == ("1.0.0", [new, old])
    assert web.versions[0].features == (house.photos,)
    assert [ran.environment for ran in web.versions[0].ran] == [house.acceptance]
    assert [one.is_there for one in web.versions] == [False, True]
    assert choices[house.claims_db].versions == ()
    assert [one.version for one in request_form.versions_of(house.claims_web, house.production)] == [new, old]


def test_the_next_environment_is_the_first_that_lacks_what_the_one_before_has(house: House) -> None:
    assert request_form.next_environment(house.claims) == house.development
    version = house.version(house.claims_web)
    install(house, version, house.development, house.integration)
    assert request_form.next_environment(house.claims) == house.acceptance


def test_all_that_differs_is_taken_over_but_for_blocked_and_uncertain_versions(house: House) -> None:
    web, schema, api = (house.version(one) for one in (house.claims_web, house.claims_db, house.billing_api))
    install(house, web, house.acceptance)
    install(house, schema, house.acceptance, house.production)
    install(house, api, house.acceptance)
    (line,) = request_form.differing(house.claims, house.acceptance, house.production)
    assert (line.component, line.version) == (house.claims_web, web)
    ComponentVersion.objects.filter(pk=web.pk).update(blocked_at=clock.now(), blocked_reason="no")
    assert request_form.differing(house.claims, house.acceptance, house.production) == []


def test_the_same_as_last_time_comes_with_the_newest_versions(house: House) -> None:
    assert request_form.same_as_last(house.claims, house.production) == []
    request_in_state(house, RequestState.DEPLOYED)
    newest = house.version(house.claims_web, "2.1.0")
    (line,) = request_form.same_as_last(house.claims, house.production)
    assert (line.component, line.version) == (house.claims_web, newest)


def test_what_is_already_filed_is_shown(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    request_in_state(house, RequestState.WITHDRAWN)
    assert list(request_form.open_for(house.claims, house.production)) == [request]


def test_of_many_versions_the_newest_of_each_component_are_offered(house: House) -> None:
    for number in range(request_form.NEWEST + 3):
        house.version(house.claims_web, f"1.{number}.0")
    house.version(house.claims_db, "1.0.0")
    database, web = request_form.component_choices(house.claims, house.production)
    assert [one.version.text for one in database.versions] == ["1.0.0"]
    texts = [one.version.text for one in web.versions]
    assert (len(texts), texts[0], texts[-1]) == (request_form.NEWEST, "1.32.0", "1.3.0")
