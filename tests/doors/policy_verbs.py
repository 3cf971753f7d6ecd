"""The verbs of policies."""

from typing import Any

from releaseorch.accounts.roles import Role
from releaseorch.policies import services
from releaseorch.policies.models import ApprovalPolicy, Rule, Stage, Subject
from releaseorch.policies.services import RuleDraft, SlotDraft
from tests.doors.master_data import made
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

ADMINISTRATOR = "administrator"
QA = SlotDraft(name="QA", role=Role.QA_LEAD)
SOAK = RuleDraft(rule=Rule.SOAKED, blocks_from=Stage.PROPOSE, hours=24)
TWO = SlotDraft(name="Two managers", role=Role.RELEASE_MANAGER, quorum=2)
TWO_TYPED = {"slot_1_who": "role:release_manager", "slot_1_quorum": 2, "slot_1_name": "Two managers"}


def money(house: House) -> ApprovalPolicy:
    return services.create_policy(
        actor=house.cast.administrator, name="Money", subject=Subject.REQUEST, environment=house.production,
        slots=[QA],
    )  # fmt: skip


def latest(_start: Any) -> ApprovalPolicy:
    return ApprovalPolicy.objects.filter(name="Money").latest("version")


def write_next(call: Call) -> ApprovalPolicy:
    return services.edit_policy(actor=call.person, policy=call.subject, slots=[TWO], reason=WHY, seen=1)


POLICY_VERBS = [
    made(
        "policy", ADMINISTRATOR, lambda house: house.production, services.create_policy,
        lambda call: {
            "name": "Money", "subject": Subject.REQUEST, "environment": call.house.production, "slots": [QA],
            "rules": [SOAK],
        },
        latest, page_path="/policies/new", api_path="policies",
        page=lambda call: {
            "name": "Money", "subject": "request", "environment": call.house.production.pk,
            "slot_1_who": "role:qa_lead", "slot_1_quorum": 1, "slot_1_name": "QA",
            "rule_soaked": "propose", "rule_soaked_hours": 24,
        },
        api=typed(
            name="Money", subject="request", environment="production", slots=[{"name": "QA", "role": "qa_lead"}],
            rules=[{"rule": "soaked", "blocks_from": "propose", "hours": 24}],
        ),
    ),
    Verb(
        "policy.edit", "policy.edited", ADMINISTRATOR, money, write_next, found=latest, unguarded=True,
        page_path="/policies/{pk}/edit", api_path="policies/{pk}", api_method="patch",
        page=typed(**TWO_TYPED, reason=WHY, version=1),
        api=typed(
            slots=[{"name": "Two managers", "role": "release_manager", "quorum": 2}], reason=WHY, version=1
        ),
    ),
    Verb(
        "policy.retire", "policy.retired", ADMINISTRATOR, money,
        lambda call: services.retire_policy(actor=call.person, policy=call.subject, reason=WHY, seen=1),
        unguarded=True, page_path="/policies/{pk}/retire", api_path="policies/{pk}/retire",
        page=typed(reason=WHY, version=1), api=typed(reason=WHY, version=1),
    ),
]  # fmt: skip
