"""One feature through its applications, and a release as a matrix."""

import pytest

from releaseorch.catalog.models import ComponentVersion
from releaseorch.delivery import feature_queries
from releaseorch.delivery.feature_queries import FeatureDetail
from releaseorch.delivery.states import RequestState
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def install(house: House, version: ComponentVersion, environment: Environment) -> None:
    inventory.install(
        actor=house.cast.operator, component=version.component, environment=environment, target=None,
        version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
    )  # fmt: skip


def detail(house: House) -> FeatureDetail:
    found = feature_queries.feature_detail(house.photos.pk)
    assert found is not None
    return found


def test_a_part_tells_its_version_request_and_how_far_it_has_come(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    version = request.items.get().version
    assert version is not None
    FeatureInVersion.objects.create(version=version, feature=house.photos)
    install(house, version, house.integration)
    claims, portal = detail(house).parts
    assert (claims.scope.application, claims.versions, claims.requests) == (
        house.claims,
        (version,),
        (request,),
    )
    assert claims.furthest == house.integration
    assert (portal.versions, portal.requests, portal.furthest) == ((), (), None)


def test_it_can_be_tried_where_every_part_has_arrived(house: House) -> None:
    for component, environments in (
        (house.claims_web, [house.integration, house.acceptance]), (house.portal_front, [house.integration]),
    ):  # fmt: skip
        version = house.version(component)
        FeatureInVersion.objects.create(version=version, feature=house.photos)
        for environment in environments:
            install(house, version, environment)
    assert detail(house).complete_in == [house.integration]


def test_an_earlier_version_put_back_takes_the_feature_away(house: House) -> None:
    old, new = house.version(house.claims_web, "1.0.0"), house.version(house.claims_web, "2.0.0")
    FeatureInVersion.objects.create(version=new, feature=house.photos)
    install(house, new, house.acceptance)
    assert detail(house).parts[0].furthest == house.acceptance
    install(house, old, house.acceptance)
    assert detail(house).parts[0].furthest is None


def test_what_is_uncertain_has_not_arrived(house: House) -> None:
    version = house.version(house.claims_web, "2.0.0")
    FeatureInVersion.objects.create(version=version, feature=house.photos)
    install(house, version, house.acceptance)
    inventory.mark_uncertain(
        actor=house.cast.operator,
        component=house.claims_web,
        environment=house.acceptance,
        target=None,
        attempted=house.version(house.claims_web, "2.1.0"),
        source_kind=SourceKind.RUN,
        source_id=1,
        source_name="run",
    )
    assert detail(house).parts[0].furthest is None


def test_a_release_is_a_matrix_of_features_and_applications(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    found = feature_queries.release_detail(house.release.pk)
    assert found is not None
    assert found.applications == (house.claims, house.portal)
    assert {pk: set(cells) for pk, cells in found.parts.items()} == {
        house.photos.pk: {house.claims.pk, house.portal.pk}, house.payouts.pk: {house.claims.pk},
    }  # fmt: skip
    assert found.could_have_gone_alone == [house.payouts]
    assert found.requests == (request,)


def test_what_is_not_there_is_none(house: House) -> None:
    assert feature_queries.feature_detail(10**6) is None
    assert feature_queries.release_detail(10**6) is None
