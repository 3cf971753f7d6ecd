"""Who could give the consent that a slot asks for, and whether there are enough of them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind, RoleGrant
from releaseorch.policies.slots import SlotSpec

Reaches = Callable[[RoleGrant], bool]


@dataclass(frozen=True)
class Asked:
    """A slot somewhere: which grants of its role reach there, and who is barred."""

    spec: SlotSpec
    reaches: Reaches
    barred: Collection[int] = ()


def who_could(asked: Sequence[Asked]) -> list[list[Person]]:
    """For each slot the active people who could fill it, by name; robots never do. Three queries at most."""
    if not asked:
        return []
    grants = policy.counting().filter(role__in={one.spec.role for one in asked if one.spec.role})
    held = list(grants.select_related("person").prefetch_related("team__members"))
    teams = {one.spec.team_id for one in asked if one.spec.team_id is not None}
    members = list(
        Person.objects.filter(memberships__team__in=teams).prefetch_related("memberships").distinct()
    )
    return [_fit(one, [*_with_role(one, held), *_in_team(one, members)]) for one in asked]


def first_unfilled(people: Sequence[Sequence[Person]], quorums: Sequence[int]) -> int | None:
    """The place of the first slot that can't be filled when one person never fills two; None when all can."""
    place_of: dict[int, int] = {}  # person id → the place they have
    for slot, quorum in enumerate(quorums):
        for _n in range(quorum):
            if not _given_to(slot, people, place_of, set()):
                return slot
    return None


def _given_to(
    slot: int, people: Sequence[Sequence[Person]], place_of: dict[int, int], tried: set[int]
) -> bool:
    """Find one more person for the slot, if need be by giving somebody's place to another (Kuhn's algorithm)."""
    for person in people[slot]:
        if person.pk in tried:
            continue
        tried.add(person.pk)
        taken = place_of.get(person.pk)
        if taken is None or (taken != slot and _given_to(taken, people, place_of, tried)):
            place_of[person.pk] = slot
            return True
    return False


def _with_role(one: Asked, grants: Iterable[RoleGrant]) -> Iterable[Person]:
    for grant in grants:
        if one.spec.team_id is not None or grant.role != one.spec.role or not one.reaches(grant):
            continue
        if grant.person is not None:
            yield grant.person
        if grant.team is not None:
            yield from grant.team.members.all()


def _in_team(one: Asked, members: Iterable[Person]) -> Iterable[Person]:
    for person in members:
        if any(membership.team_id == one.spec.team_id for membership in person.memberships.all()):
            yield person


def _fit(one: Asked, people: Iterable[Person]) -> list[Person]:
    """Active people whom nothing bars, each once."""
    found = {
        person.pk: person
        for person in people
        if person.is_active and person.kind == PersonKind.HUMAN and person.pk not in one.barred
    }
    return sorted(found.values(), key=lambda person: (person.name, person.pk))
