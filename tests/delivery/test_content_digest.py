"""The digest of a request changes with what would be deployed, and with nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.digests import content_digest
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, ItemPlacement
from tests.factories import House

pytestmark = pytest.mark.django_db


def made(house: House, *items: ItemDraft) -> DeploymentRequest:
    return services.create_request(
        actor=house.cast.developer, application=house.claims, environment=house.production, items=items
    )


def digest(house: House, *items: ItemDraft) -> str:
    return made(house, *items).content_digest


@pytest.fixture
def line(house: House) -> ItemDraft:
    return ItemDraft(component=house.claims_web, version=house.version(house.claims_web))


@pytest.fixture
def step(house: House) -> ItemDraft:
    return ItemDraft(kind=ItemKind.MANUAL, title="Stop payouts", instructions="Call 4417.", anchor=0)


def test_two_requests_with_the_same_content_have_the_same_digest(
    house: House, line: ItemDraft, step: ItemDraft
) -> None:
    assert digest(house, line, step) == digest(house, line, step)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Stop all payouts"},
        {"instructions": "Call 4418."},
        {"placement": ItemPlacement.BEFORE},
        {"anchor": None},
        {"team": "billing"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_part_of_a_manual_step_is_content(
    house: House, line: ItemDraft, step: ItemDraft, change: dict[str, object]
) -> None:
    if "team" in change:
        change = {"team": house.cast.billing}
    assert digest(house, line, replace(step, **change)) != digest(house, line, step)  # type: ignore[arg-type]


def test_version_kind_order_and_environment_are_content(
    house: House, line: ItemDraft, step: ItemDraft
) -> None:
    newer = house.version(house.claims_web, "2.0.1")
    free = replace(step, anchor=None)
    found = {
        digest(house, line),
        digest(house, replace(line, version=newer)),
        digest(house, replace(line, kind=ItemKind.REDEPLOY)),
        digest(house, line, free),
        digest(house, free, line),
    }
    assert len(found) == 5
    request = made(house, line)
    request.environment = house.acceptance
    assert content_digest(request) not in found


def test_an_artifact_that_is_another_one_is_other_content(house: House, line: ItemDraft) -> None:
    request = made(house, line)
    request.items.get().version.component.versions.update(digest="sha256:swapped")
    assert content_digest(DeploymentRequest.objects.get(pk=request.pk)) != request.content_digest


def test_title_note_wish_release_features_and_durations_are_not_content(
    house: House, line: ItemDraft, step: ItemDraft
) -> None:
    request = made(house, line, step)
    before = request.content_digest
    changes = RequestChanges(
        title="Other",
        note="Other",
        release=house.release,
        features=[house.photos],
        wish_from=clock.now() + timedelta(days=1),
        items=[line, replace(step, expected_s=1200)],
    )
    services.edit_request(actor=house.cast.developer, request=request, changes=changes)
    assert DeploymentRequest.objects.get(pk=request.pk).content_digest == before
    assert request.items.get(kind=ItemKind.MANUAL).expected_s == 1200
