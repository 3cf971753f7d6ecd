"""The number of queries where a page has a shape of its own; `test_queries_stay_constant.py` walks all the others."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState as R
from releaseorch.features.models import FeatureScope, ReleaseFeature
from releaseorch.web import kept
from releaseorch.web.models import KeptForm
from tests.factories import ApplicationFactory, ComponentFactory, FeatureFactory, House, VersionFactory
from tests.histories import request_in_state

MANY = 6


def queries(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def more_requests(house: House) -> None:
    for state in (R.SUBMITTED, R.APPROVED, R.SENT_BACK):
        for _ in range(MANY // 3):
            request_in_state(house, state)


def more_applications(house: House) -> None:
    for _ in range(MANY):
        application = ApplicationFactory(team=house.cast.claims)
        feature = FeatureFactory(owner=house.cast.developer)
        ReleaseFeature.objects.create(release=house.release, feature=feature)
        FeatureScope.objects.create(feature=feature, application=application)
        FeatureScope.objects.create(feature=feature, application=house.claims)


def more_versions(house: House) -> None:
    for _ in range(MANY):
        component = ComponentFactory(application=house.claims)
        house.payouts.held_by.create(version=VersionFactory(component=component))
        VersionFactory(component=house.claims_web)


def more_left_unfinished(house: House) -> None:
    for _ in range(MANY):
        address = f"/requests/new?environment={KeptForm.objects.count()}"
        kept.keep(house.cast.developer, address, address, [["application", str(house.claims.pk)]])


CASES: list[tuple[str, str, Callable[[House], None]]] = [
    ("board by environment", "/board?environment={environment}", more_requests),
    ("mine", "/", more_requests),
    ("mine of an owner", "/", more_applications),
    ("mine with forms left unfinished", "/", more_left_unfinished),
    ("form", "/requests/new?application={application}&environment={environment}", more_versions),
    (
        "form with features",
        "/requests/new?application={application}&environment={environment}",
        more_applications,
    ),
]


@pytest.mark.parametrize(("name", "path", "more"), CASES, ids=[name for name, *_ in CASES])
def test_one_row_costs_as_much_as_many(
    house: House, door, name: str, path: str, more: Callable[[House], None]
) -> None:
    path = path.format(
        environment=house.production.pk, feature=house.payouts.pk, release=house.release.pk,
        component=house.claims_web.pk, application=house.claims.pk,
    )  # fmt: skip
    request_in_state(house, R.SUBMITTED)
    request_in_state(house, R.SENT_BACK)
    request_in_state(house, R.APPROVED)
    more(house)
    client = door(house.cast.developer)
    few = queries(client, path)
    more(house)
    assert queries(client, path) <= few, name


def test_a_request_of_many_lines_costs_as_much_as_one_of_few(house: House, door) -> None:
    def of(n: int) -> str:
        items = [
            ItemDraft(component=one.component, version=one)
            for one in (
                VersionFactory(component=ComponentFactory(application=house.claims)) for _ in range(n)
            )
        ]
        return f"/requests/{request_in_state(house, R.SUBMITTED, items=items).pk}"

    client = door(house.cast.release_manager)
    few = queries(client, of(2))
    assert queries(client, of(20)) <= few
