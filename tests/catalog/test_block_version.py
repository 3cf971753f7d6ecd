"""Blocking a version: a reason, once, and back again."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog import services
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from tests.factories import House

pytestmark = pytest.mark.django_db


def test_it_is_blocked_once_with_its_reason(house: House) -> None:
    version = house.version(house.claims_web)
    services.block_version(actor=house.cast.qa, version=version, reason="Loses photographs.")
    again = ComponentVersion.objects.get()
    assert (again.is_blocked, again.blocked_reason, again.blocked_by) == (
        True,
        "Loses photographs.",
        house.cast.qa,
    )
    with pytest.raises(Conflict, match="blocked already"):
        services.block_version(actor=house.cast.qa, version=version, reason="Again.")
    assert Event.objects.filter(verb="version.blocked").count() == 1


def test_it_is_unblocked_with_a_reason_too(house: House) -> None:
    version = house.version(house.claims_web)
    with pytest.raises(Conflict, match="isn't blocked"):
        services.unblock_version(actor=house.cast.qa, version=version, reason="Fine.")
    services.block_version(actor=house.cast.qa, version=version, reason="Loses photographs.")
    services.unblock_version(actor=house.cast.qa, version=version, reason="It was the test data.")
    assert not ComponentVersion.objects.get().is_blocked
    assert Event.objects.get(verb="version.unblocked").before == {"reason": "Loses photographs."}


def test_it_needs_a_reason_and_the_right(house: House) -> None:
    version = house.version(house.claims_web)
    with pytest.raises(Invalid):
        services.block_version(actor=house.cast.qa, version=version, reason=" ")
    with pytest.raises(NotAllowed):
        services.block_version(actor=house.cast.other_developer, version=version, reason="No.")
    assert not ComponentVersion.objects.get().is_blocked
