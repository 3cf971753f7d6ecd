"""What racers do with people and roles: each function is called in its own process, with ids only."""

from releaseorch.accounts import services
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.services import second_factor

WHY = "In the race."


def revoke(grant_id: int, person_id: int) -> int:
    grant = RoleGrant.objects.select_related("person", "team").get(pk=grant_id)
    services.revoke_role(actor=Person.objects.get(pk=person_id), grant=grant, reason=WHY)
    return grant_id


def deactivate(leaver_id: int, person_id: int, heir_id: int) -> int:
    """The heir, when this racer's hand-over counted."""
    services.deactivate_person(
        actor=Person.objects.get(pk=person_id), person=Person.objects.get(pk=leaver_id), reason=WHY,
        rest=Person.objects.get(pk=heir_id),
    )  # fmt: skip
    return heir_id


def come_in(person_id: int, code: str) -> bool:
    """By a provider for the first time, then with a code of the phone; whether the code counted."""
    claim = services.Claim(
        "https://id.northfold.example", "subject", "dana@northfold.example", is_verified=True
    )
    person = services.log_in_by(claim)
    assert person.pk == person_id
    second_factor.prove(person, code)
    return True
