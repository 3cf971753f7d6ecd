"""Steps of many runs that are claimed and ended at once, while the limit changes: never more at work than allowed."""

import pytest

from releaseorch.environments.models import Environment
from releaseorch.runs import limits, services
from releaseorch.runs.engine import worker
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState
from tests.characters import Cast
from tests.factories import House
from tests.faults import contestants, limit_contestants
from tests.faults.invariants import broken
from tests.races import RACERS, Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def runs_in(environment: Environment, cast: Cast, count: int) -> list[DeploymentRun]:
    steps = [a.automated(f"s{number}") for number in range(6)]
    return [a.running_run(cast.release_manager, *steps, environment=environment) for _number in range(count)]


def claims(runs: list[DeploymentRun], count: int) -> list[tuple[str, object, int]]:
    """One run after the other."""
    ready = Step.objects.filter(run__in=runs, state=StepState.READY).order_by("number", "run_id")
    return [("claim", step.pk, step.token) for step in ready[:count]]


def at_work(environment: Environment) -> int:
    return limits.at_work_in(environment.pk).count()


def test_no_more_begin_than_there_are_places(cast: Cast, house: House, racers: Racers) -> None:
    here = house.acceptance
    limit_contestants.limit(here.pk, 3)
    runs = runs_in(here, cast, 4)
    racers.race(limit_contestants.claim_end_or_limit, claims(runs, RACERS))
    assert at_work(here) == 3 and broken() == []
    for _number in range(ROUNDS):
        held = [
            worker.Claim(attempt.step.run_id, attempt.step_id, attempt.pk, attempt.number, attempt.token)
            for step in limits.at_work_in(here.pk)
            for attempt in step.attempts.filter(state="running").select_related("step")
        ]
        ends = [("end", one, 0) for one in held]
        racers.race(limit_contestants.claim_end_or_limit, [*ends, *claims(runs, RACERS - len(ends))])
        assert at_work(here) <= 3 and broken() == []
        for _what, step_id, token in claims(runs, 3):
            assert isinstance(step_id, int)
            worker.claim_step(step_id, token)
        assert at_work(here) == 3, "whoever ended gave the place back"


def test_a_limit_that_changes_meanwhile(cast: Cast, house: House, racers: Racers) -> None:
    """Beside a freeze that is laid, which locks the same runs."""
    here = house.acceptance
    for at_most in (2, 4, 1):
        limit_contestants.limit(here.pk, 3)
        runs = runs_in(here, cast, 3)
        racing = [
            *claims(runs, RACERS - 3),
            ("limit", here.pk, at_most), ("freeze", here.pk, cast.administrator.pk), ("limit", here.pk, at_most),
        ]  # fmt: skip
        racers.race(limit_contestants.claim_end_or_limit, racing)
        assert broken() == []
        for step in limits.at_work_in(here.pk):
            attempt = step.attempts.get()
            held = worker.Claim(step.run_id, step.pk, attempt.pk, attempt.number, attempt.token)
            limit_contestants.claim_end_or_limit("end", held, 0)
        assert at_work(here) == 0


def test_runs_that_demand_the_whole_environment(cast: Cast, house: House, racers: Racers) -> None:
    for _number in range(ROUNDS):
        runs = [
            a.approved_run(
                cast.release_manager,
                a.automated("s"),
                environment=house.acceptance,
                is_exclusive=number % 2 == 0,
            )
            for number in range(RACERS)
        ]
        finishes = racers.race(contestants.start, [(run.pk, cast.operator.pk) for run in runs])
        begun = [run for run in runs if a.now(run).state == "running"]
        assert len(begun) == len([finish for finish in finishes if finish.value])
        assert broken() == [] and (len(begun) == 1 or not any(run.is_exclusive for run in begun))
        for run in begun:
            services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="The next race.")
