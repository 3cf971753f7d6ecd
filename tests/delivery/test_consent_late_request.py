"""Filing late is possible: it is marked, and a release manager lets it in before anybody approves it."""

from datetime import timedelta

import pytest
from django.utils.timezone import localtime

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import board_queries, checks, request_facts, services
from releaseorch.delivery.drafts import RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.features import services as features
from releaseorch.features.states import MilestoneKind
from releaseorch.waiting.models import Interval
from tests.doors.request_verbs import late
from tests.factories import House, ReleaseFactory
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
WHY = "The law changes on Saturday."


def close_filing(house: House, release=None) -> None:
    features.set_release_milestones(
        actor=house.cast.release_manager, release=release or house.release,
        milestones={MilestoneKind.FILING: clock.now() - timedelta(hours=1)},
    )  # fmt: skip


def waits_for(request: DeploymentRequest) -> str:
    return Interval.objects.get(subject_kind="request", subject_id=request.pk, ended_at=None).sentence


def verdicts(request: DeploymentRequest) -> list[str]:
    read = request_facts.with_subjects(DeploymentRequest.objects.filter(pk=request.pk)).get()
    subject = request_facts.subject_of(read)
    return [one.tone for one in checks.checks_of(subject) if "filed late" in one.sentence]


def test_what_is_filed_late_waits_for_consent_then_for_approval(house: House) -> None:
    request = late(house)
    assert request.late_since is not None and verdicts(request) == ["blocked"]
    assert waits_for(request) == "Filed late: waits for a release manager to let it in."
    with pytest.raises(NotAllowed, match="It was filed late: filing closed at"):
        services.approve_request(actor=house.cast.second_manager, request=request)
    services.consent_late_request(actor=house.cast.release_manager, request=request, reason=WHY)
    assert Event.objects.get(verb="request.late_consented").reason == WHY
    assert waits_for(request).startswith("Waits for the approval") and verdicts(request) == ["warn"]
    services.approve_request(actor=house.cast.second_manager, request=request)
    assert request.state == RequestState.APPROVED and request.late_since is not None


def test_what_was_filed_in_time_is_never_late(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    with clock.at(clock.now() + timedelta(hours=2)):
        close_filing(house)
    request.refresh_from_db()
    with pytest.raises(Conflict, match="needs nobody's consent"):
        services.consent_late_request(actor=house.cast.release_manager, request=request, reason=WHY)
    services.send_back_request(actor=house.cast.release_manager, request=request, reason=WHY)
    services.submit_request(actor=house.cast.developer, request=request)
    assert request.late_since is None and verdicts(request) == []


def test_nobody_lets_in_their_own_and_everybody_needs_a_reason(house: House) -> None:
    close_filing(house)
    own = request_in_state(house, RequestState.SUBMITTED, requester=house.cast.second_manager)
    with pytest.raises(NotAllowed, match="Nobody lets in what they filed late themselves"):
        services.consent_late_request(actor=house.cast.second_manager, request=own, reason=WHY)
    with pytest.raises(NotAllowed, match="A robot decides nothing"):
        services.consent_late_request(actor=house.cast.robot, request=own, reason=WHY)
    with pytest.raises(Invalid):
        services.consent_late_request(actor=house.cast.release_manager, request=own, reason=" ")
    services.consent_late_request(actor=house.cast.release_manager, request=own, reason=WHY)
    with pytest.raises(Conflict, match="needs nobody's consent"):
        services.consent_late_request(actor=house.cast.release_manager, request=own, reason=WHY)


def test_another_release_is_no_way_around(house: House) -> None:
    closed = ReleaseFactory(name="2026.3")
    close_filing(house, closed)
    request = request_in_state(house, RequestState.SUBMITTED)
    services.edit_request(actor=house.cast.developer, request=request, changes=RequestChanges(release=closed))
    assert request.late_since is not None
    approved = request_in_state(house, RequestState.APPROVED)
    with pytest.raises(Invalid, match=r"Filing for 2026\.3 is over"):
        services.edit_request(
            actor=house.cast.developer, request=approved, changes=RequestChanges(release=closed)
        )


def test_the_board_marks_it(house: House, door) -> None:
    request = late(house)
    board = board_queries.board(house.release)
    assert board is not None
    lines = [entry.line for entry in board.lines if entry.line is not None]
    assert [line.request.pk for line in lines if line.request.late_since] == [request.pk]
    assert (
        ">late</span>" in door(house.cast.outsider).get(f"/board?release={house.release.pk}").content.decode()
    )


def verbs_of(request: DeploymentRequest) -> list[str]:
    told = Event.objects.filter(subject_kind="request", subject_id=request.pk, verb__contains="marked")
    return list(told.order_by("id").values_list("verb", flat=True))


def test_a_cut_off_that_moves_judges_anew_what_is_not_approved(house: House, door) -> None:
    approved, waits, let_in = (
        request_in_state(house, state) for state in ("approved", "submitted", "submitted")
    )
    draft, client = request_in_state(house, "draft"), door(house.cast.release_manager)
    hour, now = timedelta(hours=1), clock.now()

    def move(to) -> str:
        house.release.refresh_from_db()
        typed = {"filing": localtime(to).strftime("%Y-%m-%dT%H:%M"), "version": house.release.row_version}
        return client.post(f"/releases/{house.release.pk}/set-cut-offs", typed, follow=True).content.decode()

    assert "2 requests are late now." in move(now - hour)
    for one in (approved, waits, let_in, draft):
        one.refresh_from_db()
    assert [one.late_since is not None for one in (approved, waits, let_in, draft)] == [
        False,
        True,
        True,
        False,
    ]
    assert waits_for(waits) == "Filed late: waits for a release manager to let it in."
    services.consent_late_request(actor=house.cast.release_manager, request=let_in, reason=WHY)
    move(now - 2 * hour)
    let_in.refresh_from_db()
    assert let_in.late_consent_by == house.cast.release_manager
    assert "2 requests aren&#x27;t late any more." in move(now + hour)
    waits.refresh_from_db()
    assert waits.late_since is None and waits_for(waits).startswith("Waits for the approval")
    assert verbs_of(waits) == ["request.marked_late", "request.unmarked_late"]
    told = Event.objects.filter(verb="release.cut_offs_set").latest("id")
    assert (told.after["became_late"], told.after["became_in_time"]) == (0, 2)


def test_what_was_moved_to_the_release_counts_as_filed_then(house: House) -> None:
    other = ReleaseFactory(name="2026.3")
    request, filed = request_in_state(house, RequestState.SUBMITTED), clock.now()
    with clock.at(filed + timedelta(hours=5)):
        services.edit_request(
            actor=house.cast.developer, request=request, changes=RequestChanges(release=other)
        )
        close_filing(house, other)
    request.refresh_from_db()
    assert request.late_since is not None
