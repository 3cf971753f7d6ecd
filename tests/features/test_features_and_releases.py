"""Features with their statuses, and releases with their lines and cut-offs."""

from datetime import timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.features import queries, services
from releaseorch.features.models import Feature
from releaseorch.features.states import FeatureStatus, MilestoneKind
from tests.factories import House

pytestmark = pytest.mark.django_db


def test_a_feature_touches_its_applications(house: House) -> None:
    made = services.create_feature(
        actor=house.cast.release_manager,
        key="CR-7000",
        title="Hail",
        applications=[house.claims, house.billing],
    )
    assert {scope.application for scope in made.scopes.all()} == {house.claims, house.billing}
    with pytest.raises(Invalid, match="There is a feature CR-7000 already"):
        services.create_feature(
            actor=house.cast.release_manager, key="CR-7000", title="Hail", applications=[house.claims]
        )


def test_a_feature_touches_one_application_at_least_and_only_those_of_who_makes_it(house: House) -> None:
    with pytest.raises(Invalid):
        services.create_feature(actor=house.cast.release_manager, key="CR-1", title="Hail", applications=[])
    with pytest.raises(NotAllowed):
        services.create_feature(
            actor=house.cast.developer, key="CR-1", title="Hail", applications=[house.claims, house.billing]
        )
    assert not Feature.objects.filter(key="CR-1").exists()


def test_a_status_is_set_per_application_and_told_once(house: House) -> None:
    def set_ready() -> None:
        services.set_feature_status(
            actor=house.cast.developer,
            feature=house.photos,
            application=house.claims,
            status=FeatureStatus.READY,
        )

    set_ready()
    set_ready()
    statuses = dict(house.photos.scopes.values_list("application__name", "status"))
    assert statuses == {"Claims": "ready", "Customer Portal": "open"}
    event = Event.objects.get(verb="feature.status_set")
    assert (event.before["status"], event.after["status"]) == ("open", "ready")


def test_a_status_where_the_feature_has_no_part_is_refused(house: House) -> None:
    with pytest.raises(Invalid, match="CR-4987 doesn't touch Billing"):
        services.set_feature_status(
            actor=house.cast.release_manager, feature=house.photos, application=house.billing,
            status=FeatureStatus.READY,
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        services.set_feature_status(
            actor=house.cast.other_developer, feature=house.photos, application=house.claims,
            status=FeatureStatus.READY,
        )  # fmt: skip


def test_a_release_has_lines_and_cut_offs_that_can_be_set_anew(house: House) -> None:
    manager, closes = house.cast.release_manager, clock.now() + timedelta(days=3)
    made = services.create_release(
        actor=manager, name="2027.1", features=[house.photos], milestones={MilestoneKind.FILING: closes}
    )
    services.set_release_features(actor=manager, release=made, features=[house.payouts])
    services.set_release_milestones(actor=manager, release=made, milestones={MilestoneKind.PLAN: closes})
    assert list(made.features.all()) == [house.payouts]
    assert [entry.kind for entry in made.milestones.all()] == [MilestoneKind.PLAN]
    event = Event.objects.get(verb="release.features_set")
    assert (event.before["features"], event.after["features"]) == (["CR-4987"], ["CR-5003"])
    with pytest.raises(Invalid, match=r"There is a release 2027\.1 already"):
        services.create_release(actor=manager, name="2027.1")
    with pytest.raises(NotAllowed):
        services.create_release(actor=house.cast.developer, name="2027.2")


def test_a_list_of_releases_counts_parts_that_are_ready(house: House) -> None:
    services.set_feature_status(
        actor=house.cast.developer, feature=house.photos, application=house.claims, status=FeatureStatus.READY
    )
    (row,) = queries.releases_page().items
    assert (row.features, row.parts, row.parts_ready) == (2, 3, 1)


def test_features_are_found_by_text_application_and_release(house: House) -> None:
    def keys(**narrowed: object) -> list[str]:
        return [row.feature.key for row in queries.features_page(**narrowed).items]  # type: ignore[arg-type]

    assert keys(text="photographs") == ["CR-4987"]
    assert keys(application=house.portal.pk) == ["CR-4987"]
    assert keys(release=house.release.pk, application=house.claims.pk) == ["CR-5003", "CR-4987"]
