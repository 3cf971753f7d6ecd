"""A request that is edited, withdrawn or rejected leaves the run that holds it; the run goes on as a draft."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict
from releaseorch.delivery import approvals, composing, services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.delivery.runs.stories import by_hand, now
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

HOLDING = [RunState.DRAFT, RunState.PROPOSED, RunState.APPROVED, RunState.SCHEDULED]


@pytest.mark.parametrize("state", HOLDING)
def test_a_changed_request_is_back_in_approval_and_its_run_is_a_draft_without_it(
    house: House, state: RunState
) -> None:
    changed, other = request_in_state(house, RequestState.APPROVED), by_hand(house, "Other")
    run = run_in_state(house, state, requests=[changed, other])
    newer = house.version(house.claims_web, "2.0.1")
    services.edit_request(
        actor=house.cast.developer,
        request=now(changed),
        changes=RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)]),
    )
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert (kept.state, kept.plan_digest) == (RunState.DRAFT, "")
    assert [step.title for step in kept.steps.all()] == ["Other"]
    assert (now(changed).state, now(changed).run) == (RequestState.SUBMITTED, None)
    assert (now(other).state, now(other).run) == (RequestState.APPROVED, run)
    assert approvals.missing(approvals.slots_of_run(kept)) == 1
    assert ledger.open_waits("run", [run.pk])[run.pk].sentence == "Waits for Rita Moreau to propose it."
    assert "was changed by Dana Brandt" in Event.objects.get(verb="run.request_left").reason


def test_a_change_of_the_title_leaves_the_run_alone(house: House) -> None:
    run = run_in_state(house, RunState.APPROVED)
    (request,) = composing.requests_of(run)
    services.edit_request(
        actor=house.cast.developer, request=request, changes=RequestChanges(title="Photographs")
    )
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.APPROVED
    assert now(request).state == RequestState.PLANNED


@pytest.mark.parametrize("state", HOLDING)
def test_a_withdrawn_request_leaves(house: House, state: RunState) -> None:
    gone, other = by_hand(house, "Gone"), by_hand(house, "Other")
    run = run_in_state(house, state, requests=[gone, other])
    services.withdraw_request(actor=house.cast.developer, request=now(gone), reason="Not wanted any more.")
    assert (now(gone).state, now(gone).run) == (RequestState.WITHDRAWN, None)
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert kept.state == RunState.DRAFT
    assert [step.title for step in kept.steps.all()] == ["Other"]


@pytest.mark.parametrize("state", HOLDING)
def test_a_run_whose_last_request_leaves_is_cancelled(house: House, state: RunState) -> None:
    only = by_hand(house, "Only")
    run = run_in_state(house, state, requests=[only])
    services.withdraw_request(actor=house.cast.developer, request=now(only), reason="Not wanted any more.")
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert kept.state == RunState.CANCELLED
    assert ledger.open_waits("run", [run.pk]) == {}
    assert Event.objects.get(verb="run.cancelled").reason == "Not wanted any more."


def test_a_request_of_a_running_run_is_not_changed(house: House) -> None:
    run = run_in_state(house, RunState.RUNNING)
    (request,) = composing.requests_of(run)
    newer = house.version(house.claims_web, "2.0.1")
    with pytest.raises(Conflict):
        services.edit_request(
            actor=house.cast.developer,
            request=request,
            changes=RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)]),
        )
    assert DeploymentRun.objects.get(pk=run.pk).state == RunState.RUNNING
