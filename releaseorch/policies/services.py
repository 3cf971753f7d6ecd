"""Which approvals a request or a run needs, and how policies are made."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy as rights
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.audit import events
from releaseorch.catalog.models import Application
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Invalid
from releaseorch.environments.models import Environment
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, Subject


@dataclass(frozen=True)
class SlotSpec:
    """A consent that is needed: `quorum` people who have `role`, or who are in the team."""

    name: str
    role: str = ""
    team_id: int | None = None
    team_name: str = ""
    quorum: int = 1
    policy_name: str = ""

    @property
    def who(self) -> str:
        """Whose word it needs, for people."""
        return self.team_name if self.team_id is not None else str(Role(self.role).label)


def default_slot() -> SlotSpec:
    """What is asked for where no policy says anything: one release manager."""
    return SlotSpec(name=_("Release management"), role=Role.RELEASE_MANAGER)


def policies_for(subject: str) -> list[ApprovalPolicy]:
    """All policies about requests, or about runs, with their slots; two queries."""
    found = (
        ApprovalPolicy.objects.filter(subject=subject).prefetch_related("slots__team").order_by("name", "id")
    )
    return list(found)


def slots_for(subject: str, environment_id: int, application_ids: Collection[int]) -> list[SlotSpec]:
    """The slots that a request or a run needs there; `subject` is "request" or "run"."""
    return merged(policies_for(subject), environment_id, application_ids)


def merged(
    policies: Iterable[ApprovalPolicy], environment_id: int, application_ids: Collection[int]
) -> list[SlotSpec]:
    """The union of the slots of all policies that match; of equal roles or teams the highest quorum counts."""
    found: dict[tuple[str, int | None], SlotSpec] = {}
    for entry in policies:
        if entry.environment_id not in (None, environment_id):
            continue
        if entry.application_id is not None and entry.application_id not in application_ids:
            continue
        for slot in entry.slots.all():
            spec = SlotSpec(
                slot.name,
                slot.role,
                slot.team_id,
                slot.team.name if slot.team else "",
                slot.quorum,
                entry.name,
            )
            kept = found.setdefault((slot.role, slot.team_id), spec)
            if spec.quorum > kept.quorum:
                found[(slot.role, slot.team_id)] = replace(spec, name=kept.name)
    return _with_names_of_their_own(list(found.values())) or [default_slot()]


def _with_names_of_their_own(specs: list[SlotSpec]) -> list[SlotSpec]:
    names = [spec.name for spec in specs]
    return [
        replace(spec, name=f"{spec.name} ({spec.who})") if names.count(spec.name) > 1 else spec
        for spec in specs
    ]


@dataclass(frozen=True, kw_only=True)
class SlotDraft:
    """A slot of a policy to be made: either a role or a team."""

    name: str
    role: Role | None = None
    team: Team | None = None
    quorum: int = 1


def create_policy(
    *,
    actor: Person,
    name: str,
    subject: Subject,
    slots: Sequence[SlotDraft],
    environment: Environment | None = None,
    application: Application | None = None,
) -> ApprovalPolicy:
    """Ask for slots from now on; without environment or application in every one of them. Raises `Invalid`."""
    rights.require(actor, "policy.edit")
    made = cleaned(
        ApprovalPolicy(name=name, subject=subject, environment=environment, application=application)
    )
    _check_slots(slots)
    with transaction.atomic():
        insert(made, "name", _("There is a policy %(name)s already.") % {"name": made.name})
        ApprovalSlot.objects.bulk_create(
            cleaned(
                ApprovalSlot(
                    policy=made, name=slot.name, role=slot.role or "", team=slot.team, quorum=slot.quorum
                )
            )
            for slot in slots
        )
        events.record(
            actor=actor,
            verb="policy.created",
            subject=made,
            after={"subject": str(subject), "slots": [slot.name for slot in slots]},
            topics=["requests", "runs"],
        )
    return made


def _check_slots(slots: Sequence[SlotDraft]) -> None:
    if not slots:
        raise Invalid({"slots": _("A policy asks for one slot at least.")})
    if len({slot.name for slot in slots}) < len(slots):
        raise Invalid({"slots": _("Two slots have the same name.")})
    for slot in slots:
        if (slot.role is None) == (slot.team is None):
            raise Invalid({"slots": _("%(slot)s needs either a role or a team.") % {"slot": slot.name}})
        if slot.quorum < 1:
            raise Invalid({"slots": _("%(slot)s needs one person at least.") % {"slot": slot.name}})
