"""Lists and details cost the same number of queries with one row and with many."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.delivery import (
    board_queries,
    feature_queries,
    request_actions,
    request_form,
    request_queries,
    services,
    work_queries,
)
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments import inventory
from releaseorch.environments import queries as environment_queries
from releaseorch.environments.states import SourceKind
from releaseorch.features import queries as feature_lists
from releaseorch.features.models import FeatureInVersion
from tests.factories import ComponentFactory, FeatureFactory, House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def one_more(house: House, number: int) -> DeploymentRequest:
    """A component with a version that holds a feature, is in Acceptance, and is asked for in Production."""
    component = ComponentFactory(application=house.claims, name=f"part-{number}")
    version = house.version(component)
    feature = FeatureFactory(owner=house.cast.developer)
    feature.scopes.create(application=house.claims)
    feature.scopes.create(application=house.billing)
    feature.lines.create(release=house.release)
    FeatureInVersion.objects.create(version=version, feature=feature)
    inventory.install(
        actor=house.cast.operator, component=component, environment=house.acceptance, target=None,
        version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
    )  # fmt: skip
    items = [ItemDraft(component=component, version=version)]
    return request_in_state(house, RequestState.SUBMITTED, items=items)


READS: dict[str, Callable[[House], Any]] = {
    "list": lambda _: request_queries.requests_page(),
    "board": lambda house: board_queries.board(house.release),
    "environment board": lambda house: board_queries.environment_board(house.production),
    "work of the requester": lambda house: work_queries.my_work(house.cast.developer),
    "work of the approver": lambda house: work_queries.my_work(house.cast.release_manager),
    "form": lambda house: (
        request_form.component_choices(house.claims, house.production),
        request_form.features_of(house.claims, house.release),
    ),
    "release": lambda house: feature_queries.release_detail(house.release.pk),
    "releases": lambda _: feature_lists.releases_page(),
    "features": lambda house: feature_lists.features_page(release=house.release.pk),
    "where is what": lambda _: environment_queries.where_is_what(),
}


def number_of_queries(read: Callable[[House], Any], house: House) -> int:
    for person in vars(house.cast).values():  # rights are read once per web request
        person.__dict__.pop("_grants", None)
        person.__dict__.pop("_team_ids", None)
    with CaptureQueriesContext(connection) as captured:
        shown = read(house)
    assert shown is not None
    return len(captured)


@pytest.mark.parametrize("name", READS)
def test_a_read_costs_the_same_with_many_rows(house: House, name: str) -> None:
    one_more(house, 0)
    few = number_of_queries(READS[name], house)
    for number in range(1, 12):
        one_more(house, number)
    assert number_of_queries(READS[name], house) == few
    assert few <= 45


def test_a_request_costs_the_same_with_many_lines(house: House) -> None:
    def cost(lines: int) -> int:
        request = services.create_request(
            actor=house.cast.developer, application=house.claims, environment=house.production,
            items=[ItemDraft(component=part, version=house.version(part)) for part in
                   [ComponentFactory(application=house.claims) for _ in range(lines)]],
        )  # fmt: skip
        services.submit_request(actor=house.cast.developer, request=request)
        house.cast.release_manager.__dict__.pop("_grants", None)
        with CaptureQueriesContext(connection) as captured:
            detail = request_queries.request_detail(request.pk)
            assert detail is not None
            assert len(detail.items) == lines
            request_actions.actions_for(detail.request, house.cast.release_manager, detail.slots)
        return len(captured)

    assert cost(1) == cost(50) <= 40
