"""Eight processes at the same moment: exactly one winner, exactly one audit event, consistent rows."""

import pytest

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.executors.base import Unknown
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, Confirmation, Decision, DeploymentRun, RunTarget
from releaseorch.runs.store import store
from tests.characters import Cast
from tests.factories import House
from tests.faults import contestants
from tests.faults.invariants import broken
from tests.races import RACERS, Finish, Racers
from tests.runs import builders as a

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def winners(finishes: list[Finish]) -> list[object]:
    return [finish.value for finish in finishes if finish.value]


def count(verb: str) -> int:
    return Event.objects.filter(verb=verb).count()


def people(cast: Cast) -> list[Person]:
    return [cast.developer, cast.teammate, cast.operator, cast.operator] * (RACERS // 4)


def test_claim(cast: Cast, racers: Racers) -> None:
    run = a.running_run(cast.release_manager, *[a.automated(f"s{number}") for number in range(ROUNDS)])
    for number in range(ROUNDS):
        step = a.step(run, f"s{number}")
        finishes = racers.race(contestants.claim, [(step.pk, step.token)] * RACERS)
        assert len(winners(finishes)) == 1
        assert Attempt.objects.count() == count("step.claimed") == number + 1
        assert broken() == []


def test_take(cast: Cast, racers: Racers) -> None:
    keys = [f"s{number}" for number in range(ROUNDS)]
    run = a.running_run(cast.release_manager, *[a.manual(key, team_id=cast.claims.pk) for key in keys])
    for number, key in enumerate(keys):
        step = a.step(run, key)
        finishes = racers.race(contestants.take, [(step.pk, person.pk) for person in people(cast)])
        assert winners(finishes) == [a.step(run, key).owner.name]
        assert all(
            finish.value or "Look at how it stands" in finish.refused or "now" in finish.refused
            for finish in finishes
        )
        assert Attempt.objects.count() == count("step.taken") == number + 1
        assert broken() == []


def test_finish_by_hand(cast: Cast, racers: Racers) -> None:
    keys = [f"s{number}" for number in range(ROUNDS)]
    after = [a.manual(f"{key}-next", after=[key]) for key in keys]
    run = a.running_run(cast.release_manager, *[a.manual(key) for key in keys], *after)
    for number, key in enumerate(keys):
        step = services.take_step(actor=cast.operator, step=a.step(run, key))
        finishes = racers.race(contestants.say_done, [(step.pk, cast.operator.pk)] * RACERS)
        assert winners(finishes) == ["succeeded"]
        assert count("step.done") == number + 1
        assert a.step(run, f"{key}-next").state == "ready"
        assert broken() == []


def test_one_attempt_reported_in_many_ways(cast: Cast, racers: Racers) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("tell", after=["deploy"]))
    step = a.step(run, "deploy")
    claim = worker.claim_step(step.pk, step.token)
    kinds = ["Done", "Failed", "Errored", "Unknown"] * (RACERS // 4)
    racers.race(contestants.finish, [(claim, kind) for kind in kinds])
    attempt = a.last_attempt(run, "deploy")
    assert attempt.late_report is not None
    assert attempt.late_report["outcome"] != attempt.state or attempt.state == "unknown"
    assert count("step.succeeded") + count("step.needs_decision") == 1
    assert broken() == []


def test_the_last_steps_of_a_run_end_at_the_same_moment(cast: Cast, racers: Racers) -> None:
    for number in range(ROUNDS):
        keys = [f"s{racer}" for racer in range(RACERS)]
        run = a.running_run(cast.release_manager, *[a.automated(key) for key in keys])
        claims = [worker.claim_step(step.pk, step.token) for step in (a.step(run, key) for key in keys)]
        finishes = racers.race(contestants.finish, [(claim, "Done") for claim in claims])
        assert all(finish.value for finish in finishes)
        assert a.now(run).state == "succeeded"
        assert count("run.succeeded") == number + 1
        assert broken() == []


def test_predecessors_that_end_at_the_same_moment_make_the_successor_ready_once(
    cast: Cast, racers: Racers
) -> None:
    keys = [f"s{racer}" for racer in range(RACERS)]
    run = a.running_run(
        cast.release_manager, *[a.automated(key) for key in keys], a.automated("last", after=keys)
    )
    claims = [worker.claim_step(step.pk, step.token) for step in (a.step(run, key) for key in keys)]
    racers.race(contestants.finish, [(claim, "Done") for claim in claims])
    last = a.step(run, "last")
    assert (last.state, last.open_predecessors) == ("ready", 0)
    assert broken() == []


def test_decide(cast: Cast, racers: Racers) -> None:
    kinds = ["retry", "skip", "take_over", "mark_done", "mark_failed", "retry", "skip", "take_over"]
    for number in range(ROUNDS):
        run = a.running_run(cast.release_manager, a.manual("check"), a.manual("tell", after=["check"]))
        step = services.take_step(actor=cast.operator, step=a.step(run, "check"))
        services.failed_step(actor=cast.operator, step=step, note="Blank page.")
        finishes = racers.race(contestants.decide, [(step.pk, cast.operator.pk, kind) for kind in kinds])
        assert winners(finishes) == [Decision.objects.latest("id").kind]
        assert Decision.objects.count() == number + 1
        assert broken() == []


def test_second_person(cast: Cast, house: House, racers: Racers) -> None:
    """Asked by one of many, answered by one of many: one attempt more, or none."""
    managers = [cast.release_manager.pk, cast.second_manager.pk] * (RACERS // 2)
    answers = ["confirm", "confirm", "decline", "confirm", "skip", "confirm", "mark_done", "decline"]
    for number in range(ROUNDS):
        run = a.running_run(cast.release_manager, a.automated("deploy"), environment=house.production)
        step = a.step(run, "deploy")
        claim = worker.claim_step(step.pk, step.token)
        assert claim is not None and store().record_intent(claim, 60)
        endings.finish(claim, Unknown("The worker went silent."))
        askers = [(step.pk, person, "retry") for person in [cast.operator.pk] * RACERS]
        assert winners(racers.race(contestants.decide, askers)) == ["retry"]
        assert count("step.second_person_asked") == number + 1
        racing = [(step.pk, person, kind) for person, kind in zip(managers, answers, strict=True)]
        (won,) = winners(racers.race(contestants.decide, racing))
        assert Confirmation.objects.latest("id").state == {"confirm": "confirmed", "decline": "declined"}.get(
            won, "lapsed"
        )
        assert a.states(run)["deploy"] == {
            "confirm": "ready", "decline": "needs_decision", "skip": "skipped", "mark_done": "succeeded",
        }[won]  # fmt: skip
        assert broken() == []


def test_approve(cast: Cast, racers: Racers) -> None:
    for number in range(ROUNDS):
        run = a.draft_run(cast.release_manager, a.manual("check"))
        run.propose()
        run.save()
        racing = [(run.pk, cast.second_manager.pk, run.row_version)] * RACERS
        assert winners(racers.race(contestants.approve, racing)) == [True]
        assert a.now(run).state == "approved"
        assert count("run.approved") == number + 1


def test_start_of_two_runs_that_overlap(cast: Cast, house: House, racers: Racers) -> None:
    def run() -> DeploymentRun:
        component = house.claims_web
        version, _ = component.versions.get_or_create(text="2.1.0")
        return a.approved_run(
            cast.release_manager, a.installing("deploy", version), environment=house.production
        )

    for number in range(ROUNDS):
        pair = [run(), run()]
        finishes = racers.race(
            contestants.start, [(one.pk, cast.operator.pk) for one in pair] * (RACERS // 2)
        )
        (winner,) = winners(finishes)
        assert {one.pk: a.now(one).state for one in pair} == {
            one.pk: "running" if one.pk == winner else "approved" for one in pair
        }
        assert count("run.started") == number + 1
        assert RunTarget.objects.filter(is_active=True).count() == 1
        assert any("holds claims-web in Production" in finish.refused for finish in finishes)
        assert broken() == []
        services.stop_run(
            actor=cast.release_manager, run=a.now(DeploymentRun(pk=winner)), reason="Next round."
        )


def test_pause_stop_cancel_and_claim(cast: Cast, racers: Racers) -> None:
    verbs = ["pause_run", "stop_run", "cancel_run", "pause_run"]
    for _number in range(ROUNDS):
        run = a.running_run(cast.release_manager, *[a.automated(f"s{n}") for n in range(4)], a.manual("tell"))
        steering = [(run.pk, cast.release_manager.pk, verb) for verb in verbs]
        steps = [a.step(run, f"s{n}") for n in range(4)]
        racers.race(contestants.steer_or_claim, [*steering, *[(step.pk, step.token, "") for step in steps]])
        assert broken() == []
        assert a.now(run).state in {"paused", "stopped", "cancelling", "cancelled"}
