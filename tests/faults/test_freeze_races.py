"""A freeze set at the moment in which a run starts and steps of another one are claimed: none slips through."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.environments.models import Freeze
from releaseorch.runs.models import DeploymentRun
from tests.characters import Cast
from tests.factories import House
from tests.faults import freeze_contestants
from tests.faults.invariants import broken
from tests.races import Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 4


def test_freeze_start_and_claim(cast: Cast, house: House, racers: Racers) -> None:
    def run(*keys: str) -> DeploymentRun:
        steps = [a.automated(key) for key in keys]
        return a.approved_run(cast.release_manager, *steps, environment=house.production, guards=["freezes"])

    for _number in range(ROUNDS):
        under_way, starting = run("s0", "s1", "s2", "s3", "s4"), run("only")
        freeze_contestants.contestants.start(under_way.pk, cast.operator.pk)
        claims = [("claim", step.pk, step.token) for step in under_way.steps.all()]
        start = ("start", starting.pk, cast.operator.pk)
        racing = [
            *claims[:3],
            ("freeze", house.production.pk, cast.administrator.pk),
            start,
            start,
            *claims[3:],
        ]
        racers.race(freeze_contestants.freeze_start_or_claim, racing)

        laid = Freeze.objects.latest("id")
        assert a.now(under_way).begins_until == laid.starts_at
        begun = a.now(starting)
        assert (begun.state, begun.begins_until) in {("approved", None), ("running", laid.starts_at)}
        frozen_at = Event.objects.filter(verb="freeze.created").latest("id").pk
        assert not Event.objects.filter(verb="step.claimed", pk__gt=frozen_at).exists()
        assert broken() == []
        Freeze.objects.all().delete()
