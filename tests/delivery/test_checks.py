"""The live checks of a request, each with what makes it pass and what doesn't."""

from datetime import timedelta

import pytest

from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.delivery import checks, request_queries, services
from releaseorch.delivery.drafts import ItemDraft, RequestDraft
from releaseorch.delivery.request_form import checks_of_draft
from releaseorch.delivery.states import RequestState
from releaseorch.delivery.verdicts import Check
from releaseorch.environments import inventory
from releaseorch.environments import services as environments
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion
from tests.factories import FeatureFactory, House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def web(house: House) -> ComponentVersion:
    return house.version(house.claims_web)


def install(house: House, version: ComponentVersion, environment: Environment) -> None:
    inventory.install(
        actor=house.cast.operator, component=version.component, environment=environment, target=None,
        version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
    )  # fmt: skip


def found(
    house: House, *items: ItemDraft, release: bool = False, features: list[object] | None = None
) -> list[Check]:
    return checks_of_draft(
        RequestDraft(
            application=house.claims, environment=house.production, items=items,
            release=house.release if release else None, features=features or [],  # type: ignore[arg-type]
        )
    )  # fmt: skip


def tone(verdicts: list[Check], words: str) -> str:
    matching = {one.tone for one in verdicts if words in one.sentence}
    assert len(matching) == 1, [one.sentence for one in verdicts]
    return matching.pop()


def line(version: ComponentVersion) -> ItemDraft:
    return ItemDraft(component=version.component, version=version)


def test_no_line_blocks(house: House) -> None:
    assert tone(found(house), "Nothing is to be deployed") == checks.BLOCKED


def test_a_blocked_version_blocks_and_names_its_reason(house: House, web: ComponentVersion) -> None:
    web.blocked_at, web.blocked_reason = clock.now(), "loses photographs"
    assert tone(found(house, line(web)), "2.0.0 is blocked: loses photographs") == checks.BLOCKED


def test_what_never_ran_in_the_environment_before_is_marked(house: House, web: ComponentVersion) -> None:
    install(house, web, house.integration)
    assert tone(found(house, line(web)), "never ran in Acceptance") == checks.WARN
    install(house, web, house.acceptance)
    assert tone(found(house, line(web)), "ran in Acceptance") == checks.PASSED


def test_what_ran_there_once_passes_although_it_was_replaced(house: House, web: ComponentVersion) -> None:
    install(house, web, house.acceptance)
    install(house, house.version(house.claims_web, "2.1.0"), house.acceptance)
    assert tone(found(house, line(web)), "ran in Acceptance") == checks.PASSED


def test_an_expected_feature_that_no_version_holds_is_marked(house: House, web: ComponentVersion) -> None:
    FeatureInVersion.objects.create(version=web, feature=house.photos)
    verdicts = found(house, line(web), release=True)
    assert tone(verdicts, "CR-5003 is expected") == checks.WARN
    FeatureInVersion.objects.create(version=web, feature=house.payouts)
    assert tone(found(house, line(web), release=True), "All expected features") == checks.PASSED


def test_a_shared_feature_names_who_is_missing_until_they_filed(house: House, web: ComponentVersion) -> None:
    FeatureInVersion.objects.create(version=web, feature=house.photos)
    words = "CR-4987 also needs Customer Portal"
    assert tone(found(house, line(web)), words) == checks.WARN
    front = house.version(house.portal_front)
    portal = services.create_request(
        actor=house.cast.developer,
        application=house.portal,
        environment=house.production,
        items=[line(front)],
    )
    services.submit_request(actor=house.cast.developer, request=portal)
    verdicts = found(house, line(web))
    assert tone(verdicts, words) == checks.PASSED
    assert any(f"#{portal.pk}" in one.sentence for one in verdicts)


def test_a_shared_feature_whose_other_part_is_there_needs_nobody(house: House, web: ComponentVersion) -> None:
    FeatureInVersion.objects.create(version=web, feature=house.photos)
    front = house.version(house.portal_front)
    FeatureInVersion.objects.create(version=front, feature=house.photos)
    install(house, house.version(house.portal_front, "2.0.1"), house.production)  # a later one holds it too
    assert not [one for one in found(house, line(web)) if "Customer Portal" in one.sentence]


def test_a_missing_dependency_is_named_with_who_brings_it(house: House, web: ComponentVersion) -> None:
    assert (
        tone(found(house, line(web)), "claims-web needs claims-db, which isn't in Production and")
        == checks.WARN
    )
    schema = house.version(house.claims_db)
    coming = request_in_state(house, RequestState.SUBMITTED, items=[line(schema)])
    verdicts = found(house, line(web))
    assert tone(verdicts, "claims-web needs claims-db, which isn't in Production yet") == checks.WARN
    assert any(f"Request #{coming.pk} brings it" in one.help for one in verdicts)
    assert tone(found(house, line(web), line(schema)), "need is there or comes along") == checks.PASSED
    install(house, schema, house.production)
    assert tone(found(house, line(web)), "need is there or comes along") == checks.PASSED


def test_another_open_request_for_the_component_is_named(house: House, web: ComponentVersion) -> None:
    assert tone(found(house, line(web)), "Nobody else deploys") == checks.PASSED
    other = request_in_state(house, RequestState.APPROVED)
    newer = house.version(house.claims_web, "2.0.1")
    assert (
        tone(found(house, line(newer)), f"Request #{other.pk} deploys claims-web too, at 2.0.0")
        == checks.WARN
    )


def test_a_draft_or_a_request_that_is_over_disturbs_nobody(house: House, web: ComponentVersion) -> None:
    for state in (RequestState.DRAFT, RequestState.WITHDRAWN, RequestState.DEPLOYED):
        request_in_state(house, state)
    assert tone(found(house, line(web)), "Nobody else deploys") == checks.PASSED


def test_a_reservation_names_who_keeps_the_environment(house: House, web: ComponentVersion) -> None:
    environments.create_reservation(
        actor=house.cast.qa, environment=house.production, reason="Load test",
        expires_at=clock.now() + timedelta(hours=2),
    )  # fmt: skip
    verdicts = found(house, line(web))
    assert tone(verdicts, "Production is kept by Quinn Abara until") == checks.WARN


def test_it_could_go_alone_unless_another_application_has_a_part(house: House, web: ComponentVersion) -> None:
    alone = FeatureFactory(key="CR-6999")
    alone.scopes.create(application=house.claims)
    request = request_in_state(house, RequestState.SUBMITTED)
    for feature, could in ((alone, True), (house.photos, False)):
        FeatureInVersion.objects.create(version=request.items.get().version, feature=feature)
        detail = request_detail(request.pk)
        assert detail.alone.could is could
    assert "Customer Portal" in detail.alone.sentence


def request_detail(pk: int) -> request_queries.RequestDetail:
    detail = request_queries.request_detail(pk)
    assert detail is not None
    return detail
