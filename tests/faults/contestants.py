"""What racers do: each function is called in its own process, with ids only."""

from django.conf import settings
from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.transitions import go
from releaseorch.executors import base
from releaseorch.runs import engine, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.engine.poller import poller
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.store import Claim


def _person(pk: int) -> Person:
    return Person.objects.get(pk=pk)


def shorten(engine_settings: dict[str, float]) -> None:
    """From now on this process works with these leases."""
    settings.ENGINE = engine_settings


def claim(step_id: int, token: int) -> int | None:
    found = worker.claim_step(step_id, token)
    return found.attempt_id if found else None


def work(step_id: int, token: int) -> None:
    engine.run_step(step_id, token)


def begin_and_let_go(step_id: int, token: int) -> None:
    """As a worker with a poller does, without the first moments."""
    worker.STAYS_S = 0.0
    engine.run_step(step_id, token, poller)


def reattach_and_let_go(attempt_id: int, token: int) -> None:
    worker.STAYS_S = 0.0
    engine.reattach_step(attempt_id, token, poller)


def hand_over() -> None:
    poller.close()


def reattach(attempt_id: int, token: int) -> None:
    engine.reattach_step(attempt_id, token)


def take_orphan(attempt_id: int, token: int) -> Claim | None:
    found = worker.take_orphan(attempt_id, token)
    return found.claim if found else None


def finish(held: Claim, result: str) -> bool:
    made = base.Done() if result == "Done" else getattr(base, result)("said in the race")
    return endings.finish(held, made)


def take(step_id: int, person_id: int) -> str:
    return services.take_step(actor=_person(person_id), step=Step.objects.get(pk=step_id)).owner.name


def say_done(step_id: int, person_id: int) -> str:
    step = Step.objects.get(pk=step_id)
    return str(services.done_step(actor=_person(person_id), step=step, note="Looked at it.").state)


def decide(step_id: int, person_id: int, kind: str) -> str:
    step = Step.objects.get(pk=step_id)
    getattr(services, f"{kind}_step")(actor=_person(person_id), step=step, reason="Looked at it.")
    return kind


def start(run_id: int, person_id: int) -> int:
    return services.start_run(actor=_person(person_id), run=DeploymentRun.objects.get(pk=run_id)).pk


def steer(run_id: int, person_id: int, verb: str) -> str:
    run = DeploymentRun.objects.get(pk=run_id)
    getattr(services, verb)(actor=_person(person_id), run=run, reason="In the race.")
    return verb


def steer_or_claim(pk: int, person_or_token: int, verb: str) -> object:
    return steer(pk, person_or_token, verb) if verb else claim(pk, person_or_token)


def approve(run_id: int, person_id: int, seen: int) -> bool:
    """What every approval does: transition, guarded save and audit event in one transaction."""
    run, person = DeploymentRun.objects.get(pk=run_id), _person(person_id)
    run.check_version(seen)
    with transaction.atomic():
        go(run, "approve")
        run.save()
        events.record(actor=person, verb="run.approved", subject=run)
    return True
