"""Which approvals a request or a run needs: the slots of all policies that match and count now, merged."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.roles import Role
from releaseorch.core import clock
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot


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


def in_force() -> QuerySet[ApprovalPolicy]:
    """The versions that count at this moment."""
    now = clock.now()
    return ApprovalPolicy.objects.filter(Q(valid_until=None) | Q(valid_until__gt=now), valid_from__lte=now)


def policies_for(subject: str) -> list[ApprovalPolicy]:
    """What counts now of requests, or of runs, with its slots and its rules; three queries, one where none counts."""
    slots = Prefetch("slots", ApprovalSlot.objects.select_related("team"))
    rows = in_force().filter(subject=subject).prefetch_related(slots, "rules")
    return list(rows.order_by("name", "id"))


def slots_for(subject: str, environment_id: int, application_ids: Collection[int]) -> list[SlotSpec]:
    """The slots that a request or a run needs there; `subject` is "request" or "run"."""
    return merged(policies_for(subject), environment_id, application_ids)


def merged(
    policies: Iterable[ApprovalPolicy], environment_id: int, application_ids: Collection[int]
) -> list[SlotSpec]:
    """What these policies, read with their slots, ask for there: the union of the slots of all that match."""
    return union(
        spec for entry in matching(policies, environment_id, application_ids) for spec in specs_of(entry)
    )


def matching(
    policies: Iterable[ApprovalPolicy], environment_id: int, application_ids: Collection[int]
) -> list[ApprovalPolicy]:
    """Those that are about one of these applications in this environment."""
    return [
        entry
        for entry in policies
        if entry.environment_id in (None, environment_id)
        and (entry.application_id is None or entry.application_id in application_ids)
    ]


def specs_of(policy: ApprovalPolicy) -> list[SlotSpec]:
    """Its slots, which were read with it and their teams."""
    return [
        SlotSpec(
            slot.name, slot.role, slot.team_id, slot.team.name if slot.team else "", slot.quorum, policy.name
        )
        for slot in policy.slots.all()
    ]


def union(specs: Iterable[SlotSpec]) -> list[SlotSpec]:
    """Each role and each team once, of equal ones the highest quorum; the usual slot where there is none."""
    found: dict[tuple[str, int | None], SlotSpec] = {}
    for spec in specs:
        kept = found.setdefault((spec.role, spec.team_id), spec)
        if spec.quorum > kept.quorum:
            found[(spec.role, spec.team_id)] = replace(spec, name=kept.name)
    return _with_names_of_their_own(list(found.values())) or [default_slot()]


def _with_names_of_their_own(specs: list[SlotSpec]) -> list[SlotSpec]:
    names = [spec.name for spec in specs]
    return [
        replace(spec, name=f"{spec.name} ({spec.who})") if names.count(spec.name) > 1 else spec
        for spec in specs
    ]
