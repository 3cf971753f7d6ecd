"""Policies in the browser: what counts, what will, what was; made, changed, ended; refusals keep what was typed."""

from datetime import timedelta

import pytest

from releaseorch.accounts.models import Team
from releaseorch.core import clock
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.policies.models import ApprovalPolicy
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
NEW = {
    "name": "Money",
    "subject": "request",
    "slot_1_who": "role:qa_lead",
    "slot_1_quorum": "1",
    "slot_1_name": "",
}


def local(moment) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def test_an_administrator_makes_changes_and_ends_a_policy(house: House, door) -> None:
    client = door(house.cast.administrator)
    assert "New policy" in client.get("/policies").content.decode()
    made = client.post("/policies/new", {**NEW, "environment": house.production.pk}, follow=True)
    text = made.content.decode()
    assert "A request is approved by 1 × QA lead." in text and "Quinn Abara" in text and "Production" in text
    policy = ApprovalPolicy.objects.get()
    assert policy.slots.get().name == "QA lead"

    form = client.get(f"/policies/{policy.pk}/edit").content.decode()
    assert 'value="role:qa_lead" selected' in form and "Save as version 2" in form
    then = clock.now() + timedelta(days=3)
    changed = client.post(
        f"/policies/{policy.pk}/edit",
        {"slot_1_who": f"team:{house.cast.billing.pk}", "slot_1_quorum": "1", "slot_1_name": "", "version": 1,
         "reason": "Billing wants a word.", "valid_from": local(then)}, follow=True,
    )  # fmt: skip
    assert "Omar Haddad" in changed.content.decode()
    listed = client.get("/policies").content.decode()
    assert "From a later day on" in listed and "A request is approved by 1 × Billing." in listed
    assert "A request is approved by 1 × QA lead." in listed

    newest = ApprovalPolicy.objects.latest("version")
    client.post(f"/policies/{newest.pk}/retire", {"reason": "Not after all.", "version": 2})
    assert "2 versions that count no more" in client.get("/policies").content.decode()
    assert "This policy has ended." in client.get(f"/policies/{policy.pk}").content.decode()


def test_a_policy_that_nobody_can_satisfy_comes_back_as_typed(house: House, door) -> None:
    client = door(house.cast.administrator)
    answer = client.post("/policies/new", {**NEW, "slot_1_who": "role:security", "slot_1_name": "The vault"})
    text = answer.content.decode()
    assert answer.status_code == 422 and not ApprovalPolicy.objects.exists()
    assert "Nobody could ever approve as The vault" in text
    assert 'value="role:security" selected' in text and 'value="The vault"' in text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"slot_1_who": ""}, "A policy asks for one slot at least, or demands a rule."),
        ({"slot_1_who": "role:king"}, "Select a valid choice"),
        ({"slot_1_quorum": "0"}, "greater than or equal to 1"),
        ({"slot_1_quorum": "many"}, "Enter a whole number."),
        ({"valid_from": "2026-13-01T00:00"}, "Enter a valid date/time."),
        ({"valid_from": "2020-01-01T00:00"}, "This is over; a policy changes from now on, or later."),
        ({"name": ""}, "This field is required."),
        ({"environment": "99999"}, "Select a valid choice"),
        (
            {"slot_2_who": "role:qa_lead", "slot_2_quorum": "1", "slot_2_name": "B"},
            "Two slots ask for QA lead",
        ),
    ],
)
def test_what_cannot_be_taken_is_said(house: House, door, typed: dict[str, str], sentence: str) -> None:
    answer = door(house.cast.administrator).post("/policies/new", {**NEW, **typed})
    assert answer.status_code == 422 and sentence in answer.content.decode()
    assert not ApprovalPolicy.objects.exists()


def test_whoever_may_not_is_told_and_offered_nothing(house: House, door) -> None:
    client = door(house.cast.release_manager)
    assert "New policy" not in client.get("/policies").content.decode()
    assert client.post("/policies/new", NEW).status_code == 403


def test_among_hundreds_of_teams_one_is_named(house: House, door) -> None:
    Team.objects.bulk_create(
        Team(name=f"Crew {n}", slug=f"crew-{n}", name_key=f"crew {n}") for n in range(MOST_OFFERED)
    )
    client = door(house.cast.administrator)
    form = client.get("/policies/new").content.decode()
    assert "Crew 7" not in form and "Or a team" in form
    client.post("/policies/new", {**NEW, "slot_1_who": "", "slot_1_team": "billing"})
    slot = ApprovalPolicy.objects.get().slots.get()
    assert slot.team == house.cast.billing and slot.name == "Billing"
    again = client.get(f"/policies/{slot.policy_id}/edit").content.decode()
    assert 'name="slot_1_team" value="Billing"' in again
    both = client.post("/policies/new", {**NEW, "name": "Both", "slot_1_team": "Billing"})
    assert both.status_code == 422 and "needs either a role or a team" in both.content.decode()
    nobody = client.post("/policies/new", {**NEW, "name": "None", "slot_1_who": "", "slot_1_team": "Nobody"})
    assert nobody.status_code == 422 and ApprovalPolicy.objects.count() == 1


def test_rules_are_chosen_by_their_door_and_said_in_words(house: House, door) -> None:
    client = door(house.cast.administrator)
    asked = {"name": "Careful", "subject": "request", "environment": house.production.pk}
    rules = {"rule_ran_before": "submit", "rule_soaked": "start", "rule_soaked_hours": "24"}
    made = client.post("/policies/new", {**asked, **rules}, follow=True).content.decode()
    assert "What it demands" in made and "from submitting on" in made
    assert "Each version has been in the environment before for 24 hours" in made
    policy = ApprovalPolicy.objects.get()
    form = client.get(f"/policies/{policy.pk}/edit").content.decode()
    assert 'value="submit" selected' in form and 'value="24"' in form
    listed = client.get("/policies").content.decode()
    assert "Each version ran in the environment before; it blocks from submitting on." in listed
    there = client.get(f"/environments/{house.production.pk}").content.decode()
    assert "it blocks when its run starts." in there and "1 × Release manager" in there


def test_a_rule_without_its_hours_comes_back_as_typed(house: House, door) -> None:
    client = door(house.cast.administrator)
    answer = client.post("/policies/new", {**NEW, "rule_soaked": "start", "rule_ran_before": "approve"})
    text = answer.content.decode()
    assert answer.status_code == 422 and not ApprovalPolicy.objects.exists()
    assert "Say for how many hours" in text and 'value="approve" selected' in text


def test_hours_without_a_door_are_not_dropped(house: House, door) -> None:
    answer = door(house.cast.administrator).post("/policies/new", {**NEW, "rule_soaked_hours": "24"})
    text = answer.content.decode()
    assert answer.status_code == 422 and not ApprovalPolicy.objects.exists()
    assert "Choose from which door the rule blocks" in text and 'value="24"' in text


def test_a_refused_submit_says_which_policy_demands_what(house: House, door) -> None:
    rules = {"name": "Careful", "subject": "request", "rule_ran_before": "submit"}
    door(house.cast.administrator).post("/policies/new", rules)
    request = request_in_state(house, "draft")
    client = door(house.cast.developer)
    page = client.get(f"/requests/{request.pk}").content.decode()
    assert "claims-web 2.0.0 never ran in Acceptance. Careful demands it." in page
    answer = client.post(f"/requests/{request.pk}/submit", {"version": request.row_version})
    assert answer.status_code == 403 and "Careful demands it." in answer.content.decode()
    assert DeploymentRequest.objects.get().state == "draft"
