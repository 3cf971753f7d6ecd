"""The buttons of a run: what each person may do in each state, or the sentence why not; services agree with them."""

import pytest

from releaseorch.core.actions import Action
from releaseorch.delivery import composing, run_queries, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.delivery.runs.stories import by_hand
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

S = RunState
EDITING = {"propose", "add_step", "add_request", "replan", "edit", "limit", "cancel", "comment"}
VERBS = {
    S.DRAFT: EDITING,
    S.PROPOSED: {"approve", "send_back", "reject", "unlock", "limit", "cancel", "comment"},
    S.APPROVED: {"start", "schedule", "unlock", "limit", "cancel", "comment"},
    S.SCHEDULED: {"start", "unlock", "limit", "cancel", "comment"},
    S.RUNNING: {"pause", "limit", "stop", "cancel", "comment"},
    S.REJECTED: {"comment"},
    S.CANCELLED: {"comment"},
}


def actions(house: House, run: DeploymentRun, who: str) -> dict[str, Action]:
    run = DeploymentRun.objects.select_related("environment", "composed_by", "edited_by").get(pk=run.pk)
    return {action.verb: action for action in run_queries.actions_for(run, getattr(house.cast, who))}


@pytest.mark.parametrize("state", VERBS)
def test_each_state_has_its_verbs(house: House, state: RunState) -> None:
    run = run_in_state(house, state)
    assert set(actions(house, run, "release_manager")) == VERBS[state]


@pytest.mark.parametrize("state", VERBS)
def test_an_outsider_sees_every_verb_with_who_may(house: House, state: RunState) -> None:
    run = run_in_state(house, state)
    found = actions(house, run, "outsider")
    assert set(found) == VERBS[state]
    assert all(not action.allowed and action.why_not for action in found.values())


def test_the_composer_may_not_approve_and_the_other_manager_may(house: House) -> None:
    run = run_in_state(house, S.PROPOSED)
    mine, theirs = (
        actions(house, run, "release_manager")["approve"],
        actions(house, run, "second_manager")["approve"],
    )
    assert (mine.allowed, mine.why_not) == (False, "You composed this run; somebody else approves it.")
    assert (theirs.allowed, theirs.label) == (True, "Approve as Release management")
    assert [field.value for field in theirs.fields if field.name == "slot"] == ["Release management"]


def test_a_draft_with_conflicts_says_them_at_the_button(house: House) -> None:
    requests = [
        request_in_state(
            house,
            RequestState.APPROVED,
            items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web, text))],
        )
        for text in ("2.0.0", "2.1.0")
    ]
    propose = actions(house, run_in_state(house, S.DRAFT, requests=requests), "release_manager")["propose"]
    assert not propose.allowed
    assert "claims-web is asked for in 2 ways" in propose.why_not


def test_a_request_can_be_taken_out_unless_it_is_the_only_one(house: House) -> None:
    manager = house.cast.release_manager
    alone = run_in_state(house, S.DRAFT)
    (only,) = composing.requests_of(alone)
    refused = run_queries.take_out_action(alone, only, manager)
    assert refused is not None
    assert "only request" in refused.why_not
    both = run_in_state(house, S.PROPOSED, requests=[by_hand(house, "One"), by_hand(house, "Two")])
    offered = run_queries.take_out_action(both, composing.requests_of(both)[0], manager)
    assert offered is not None
    assert offered.allowed
    assert "approvals fall" in offered.consequence


def test_a_list_of_runs_says_requests_applications_and_waits(house: House) -> None:
    run = run_in_state(house, S.PROPOSED, requests=[by_hand(house, "One"), by_hand(house, "Two")])
    (row,) = run_queries.runs_page().items
    assert (row.run, row.requests, row.applications) == (run, 2, ("Claims",))
    assert row.wait is not None
    assert "approval" in row.wait.sentence


def test_what_was_said_in_earlier_rounds_is_kept(house: House) -> None:
    run = run_in_state(house, S.PROPOSED)
    services.send_back_run(actor=house.cast.second_manager, run=run, reason="Claims first.")
    found = run_queries.approvals_of(run)
    assert [(one.verdict, one.comment) for one in found.history] == [("sent_back", "Claims first.")]
    assert found.slots[0].missing == 1
