"""The board: one line per application of the release, also with nothing filed."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.delivery import board_queries, services
from releaseorch.delivery.board_queries import Board
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Environment
from releaseorch.features import services as features
from releaseorch.features.states import FeatureStatus, MilestoneKind
from tests.factories import ApplicationFactory, House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def board(house: House) -> Board:
    found = board_queries.board(house.release)
    assert found is not None
    return found


def test_an_application_with_features_and_no_request_has_filed_nothing(house: House) -> None:
    found = board(house)
    assert found.environment == house.production
    assert [(line.application, line.line) for line in found.lines] == [
        (house.claims, None),
        (house.portal, None),
    ]
    assert [one.sentence for one in found.between] == [
        "Claims has 2 features in this release and filed nothing.",
        "Customer Portal has 1 feature in this release and filed nothing.",
    ]


def test_it_is_late_once_filing_is_closed(house: House) -> None:
    closes = clock.now() + timedelta(days=1)
    features.set_release_milestones(
        actor=house.cast.release_manager, release=house.release, milestones={MilestoneKind.FILING: closes}
    )
    assert [line.late_since for line in board(house).lines] == [None, None]
    request_in_state(house, RequestState.SUBMITTED)
    with clock.at(closes + timedelta(hours=1)):
        found = board(house)
    assert {line.application.name: line.late_since for line in found.lines} == {
        "Claims": None, "Customer Portal": closes,
    }  # fmt: skip
    (cut_off,) = found.cut_offs
    assert (cut_off.is_over, cut_off.sentence) == (True, "1 of 2 applications filed")


@pytest.mark.parametrize(
    ("state", "group"),
    [
        ("draft", "attention"), ("submitted", "attention"), ("sent_back", "attention"), ("approved", "ready"),
        ("planned", "under_way"), ("deploying", "under_way"), ("failed", "attention"), ("deployed", "done"),
    ],
)  # fmt: skip
def test_the_newest_request_decides_where_its_application_stands(
    house: House, state: str, group: str
) -> None:
    request_in_state(house, RequestState.WITHDRAWN)
    request = request_in_state(house, state)
    request_in_state(house, RequestState.REJECTED)
    line = next(line for line in board(house).lines if line.application == house.claims)
    assert line.line is not None
    assert (line.line.request, line.group, line.line.can_be_grouped) == (request, group, group == "ready")


def test_what_somebody_stopped_comes_before_what_waits_and_nothing_filed_last_until_it_is_late(
    house: House,
) -> None:
    closes = clock.now() + timedelta(days=1)
    features.set_release_milestones(
        actor=house.cast.release_manager, release=house.release, milestones={MilestoneKind.FILING: closes}
    )
    for name, state in (("A", "draft"), ("B", "submitted"), ("C", "sent_back"), ("D", "approved")):
        request = request_in_state(house, state)
        theirs = ApplicationFactory(name=name, team=house.cast.claims)
        DeploymentRequest.objects.filter(pk=request.pk).update(application=theirs)
    waiting, silent = ["C", "B", "A"], ["Claims", "Customer Portal"]
    assert [str(one.application) for one in board(house).lines] == [*waiting, *silent, "D"]
    assert "filed nothing" in board(house).between[-1].sentence
    with clock.at(closes + timedelta(hours=1)):
        found = board(house)
    assert [str(one.application) for one in found.lines] == [*silent, *waiting, "D"]
    assert "filed nothing" in found.between[0].sentence


def test_features_that_are_ready_are_counted(house: House) -> None:
    features.set_feature_status(
        actor=house.cast.developer, feature=house.photos, application=house.claims, status=FeatureStatus.READY
    )
    features.set_feature_status(
        actor=house.cast.developer,
        feature=house.photos,
        application=house.portal,
        status=FeatureStatus.DROPPED,
    )
    (line,) = board(house).lines
    assert (line.application, line.features_ready, len(line.scopes)) == (house.claims, 1, 2)


def test_what_changed_since_its_approval_is_marked(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    newer = house.version(house.claims_web, "2.0.1")
    services.edit_request(
        actor=house.cast.developer, request=request,
        changes=RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)]),
    )  # fmt: skip
    found = board(house)
    line = found.lines[0].line
    assert line is not None and line.is_changed
    assert any(one.tone == "changed" and f"#{request.pk}" in one.sentence for one in found.between)


def test_readiness_is_counted_at_a_glance(house: House) -> None:
    request_in_state(house, RequestState.SUBMITTED)
    line = board(house).lines[0].line
    assert line is not None
    assert (line.readiness.blocked, line.readiness.warn) == (0, 5)
    assert line.wait is not None
    assert line.wait.sentence == "Waits for the approval of Release management."


def test_an_environment_shows_its_open_requests(house: House) -> None:
    waiting, approved, _over = (
        request_in_state(house, one) for one in ("submitted", "approved", "withdrawn")
    )
    request_in_state(house, RequestState.APPROVED, environment=house.acceptance)
    found = board_queries.environment_board(house.production)
    assert [line.request for line in found.lines] == [waiting, approved]
    assert [line.request for line in found.group("ready")] == [approved]


def test_without_any_environment_there_is_no_board(house: House) -> None:
    Environment.objects.all().delete()
    assert board_queries.board(house.release) is None
