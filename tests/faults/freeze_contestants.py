"""What racers do around a freeze: one sets it while others start a run and claim steps of another one."""

from datetime import timedelta

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.environments.models import Environment
from releaseorch.environments.services.freezes import create_freeze
from tests.faults import contestants


def freeze_start_or_claim(what: str, pk: int, person_or_token: int) -> object:
    if what == "freeze":
        return freeze(pk, person_or_token)
    return getattr(contestants, what)(pk, person_or_token)


def freeze(environment_id: int, person_id: int) -> int:
    now = clock.now()
    return create_freeze(
        actor=Person.objects.get(pk=person_id), environment=Environment.objects.get(pk=environment_id),
        starts_at=now, ends_at=now + timedelta(hours=1), reason="In the race.",
    ).pk  # fmt: skip
