"""A feature is changed, touches other applications, and moves between releases."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.features import services
from releaseorch.features.models import Feature
from tests.factories import House, ReleaseFactory

pytestmark = pytest.mark.django_db
WHY = "They need more time."


def test_who_works_on_one_of_its_applications_changes_it(house: House) -> None:
    edited = services.edit_feature(
        actor=house.cast.developer, feature=house.photos, seen=1, title="Report with photographs",
        owner=house.cast.qa,
    )  # fmt: skip
    assert (edited.title, edited.owner, edited.row_version) == ("Report with photographs", house.cast.qa, 2)
    event = Event.objects.get(verb="feature.edited")
    assert event.after == {"title": "Report with photographs", "owner": "Quinn Abara"}
    with pytest.raises(NotAllowed):
        services.edit_feature(actor=house.cast.other_developer, feature=house.photos, title="Mine")
    with pytest.raises(Conflict, match="Dana Brandt changed CR-4987"):
        services.edit_feature(actor=house.cast.teammate, feature=house.photos, seen=1, title="Other")


def test_a_robot_owns_no_feature_and_no_key_looks_like_another(house: House) -> None:
    with pytest.raises(Invalid, match="Pipeline can't give their word"):
        services.edit_feature(actor=house.cast.developer, feature=house.photos, tester=house.cast.robot)
    with pytest.raises(Invalid, match="There is a feature CR-5003 already"):
        services.create_feature(
            actor=house.cast.developer, key="cr-5003", title="Payouts", applications=[house.claims]
        )
    with pytest.raises(Invalid, match=r"A link starts with http"):
        services.edit_feature(actor=house.cast.developer, feature=house.photos, url="javascript:alert(1)")


def test_it_touches_another_application_and_one_less(house: House) -> None:
    manager = house.cast.release_manager
    fresh = services.add_application(actor=manager, feature=house.payouts, application=house.billing)
    with pytest.raises(Invalid, match="touches Billing already"):
        services.add_application(actor=manager, feature=fresh, application=house.billing)
    with pytest.raises(Conflict):
        services.remove_application(
            actor=manager, feature=fresh, application=house.claims, reason=WHY, seen=fresh.row_version - 1
        )
    services.remove_application(actor=manager, feature=fresh, application=house.claims, reason=WHY)
    assert [scope.application for scope in house.payouts.scopes.all()] == [house.billing]
    with pytest.raises(Invalid, match="one application at least"):
        services.remove_application(actor=manager, feature=fresh, application=house.billing, reason=WHY)
    with pytest.raises(NotAllowed):
        services.add_application(actor=house.cast.developer, feature=house.photos, application=house.billing)


def test_it_moves_to_a_release_that_is_being_planned(house: House) -> None:
    manager, later = house.cast.release_manager, ReleaseFactory(name="2027.1")
    services.move_feature(
        actor=manager, feature=house.payouts, source=house.release, target=later, reason=WHY
    )
    assert [release.name for release in house.payouts.releases.all()] == ["2027.1"]
    event = Event.objects.get(verb="feature.moved")
    assert (event.before, event.after, event.reason) == ({"release": "2026.4"}, {"release": "2027.1"}, WHY)
    with pytest.raises(NotAllowed):
        services.move_feature(actor=house.cast.developer, feature=house.photos, target=later, reason=WHY)
    with pytest.raises(Conflict, match=r"CR-5003 isn't in 2026\.4"):
        services.move_feature(actor=manager, feature=house.payouts, source=house.release, reason=WHY)


def test_a_locked_release_gives_up_features_and_takes_none(house: House) -> None:
    manager, later = house.cast.release_manager, ReleaseFactory(name="2027.1")
    services.lock_release(actor=manager, release=house.release)
    services.lock_release(actor=manager, release=later)
    with pytest.raises(Conflict, match=r"2027\.1 is locked: CR-5003 can't be added"):
        services.move_feature(
            actor=manager, feature=house.payouts, source=house.release, target=later, reason=WHY
        )
    assert house.release.lines.count() == 2  # nothing half moved
    services.move_feature(actor=manager, feature=house.payouts, source=house.release, reason=WHY)
    assert Feature.objects.get(pk=house.payouts.pk).releases.count() == 0
