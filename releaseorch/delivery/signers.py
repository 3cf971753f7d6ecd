"""Who can still fill the approval slots of a request or a run, by name, so that nobody has to guess whom to ask."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind, RoleGrant
from releaseorch.core import clock
from releaseorch.delivery.approvals import SlotView


def signers_of(slots: Sequence[SlotView]) -> dict[str, list[Person]]:
    """Slot name → the people who may fill it now, by name; full slots have none. Three queries."""
    missing = [slot for slot in slots if slot.missing]
    now = clock.now()
    grants = RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now),
        role__in={slot.spec.role for slot in missing if slot.spec.role},
        valid_from__lte=now,
    )
    held = list(grants.select_related("person").prefetch_related("team__members"))
    teams = {slot.spec.team_id for slot in missing if slot.spec.team_id is not None}
    members = list(
        Person.objects.filter(memberships__team__in=teams).prefetch_related("memberships").distinct()
    )
    return {slot.name: _fit(slot, [*_with_role(slot, held), *_in_team(slot, members)]) for slot in missing}


def _with_role(slot: SlotView, grants: Iterable[RoleGrant]) -> Iterable[Person]:
    for grant in grants:
        if (
            slot.spec.team_id is not None
            or grant.role != slot.spec.role
            or not policy.reaches(grant, slot.scope)
        ):
            continue
        if grant.person is not None:
            yield grant.person
        if grant.team is not None:
            yield from grant.team.members.all()


def _in_team(slot: SlotView, members: Iterable[Person]) -> Iterable[Person]:
    for person in members:
        if any(one.team_id == slot.spec.team_id for one in person.memberships.all()):
            yield person


def _fit(slot: SlotView, people: Iterable[Person]) -> list[Person]:
    """Active people whom nothing bars, each once."""
    found = {
        person.pk: person
        for person in people
        if person.is_active and person.kind == PersonKind.HUMAN and person.pk not in slot.barred
    }
    return sorted(found.values(), key=lambda person: (person.name, person.pk))
