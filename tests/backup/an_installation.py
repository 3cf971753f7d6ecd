"""What happens in the installation that is backed up and restored, each line of words in a process of its own.

`python … FILE` reads the lines and answers each with one of JSON; FILE is the ledger of effects, outside the database.
"""

# ruff: noqa: E402 (models need the apps)

import json
import os
import sys
import traceback
from typing import Any

import django
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connections

django.setup()

from releaseorch.accounts.models import Person
from releaseorch.audit import high_water, seals
from releaseorch.core import signs
from releaseorch.core.models import Hold, SignOfLife
from releaseorch.executors.base import Done
from releaseorch.runs import engine, housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, DeploymentRun, Evidence, Step
from releaseorch.runs.store import Claim
from tests.characters import make_cast
from tests.runs import builders as a


def migrate(effects: str) -> None:
    call_command("migrate", verbosity=0)


def begin(effects: str) -> None:
    """A run whose first step is at work while the backup is made."""
    says = ("sh", "-c", 'echo second >> "$0"', effects)
    cast = make_cast()
    run = a.running_run(
        cast.release_manager,
        a.automated("first"),
        a.automated("second", *says, after=["first"]),
        a.manual("look"),
    )
    step = a.step(run, "first")
    assert worker.claim_step(step.pk, step.token) is not None
    look = services.take_step(actor=cast.operator, step=a.step(run, "look"))
    evidence = Evidence.objects.create(step=look, note="Seen.", person=cast.operator)
    evidence.file.save("seen.txt", ContentFile(b"I saw it."))
    _seal()


def go_on(effects: str) -> None:
    """After the backup: the first step ends, the second does what it does."""
    attempt = Attempt.objects.select_related("step").get(step__key="first")
    claim = Claim(attempt.step.run_id, attempt.step_id, attempt.pk, attempt.number, attempt.token)
    assert endings.finish(claim, Done())
    a.carry_out(DeploymentRun.objects.get(), "second")
    assert Step.objects.get(key="second").state == "succeeded"
    _seal()


def _seal() -> None:
    while seals.seal_batch():
        pass
    high_water.look()


def give_a_sign(effects: str) -> None:
    signs.of_the_housekeeper()


def be_silent(effects: str) -> None:
    SignOfLife.objects.all().delete()


def work(effects: str) -> dict[str, Any]:
    """What housekeeper and workers do with whatever is there."""
    _seal()
    housekeeping.sweep()
    housekeeping.reap()
    for step in Step.objects.filter(state="ready", kind="automated"):
        engine.run_step(step.pk, step.token)
    newest = Hold.objects.order_by("-pk").first()
    return {
        "steps": dict(Step.objects.values_list("key", "state")),
        "attempts": sorted(Attempt.objects.values_list("step__key", "state")),
        "held": bool(newest and newest.is_open),
        "evidence": newest.evidence if newest else {},
        "file": Evidence.objects.exclude(file="").get().file.read().decode(),
    }


def release(effects: str) -> None:
    services.release_hold(
        actor=Person.objects.get(username="rita"), hold=Hold.objects.get(is_open=True), reason="I looked."
    )


def decide_first(effects: str) -> None:
    step = Step.objects.get(key="first")
    services.mark_done_step(actor=Person.objects.get(username="olga"), step=step, reason="It is there.")


def apart(effects: str, words: list[str]) -> str:
    """A copy of this process, which has opened nothing yet, does them; what came of it, once it has ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, json.dumps(outcome(effects, words)).encode())
        connections.close_all()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    _pid, status = os.waitpid(child, 0)
    return said if status == 0 else json.dumps({"failed": f"{words} ended with {status}. {said}"})


def outcome(effects: str, words: list[str]) -> dict[str, Any]:
    """What the last of them that says something has said, or what went wrong."""
    try:
        answers = [globals()[word](effects) for word in words]
    except BaseException:
        return {"failed": traceback.format_exc()}
    return {"ok": next((answer for answer in reversed(answers) if answer is not None), None)}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(apart(sys.argv[1], line.split()) + "\n")
        sys.stdout.flush()
