"""What racers do with policies: each function is called in its own process, with ids only."""

from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.policies import services
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.services import SlotDraft


def make(name: str, person_id: int) -> str:
    slot = SlotDraft(name="Release management", role=Role.RELEASE_MANAGER)
    services.create_policy(
        actor=Person.objects.get(pk=person_id), name=name, subject=Subject.REQUEST, slots=[slot]
    )
    return name


def edit_or_end(policy_id: int, person_id: int, seen: int | None, what: str) -> str:
    actor, policy = Person.objects.get(pk=person_id), ApprovalPolicy.objects.get(pk=policy_id)
    if what == "end":
        services.retire_policy(actor=actor, policy=policy, reason="In the race.", seen=seen)
    else:
        slot = SlotDraft(name=what, role=Role.RELEASE_MANAGER)
        services.edit_policy(actor=actor, policy=policy, slots=[slot], reason="In the race.", seen=seen)
    return what
