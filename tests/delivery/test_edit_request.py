"""Editing a request: what keeps the approvals, what makes them fall, and who may."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import approvals, services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.runs.states import RunState
from tests.factories import House, ReleaseFactory
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def other_version(house: House) -> RequestChanges:
    version, _ = house.claims_web.versions.get_or_create(text="2.0.1", defaults={"digest": "sha256:21"})
    return RequestChanges(items=[ItemDraft(component=house.claims_web, version=version)])


def test_another_version_makes_the_approvals_fall_and_tells_the_difference(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    services.edit_request(actor=house.cast.developer, request=request, changes=other_version(house))
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.state, request.revision) == (RequestState.SUBMITTED, 2)
    assert approvals.missing(approvals.slots_of_request(request)) == 1
    event = Event.objects.get(verb="request.edited")
    assert (event.before["items"], event.after["items"]) == (["claims-web 2.0.0"], ["claims-web 2.0.1"])
    assert event.after["content_changed"] and event.after["approvals_fell"]


def test_title_note_release_and_features_keep_the_approvals(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    changes = RequestChanges(title="Other", note="Other", release=ReleaseFactory(), features=[house.payouts])
    services.edit_request(actor=house.cast.developer, request=request, changes=changes)
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert request.state == RequestState.APPROVED
    assert [one.feature for one in request.features.all()] == [house.payouts]
    assert Event.objects.get(verb="request.edited").after["content_changed"] is False


def test_another_environment_makes_the_approvals_fall(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    changes = RequestChanges(environment=house.acceptance)
    services.edit_request(actor=house.cast.developer, request=request, changes=changes)
    assert request.state == RequestState.SUBMITTED


def test_what_is_given_again_unchanged_keeps_rows_and_approvals(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    item = request.items.get()
    changes = RequestChanges(items=[ItemDraft(component=item.component, version=item.version)])
    services.edit_request(actor=house.cast.developer, request=request, changes=changes)
    assert request.state == RequestState.APPROVED
    assert request.items.get().pk == item.pk


def test_the_draft_of_a_run_goes_on_without_the_edited_request(house: House) -> None:
    request, other = (
        request_in_state(house, RequestState.APPROVED, items=lines) for lines in (None, by_hand())
    )
    run = run_in_state(house, RunState.DRAFT, requests=[request, other])
    request = DeploymentRequest.objects.get(pk=request.pk)
    services.edit_request(actor=house.cast.developer, request=request, changes=other_version(house))
    assert DeploymentRequest.objects.get(pk=request.pk).run is None
    assert DeploymentRequest.objects.get(pk=other.pk).run == run


@pytest.mark.parametrize("state", [RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED])
def test_a_fixed_plan_is_unlocked_when_the_content_of_its_request_changes(
    house: House, state: RunState
) -> None:
    request, other = (
        request_in_state(house, RequestState.APPROVED, items=lines) for lines in (None, by_hand())
    )
    run = run_in_state(house, state, requests=[request, other])
    request = DeploymentRequest.objects.get(pk=request.pk)
    services.edit_request(actor=house.cast.developer, request=request, changes=other_version(house))
    run.refresh_from_db()
    request, other = (DeploymentRequest.objects.get(pk=one.pk) for one in (request, other))
    assert (run.state, request.state, other.state) == (
        RunState.DRAFT, RequestState.SUBMITTED, RequestState.APPROVED,
    )  # fmt: skip
    assert (request.run, other.run) == (None, run)
    assert Event.objects.filter(verb="run.unlocked", subject_id=run.pk).count() == 1


def test_a_new_title_leaves_a_fixed_plan_alone(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    run = run_in_state(house, RunState.APPROVED, requests=[request])
    request = DeploymentRequest.objects.get(pk=request.pk)
    services.edit_request(actor=house.cast.developer, request=request, changes=RequestChanges(title="Other"))
    run.refresh_from_db()
    assert (run.state, request.state) == (RunState.APPROVED, RequestState.PLANNED)


def test_an_edit_that_is_refused_changes_nothing(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    foreign = ItemDraft(component=house.billing_api, version=house.version(house.billing_api))
    with pytest.raises(Invalid):
        services.edit_request(
            actor=house.cast.developer,
            request=request,
            changes=RequestChanges(title="Other", items=[foreign]),
        )
    kept = DeploymentRequest.objects.get(pk=request.pk)
    assert (kept.title, kept.state, str(kept.items.get())) == ("", RequestState.APPROVED, "claims-web 2.0.0")


def test_what_is_in_approval_keeps_one_line(house: House) -> None:
    for state in (RequestState.SUBMITTED, RequestState.APPROVED):
        request = request_in_state(house, state)
        with pytest.raises(Invalid, match="keeps one line at least"):
            services.remove_item(actor=house.cast.developer, request=request, item=request.items.get())
        assert request.items.count() == 1


def test_a_stale_edit_is_a_conflict(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    seen = request.row_version
    services.edit_request(actor=house.cast.developer, request=request, changes=RequestChanges(title="First"))
    with pytest.raises(Conflict):
        services.edit_request(
            actor=house.cast.teammate, request=request, seen=seen, changes=RequestChanges(title="Second")
        )
    again = DeploymentRequest.objects.get(pk=request.pk)
    assert again.title == "First"


def test_two_who_read_the_same_row_do_not_overwrite_each_other(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    stale = DeploymentRequest.objects.get(pk=request.pk)
    services.edit_request(actor=house.cast.developer, request=request, changes=RequestChanges(title="First"))
    with pytest.raises(Conflict):
        services.edit_request(actor=house.cast.teammate, request=stale, changes=other_version(house))
    assert str(DeploymentRequest.objects.get(pk=request.pk).items.get()) == "claims-web 2.0.0"


@pytest.mark.parametrize("who", ["outsider", "auditor", "other_developer", "release_manager", "operator"])
def test_a_draft_is_worked_on_by_its_team_only(house: House, who: str) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    with pytest.raises(NotAllowed):
        services.edit_request(
            actor=getattr(house.cast, who), request=request, changes=RequestChanges(title="Mine now")
        )


def test_a_team_member_works_on_the_draft_too(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    services.edit_request(actor=house.cast.teammate, request=request, changes=RequestChanges(title="Ours"))
    assert request.title == "Ours"


def by_hand() -> list[ItemDraft]:
    return [ItemDraft(kind=ItemKind.MANUAL, title="Tell the desk")]
