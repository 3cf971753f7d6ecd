"""Messages come five times, late, in another order, from another time, and as nonsense."""

import contextlib
import random
from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from tests.faults.campaign import messages, points
from tests.faults.campaign.brokers import Redis
from tests.faults.campaign.plant import Fault, Faults, Plant
from tests.faults.campaign.servers import Away

QUEUE = "exec.default"
TASK = "exec.run_step"
LATE_S = 60.0  # the sweep has sent what is held a second time by then
GATHERS_S = 3.0
BROKER_AWAY = (OperationalError, OSError, TimeoutError)
# What no worker understands, and what it does but can't be meant.
NONSENSE = (
    b"\xff\xfe",
    b"{}",
    b'[7, {}, {"chord": 1}]',
    b'[["a", "b"], {}, {}]',
    b"[[-1, -1], {}, {}]",
    b"[[1], {}, {}]",
)


def corrupt_message(plant: Plant, dice: random.Random) -> Fault:
    yield 0.0
    body, task = dice.choice(NONSENSE), dice.choice([TASK, "exec.unknown", ""])
    headers: dict[str, Any] = {"task": task, "id": str(dice.random()), "lang": "py"} if task else {}
    with contextlib.suppress(*BROKER_AWAY), current_app.connection_for_write() as link:
        link.Producer().publish(
            body, routing_key=QUEUE, exchange=QUEUE, headers=headers, content_type="application/json",
            content_encoding="utf-8", declare=[current_app.amqp.queues[QUEUE]], retry=False,
        )  # fmt: skip
        points.hit(plant.folder, "message corrupt", task=task, body=str(body))


def garbage_in_redis(plant: Plant, dice: random.Random) -> Fault:
    """Not even a message."""
    yield 0.0
    text = dice.choice([b"\xff\xfe", b"{}", b'{"body": 7}'])
    assert isinstance(plant.broker, Redis)
    if plant.broker.say(b"LPUSH", QUEUE.encode(), text).startswith(b":"):
        points.hit(plant.folder, "queue corrupt")


def repeat_messages(plant: Plant, dice: random.Random) -> Fault:
    """For a while each message arrives five times."""
    (plant.folder / "repeat").write_text("5")
    yield 8.0
    (plant.folder / "repeat").unlink()


def delay_messages(plant: Plant, dice: random.Random) -> Fault:
    """What is sent in a while arrives when nobody waits for it any more."""
    hold = plant.folder / "hold"
    hold.touch()
    yield GATHERS_S
    hold.unlink()
    yield plant.pace(LATE_S)
    if number := _let_go(plant):
        points.hit(plant.folder, "messages delayed", number=number)


def reorder_messages(plant: Plant, dice: random.Random) -> Fault:
    """What is sent in a moment arrives the other way round."""
    hold = plant.folder / "hold"
    hold.touch()
    for _try in range(10):
        yield 0.3
        if len(list((plant.folder / "held").iterdir())) > 1:
            break
    hold.unlink()
    if (number := _let_go(plant, backwards=True)) > 1:
        points.hit(plant.folder, "messages reordered", number=number)


def _let_go(plant: Plant, *, backwards: bool = False) -> int:
    try:
        return messages.let_go(plant.folder, backwards=backwards)
    except BROKER_AWAY:
        return 0


def old_messages(plant: Plant, dice: random.Random) -> Fault:
    """Messages for steps that were, are, and will be to be done, with tokens of all times, late and out of order."""
    yield 0.0
    with contextlib.suppress(Away, *BROKER_AWAY):
        steps = plant.database.rows("SELECT id, token FROM runs_step WHERE kind = 'automated'")
        chosen = dice.sample(steps, min(40, len(steps)))
        for step in chosen:
            args = [step["id"], dice.randint(0, step["token"] + 1)]
            current_app.send_task(TASK, args=args)
        if chosen:
            points.hit(plant.folder, "messages old", number=len(chosen))


def of(plant: Plant) -> Faults:
    found: Faults = {
        "message corrupt": corrupt_message,
        "message repeated": repeat_messages,
        "messages delayed": delay_messages,
        "messages reordered": reorder_messages,
        "messages old": old_messages,
    }
    if isinstance(plant.broker, Redis):
        found["queue corrupt"] = garbage_in_redis
    return found
