"""Keeping an environment for a while."""

from datetime import timedelta

import pytest

from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import services
from releaseorch.environments.models import Reservation
from tests.factories import House

pytestmark = pytest.mark.django_db


def keep(house: House, **values: object) -> Reservation:
    given = {
        "actor": house.cast.qa, "environment": house.acceptance, "reason": "Load test",
        "expires_at": clock.now() + timedelta(hours=2), **values,
    }  # fmt: skip
    return services.create_reservation(**given)  # type: ignore[arg-type]


def test_what_is_kept_is_refused_to_others_by_name_until_it_is_given_back(house: House) -> None:
    kept = keep(house)
    with pytest.raises(Conflict, match=r"Acceptance is kept by Quinn Abara until .*: Load test"):
        keep(house, actor=house.cast.release_manager, application=house.claims)
    services.release_reservation(actor=house.cast.qa, reservation=kept)
    assert keep(house, actor=house.cast.release_manager).pk
    with pytest.raises(Conflict, match="given back already"):
        services.release_reservation(actor=house.cast.qa, reservation=kept)


def test_two_applications_of_an_environment_are_kept_side_by_side(house: House) -> None:
    keep(house, application=house.claims)
    keep(house, application=house.billing, actor=house.cast.release_manager)
    with pytest.raises(Conflict, match="Claims is kept by Quinn Abara"):
        keep(house, application=house.claims, actor=house.cast.release_manager)


def test_one_after_another_does_not_overlap(house: House) -> None:
    first = keep(house)
    keep(house, starts_at=first.expires_at, expires_at=first.expires_at + timedelta(hours=1))
    assert Reservation.objects.count() == 2


@pytest.mark.parametrize("hours", [-1, 0])
def test_it_ends_in_the_future(house: House, hours: int) -> None:
    with pytest.raises(Invalid, match="ends after it begins"):
        keep(house, expires_at=clock.now() + timedelta(hours=hours))


def test_it_needs_a_reason_and_the_right(house: House) -> None:
    with pytest.raises(Invalid):
        keep(house, reason=" ")
    for who in (house.cast.developer, house.cast.outsider, house.cast.auditor):
        with pytest.raises(NotAllowed):
            keep(house, actor=who)
    kept = keep(house)
    with pytest.raises(NotAllowed):
        services.release_reservation(actor=house.cast.developer, reservation=kept)


def test_an_application_that_is_retired_is_not_kept(house: House) -> None:
    Application.objects.filter(pk=house.portal.pk).update(retired_at=clock.now(), retired_reason="Sold.")
    with pytest.raises(Invalid, match="Portal is retired"):
        keep(house, application=house.portal)
