"""What one person comes for: approvals, own requests, features; and nothing that isn't theirs."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.delivery import services, work_queries
from releaseorch.delivery.drafts import RequestChanges
from releaseorch.delivery.states import RequestState
from releaseorch.environments import inventory
from releaseorch.environments.states import SourceKind
from releaseorch.features import services as features
from releaseorch.features.models import FeatureInVersion, FeatureScope, ReleaseFeature
from releaseorch.features.states import MilestoneKind
from releaseorch.runs.states import RunState
from tests.factories import FeatureFactory, House, ReleaseFactory
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def test_an_approver_sees_what_they_may_approve_the_nearest_deadline_first(house: House) -> None:
    without = request_in_state(house, RequestState.SUBMITTED)
    soon = request_in_state(house, RequestState.SUBMITTED)
    services.edit_request(
        actor=house.cast.developer, request=without,
        changes=RequestChanges(release=ReleaseFactory()),
    )  # fmt: skip
    closes = clock.now() + timedelta(hours=4)
    features.set_release_milestones(
        actor=house.cast.release_manager, release=house.release, milestones={MilestoneKind.APPROVAL: closes}
    )
    found = work_queries.my_work(house.cast.release_manager)
    assert [one.subject for one in found.to_approve] == [soon, without]
    assert (found.to_approve[0].deadline, found.to_approve[0].slot.name) == (closes, "Release management")
    assert found.to_approve[0].wait is not None
    assert found.needs_me == 2


def test_nobody_is_asked_to_approve_their_own_or_what_they_approved(house: House) -> None:
    request_in_state(house, RequestState.SUBMITTED, requester=house.cast.release_manager)
    assert not work_queries.my_work(house.cast.release_manager).to_approve
    assert len(work_queries.my_work(house.cast.second_manager).to_approve) == 1
    for who in (house.cast.developer, house.cast.operator, house.cast.outsider, house.cast.robot):
        assert not work_queries.my_work(who).to_approve


def test_a_proposed_run_is_to_be_approved_by_who_did_not_compose_it(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    assert [one.subject for one in work_queries.my_work(house.cast.second_manager).to_approve] == [run]
    assert not work_queries.my_work(house.cast.release_manager).to_approve


def test_my_requests_are_told_apart_by_whose_move_it_is(house: House) -> None:
    states = ["draft", "sent_back", "failed", "submitted", "approved", "planned", "deploying"]
    made = {state: request_in_state(house, state) for state in states}
    over = request_in_state(house, RequestState.WITHDRAWN)
    found = work_queries.my_work(house.cast.developer)
    assert {row.request for row in found.my_move} == {made[one] for one in states[:3]}
    assert {row.request for row in found.waiting} == {made[one] for one in states[3:]}
    assert all(row.wait is not None for row in (*found.my_move, *found.waiting))
    assert [row.request for row in found.over] == [over]
    with clock.at(clock.now() + timedelta(days=8)):
        assert not work_queries.my_work(house.cast.developer).over


def test_a_colleague_sees_what_is_under_way_in_the_team(house: House) -> None:
    request_in_state(house, RequestState.DRAFT)
    under_way = request_in_state(house, RequestState.SUBMITTED)
    found = work_queries.my_work(house.cast.teammate)
    assert [row.request for row in found.team_requests] == [under_way]
    assert found.my_move == found.waiting == ()
    assert (found.teams, found.applications) == ((house.cast.claims,), (house.claims, house.portal))


def test_a_release_manager_sees_what_is_to_be_grouped_and_their_own_drafts_of_runs(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    loose = request_in_state(house, RequestState.APPROVED)
    found = work_queries.my_work(house.cast.release_manager)
    assert [row.request for row in found.to_compose] == [loose]
    assert found.run_drafts == (run,)
    assert not work_queries.my_work(house.cast.developer).to_compose


def test_features_i_own_or_test_show_where_their_parts_have_arrived(house: House) -> None:
    house.photos.owner = house.cast.outsider
    house.photos.save()
    version = house.version(house.claims_web)
    FeatureInVersion.objects.create(version=version, feature=house.photos)
    for environment in (house.acceptance, house.development):
        inventory.install(
            actor=house.cast.operator, component=house.claims_web, environment=environment, target=None,
            version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
        )  # fmt: skip
    (feature,) = work_queries.my_work(house.cast.outsider).features
    assert (feature.is_owner, feature.is_tester) == (True, False)
    assert [arrival.environment for arrival in feature.arrived] == [house.development, house.acceptance]


def test_a_feature_i_follow_is_put_away_once_it_is_live_and_its_release_is_over(house: House) -> None:
    house.photos.owner = house.cast.outsider
    house.photos.save()
    for component in (house.claims_web, house.portal_front):
        version = house.version(component)
        FeatureInVersion.objects.create(version=version, feature=house.photos)
        (feature,) = work_queries.my_work(house.cast.outsider).features  # something is still to arrive
        inventory.install(
            actor=house.cast.operator, component=component, environment=house.production, target=None,
            version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
        )  # fmt: skip
    (feature,) = work_queries.my_work(house.cast.outsider).features  # live, of a release under way
    features.abandon_release(actor=house.cast.release_manager, release=house.release, reason="Not needed")
    found = work_queries.my_work(house.cast.outsider)
    assert (found.features, [one.feature for one in found.features_over]) == ((), [feature.feature])
    FeatureScope.objects.create(feature=house.photos, application=house.billing)
    assert work_queries.my_work(house.cast.outsider).features_over == ()


def test_each_part_shows_its_first_rows_and_says_how_many_there_are(house: House) -> None:
    made = [request_in_state(house, RequestState.SUBMITTED) for _ in range(work_queries.SHOWN + 2)]
    found = work_queries.my_work(house.cast.developer)
    assert [row.request for row in found.waiting] == made[:1:-1]
    assert (found.numbers.waiting, found.numbers.open) == (len(made), len(made))
    team = work_queries.my_work(house.cast.teammate)
    assert (len(team.team_requests), team.numbers.team_requests) == (work_queries.SHOWN, len(made))


def test_what_needs_me_is_counted_whole_and_no_kind_hides_another(house: House) -> None:
    sent_back = [
        request_in_state(house, RequestState.SENT_BACK, requester=house.cast.release_manager) for _ in "ab"
    ]
    for _ in range(5):
        request_in_state(house, RequestState.SUBMITTED)
    found = work_queries.my_work(house.cast.release_manager, now=4)
    assert (found.needs_me, found.shown_now) == (7, 4)
    assert len(found.to_approve) == 2
    assert {row.request for row in found.my_move} == set(sent_back)
    everything = work_queries.my_work(house.cast.release_manager)
    assert (everything.needs_me, everything.shown_now) == (7, 7)


def test_rows_are_dealt_to_each_kind_in_turn() -> None:
    assert work_queries.shares([50, 0, 1, 9], 10) == [5, 0, 1, 4]
    assert work_queries.shares([2, 3], 10) == [2, 3]


def test_what_failed_comes_before_what_was_sent_back_and_drafts(house: House) -> None:
    made = [request_in_state(house, state) for state in ("failed", "draft", "sent_back")]
    found = work_queries.my_work(house.cast.developer)
    assert [row.request for row in found.my_move] == [made[0], made[2], made[1]]


def test_features_of_the_nearest_release_come_first(house: House) -> None:
    soon, later = (ReleaseFactory(target_date=clock.now() + timedelta(days=n)) for n in (4, 400))
    for key, release in (("A-1", None), ("B-2", later), ("C-3", soon)):
        feature = FeatureFactory(key=key, owner=house.cast.outsider)
        if release is not None:
            ReleaseFeature.objects.create(release=release, feature=feature)
    found = work_queries.my_work(house.cast.outsider)
    assert [one.feature.key for one in found.features] == ["C-3", "B-2", "A-1"]
    assert (found.followed.number, found.followed.number_over) == (3, 0)
