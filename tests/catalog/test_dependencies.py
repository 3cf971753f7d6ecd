"""Dependencies of components: no cycle, and the one that would close it is named."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog import services
from releaseorch.catalog.models import ComponentDependency
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from tests.factories import House

pytestmark = pytest.mark.django_db


def test_a_dependency_is_added_once_and_removed(house: House) -> None:
    manager, api, web = house.cast.release_manager, house.billing_api, house.claims_web
    services.add_dependency(actor=manager, component=api, needs=web)
    with pytest.raises(Conflict, match="billing-api needs claims-web already"):
        services.add_dependency(actor=manager, component=api, needs=web)
    services.remove_dependency(actor=manager, component=api, needs=web)
    with pytest.raises(Conflict, match="doesn't need"):
        services.remove_dependency(actor=manager, component=api, needs=web)
    assert not ComponentDependency.objects.filter(component=api).exists()
    assert Event.objects.filter(verb__startswith="component.dependency_").count() == 2


def test_a_cycle_is_refused_and_named(house: House) -> None:
    with pytest.raises(Invalid, match="claims-db → portal-front → claims-web → claims-db"):
        services.add_dependency(
            actor=house.cast.release_manager, component=house.claims_db, needs=house.portal_front
        )
    assert ComponentDependency.objects.count() == 2


def test_a_component_does_not_need_itself(house: House) -> None:
    with pytest.raises(Invalid, match="claims-db → claims-db"):
        services.add_dependency(
            actor=house.cast.release_manager, component=house.claims_db, needs=house.claims_db
        )


def test_it_needs_the_right(house: House) -> None:
    with pytest.raises(NotAllowed):
        services.add_dependency(
            actor=house.cast.developer, component=house.billing_api, needs=house.claims_web
        )
