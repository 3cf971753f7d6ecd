"""Who can still fill the approval slots of a request or a run, by name, so that nobody has to guess whom to ask."""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind, RoleGrant
from releaseorch.delivery.approvals import SlotView

MOST_NAMED = 8


def signers_of(slots: Sequence[SlotView]) -> dict[str, list[Person]]:
    """Slot name → the people who may fill it now, by name; full slots have none. Three queries at most."""
    missing = [slot for slot in slots if slot.missing]
    if not missing:
        return {}
    grants = policy.counting().filter(role__in={slot.spec.role for slot in missing if slot.spec.role})
    held = list(grants.select_related("person").prefetch_related("team__members"))
    teams = {slot.spec.team_id for slot in missing if slot.spec.team_id is not None}
    members = list(
        Person.objects.filter(memberships__team__in=teams).prefetch_related("memberships").distinct()
    )
    return {slot.name: _fit(slot, [*_with_role(slot, held), *_in_team(slot, members)]) for slot in missing}


def sentences_of(slots: Sequence[SlotView]) -> list[str]:
    """Who can give each approval that is missing."""
    people = signers_of(slots)
    return [_sentence(slot, people[slot.name]) for slot in slots if slot.missing]


def too_few_for(slots: Sequence[SlotView]) -> list[SlotView]:
    """The slots that can't be filled by the people there are."""
    people = signers_of(slots)
    return [slot for slot in slots if len(people.get(slot.name, [])) < slot.missing]


def _sentence(slot: SlotView, people: Sequence[Person]) -> str:
    if not people:
        return _("Nobody can approve as %(slot)s now.") % {"slot": slot.name}
    names = ", ".join(person.name for person in people[:MOST_NAMED])
    if len(people) > MOST_NAMED:
        names = _("%(names)s and %(n)d more") % {"names": names, "n": len(people) - MOST_NAMED}
    return _("%(names)s can approve as %(slot)s.") % {"names": names, "slot": slot.name}


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
