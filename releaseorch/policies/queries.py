"""Policies as pages and the API show them: what counts, what will, what did; one with its versions and people."""

from dataclasses import dataclass
from functools import partial

from django.db.models import F, Q, QuerySet

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.policies import people, slots
from releaseorch.policies.models import ApprovalPolicy
from releaseorch.policies.services import may_reach
from releaseorch.policies.slots import SlotSpec

MOST_OVER = 50


@dataclass(frozen=True)
class Policies:
    """All versions: those that count now, those that will, the newest ones that don't any more."""

    now: tuple[ApprovalPolicy, ...]
    ahead: tuple[ApprovalPolicy, ...]
    over: tuple[ApprovalPolicy, ...]


@dataclass(frozen=True)
class PolicyDetail:
    """A version, its slots with the people who could fill them, and all versions of its name, the newest first."""

    policy: ApprovalPolicy
    slots: tuple[tuple[SlotSpec, tuple[Person, ...]], ...]
    versions: tuple[ApprovalPolicy, ...]

    @property
    def newest(self) -> ApprovalPolicy:
        return self.versions[0]

    @property
    def goes_on(self) -> bool:
        """Whether it can be changed or ended: it counts, or will."""
        return not self.newest.is_over


def with_slots(rows: QuerySet[ApprovalPolicy]) -> QuerySet[ApprovalPolicy]:
    return rows.select_related("environment", "application").prefetch_related("slots__team", "rules")


def policies() -> Policies:
    """Each with its slots and its rules; twelve queries at most."""
    rows = with_slots(ApprovalPolicy.objects.all())
    now = clock.now()
    return Policies(
        tuple(with_slots(slots.in_force()).order_by("subject", "environment__rank", "name")),
        tuple(
            one for one in rows.filter(valid_from__gt=now).order_by("valid_from", "name") if not one.is_over
        ),
        tuple(
            rows.filter(Q(valid_until__lte=now) | Q(valid_until=F("valid_from"))).order_by(
                "-valid_until", "-pk"
            )[:MOST_OVER]
        ),
    )


def policy_detail(policy_id: int) -> PolicyDetail | None:
    """One version in full, None when there is none; nine queries."""
    found = (
        with_slots(ApprovalPolicy.objects.select_related("application__team")).filter(pk=policy_id).first()
    )
    if found is None:
        return None
    specs = slots.specs_of(found)
    asked = [people.Asked(spec, partial(may_reach, policy=found)) for spec in specs]
    versions = with_slots(ApprovalPolicy.objects.filter(name_key=found.name_key)).order_by("-version")
    named = zip(specs, people.who_could(asked), strict=True)
    return PolicyDetail(found, tuple((spec, tuple(ones)) for spec, ones in named), tuple(versions))
