"""Proposing a run: the plan is fixed with a digest, its requests are planned, conflicts refuse."""

from html import unescape
from typing import Any

import pytest
from django.utils.html import strip_tags

from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import plan_queries, run_queries, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments.models import Installation
from releaseorch.environments.states import SourceKind
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from tests.characters import grant
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def test_a_proposed_run_has_the_digest_of_its_rows_and_a_new_round(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    services.propose_run(actor=house.cast.release_manager, run=run, seen=run.row_version)
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert (kept.state, kept.round) == (RunState.PROPOSED, 1)
    assert kept.plan_digest == plans.digest(plans.read_plan(kept))
    event = Event.objects.get(verb="run.proposed")
    assert event.after["plan"] == kept.plan_digest


def test_its_requests_are_planned_and_wait_for_it(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    request = DeploymentRequest.objects.get(run=run)
    assert request.state == RequestState.PLANNED
    wait = ledger.open_waits("request", [request.pk])[request.pk]
    assert (wait.blocker_kind, wait.blocker_id) == ("run", run.pk)
    assert "approval" in wait.sentence
    assert Event.objects.filter(verb="request.planned", subject_id=request.pk).count() == 1


def test_the_run_waits_for_the_slot_that_must_approve(house: House) -> None:
    run = run_in_state(house, RunState.PROPOSED)
    wait = ledger.open_waits("run", [run.pk])[run.pk]
    assert wait.sentence == "Waits for the approval of Release management."


def test_one_component_at_two_versions_refuses_and_names_both_requests_and_what_helps(house: House) -> None:
    requests = [
        request_in_state(
            house,
            RequestState.APPROVED,
            items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web, text))],
        )
        for text in ("2.0.0", "2.1.0")
    ]
    run = run_in_state(house, RunState.DRAFT, requests=requests)
    with pytest.raises(NotAllowed) as refused:
        services.propose_run(actor=house.cast.release_manager, run=run)
    (reason,) = refused.value.reasons
    assert all(f"#{request.pk}" in reason for request in requests)
    assert "take the other request out" in reason
    kept = DeploymentRun.objects.get(pk=run.pk)
    assert (kept.state, kept.plan_digest) == (RunState.DRAFT, "")
    assert {one.state for one in DeploymentRequest.objects.filter(run=run)} == {RequestState.APPROVED}


def test_a_version_blocked_since_refuses(house: House) -> None:
    from releaseorch.catalog import services as catalog

    run = run_in_state(house, RunState.DRAFT)
    version = house.claims_web.versions.get()
    catalog.block_version(actor=house.cast.release_manager, version=version, reason="Loses photographs.")
    with pytest.raises(NotAllowed, match="is blocked: Loses photographs"):
        services.propose_run(actor=house.cast.release_manager, run=run)


def test_a_plan_that_is_outdated_must_be_computed_again_first(house: House) -> None:
    run = run_in_state(house, RunState.DRAFT)
    older = house.version(house.claims_web, "1.9.0")
    Installation.objects.create(
        component=house.claims_web, environment=house.production, version=older, source_kind=SourceKind.HAND
    )
    run = DeploymentRun.objects.get(pk=run.pk)
    with pytest.raises(NotAllowed, match="Compute it again"):
        services.propose_run(actor=house.cast.release_manager, run=run)
    run = DeploymentRun.objects.get(pk=run.pk)
    services.replan_run(actor=house.cast.release_manager, run=run)
    services.propose_run(actor=house.cast.release_manager, run=run)
    assert run.steps.get().from_version == "1.9.0"


def test_a_plan_in_which_nothing_is_needed_is_not_proposed(house: House) -> None:
    version = house.version(house.claims_web)
    Installation.objects.create(
        component=house.claims_web, environment=house.production, version=version, source_kind=SourceKind.HAND
    )
    request = request_in_state(
        house, RequestState.APPROVED, items=[ItemDraft(component=house.claims_web, version=version)]
    )
    run = run_in_state(house, RunState.DRAFT, requests=[request])
    assert "already installed" in run.steps.get().not_needed_because
    assert not run.targets.exists()
    with pytest.raises(NotAllowed, match="Nothing is left to do"):
        services.propose_run(actor=house.cast.release_manager, run=run)


def test_deploying_the_same_again_is_needed(house: House) -> None:
    version = house.version(house.claims_web)
    Installation.objects.create(
        component=house.claims_web, environment=house.production, version=version, source_kind=SourceKind.HAND
    )
    item = ItemDraft(kind=ItemKind.REDEPLOY, component=house.claims_web, version=version)
    run = run_in_state(
        house, RunState.PROPOSED, requests=[request_in_state(house, RequestState.APPROVED, items=[item])]
    )
    assert run.steps.get().state == "pending"


def test_a_plan_says_who_may_approve_it_and_warns_when_nobody_is_left(house: House, door: Any) -> None:
    rita, sven = house.cast.release_manager, house.cast.second_manager
    run = run_in_state(house, RunState.DRAFT)
    assert told(run, rita) == ("Sven Dahl can approve as Release management.", [])
    assert "Release manager: Sven Dahl" in page_of(door(rita), run)
    services.add_step(actor=sven, run=run, title="Call them", reason="They asked.")
    consequence, warned = told(run, rita)
    assert consequence == "Nobody can approve as Release management now."
    assert warned == [
        "Too few people can approve as Release management (Release manager): "
        "who composed the plan or edited it last doesn't, and that is Rita Moreau and Sven Dahl."
    ]
    client = door(rita)
    client.post(f"/runs/{run.pk}/propose", {"version": run.row_version})
    proposed = page_of(client, run)
    assert "Proposed. Its plan is fixed and waits for approval. Nobody can approve as" in proposed
    assert "Release manager: nobody has this role here who may" in proposed
    assert "or one person alone composes the run anew" in proposed
    grant(house.cast.qa, Role.RELEASE_MANAGER)
    assert "Release manager: Quinn Abara" in page_of(door(rita), run)


def told(run: DeploymentRun, person: Person) -> tuple[str, list[str]]:
    """What the button says about approvers, and the plan's warning."""
    (propose,) = [one for one in run_queries.actions_for(run, person) if one.verb == "propose"]
    conflicts = plan_queries.plan_view(run).conflicts
    said = propose.consequence.removeprefix(
        "The plan is fixed and asks for its approval; its requests are planned. "
    )
    return said, [one.sentence for one in conflicts if one.kind == "nobody-approves"]


def page_of(client: Any, run: DeploymentRun) -> str:
    return " ".join(unescape(strip_tags(client.get(f"/runs/{run.pk}").content.decode())).split())
