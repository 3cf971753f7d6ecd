"""What is done to a campaign; each fault writes down that it hit."""

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator

import psycopg

from tests.faults.campaign import points
from tests.faults.campaign.plant import Plant, Program, children_of

Fault = Iterator[float]

# Each row of the crash table in docs/engine.md, by the role of who dies there.
CRASHES = (
    "web.request.approved.before-commit",
    "web.run.approved.before-commit",
    "web.run.started.before-commit",
    "web.run.started.after-commit",
    "web.before-publish",
    "web.before-answer",
    "worker.received",
    "worker.claim.before-commit",
    "worker.claim.after-commit",
    "worker.intent.after-commit",
    "worker.before-effect",
    "worker.in-effect",
    "worker.after-effect",
    "worker.finish.before-commit",
    "worker.finish.after-commit",
    "worker.before-publish",
    "housekeeper.finish.before-commit",
    "housekeeper.finish.after-commit",
    "housekeeper.seal.before-commit",
)
# Nobody orders these. A step that kills whoever looks at it is tried four times; one that kills whoever carries it out,
# once.
ALWAYS = {"poison.check": 4, "poison.effect": 1, "two people at once": 5}
RARE = {"postgres down": 1, "redis down": 1}
# Beyond the lease and the grace; and as long as a minute is at the real times.
STILL_S, DOWN_S = 9.0, 6.0


def times(name: str, each: int) -> int:
    """How often it must hit; what takes everybody's time is done less often."""
    return min(each, RARE.get(name, each))


def by_role() -> list[list[str]]:
    """The crash points of web, of workers and of housekeepers: who dies for one keeps nobody from another's."""
    roles = dict.fromkeys(name.partition(".")[0] for name in CRASHES)
    return [[name for name in CRASHES if name.startswith(f"{role}.")] for role in roles]


def hit(plant: Plant, name: str, **said: object) -> None:
    points.write_down(plant.folder / "hits", {"point": name, **said})


def at_work(plant: Plant) -> set[int]:
    """The processes that hold an attempt now, by the rows."""
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(plant.postgres.url) as database:
        found = database.execute(
            "SELECT DISTINCT pid FROM runs_attempt WHERE state = 'running' AND person_id IS NULL"
        )
        return {row[0] for row in found}
    return set()


def busy(plant: Plant) -> Iterator[tuple[Program, int]]:
    """Each worker at work, with the process that holds the attempt: itself, or one of its pool."""
    holders = at_work(plant)
    for program in plant.of("worker"):
        for pid in (program.pid, *children_of(program.pid)):
            if program.is_alive and pid in holders:
                yield program, pid


def kill_worker(plant: Plant, dice: random.Random) -> Fault:
    """The main process of a worker that is at work."""
    for _try in range(40):
        if found := list(busy(plant)):
            program, _pid = dice.choice(found)
            os.kill(program.pid, signal.SIGKILL)
            hit(plant, "worker killed", pid=program.pid)
            return
        yield 0.1


def kill_pool_child(plant: Plant, dice: random.Random) -> Fault:
    """A process of a pool that is at work; its main process lives on."""
    for _try in range(80):
        if found := [pid for program, pid in busy(plant) if pid != program.pid]:
            os.kill(dice.choice(found), signal.SIGKILL)
            hit(plant, "pool child killed")
            return
        yield 0.05


def kill_of(role: str) -> Callable[[Plant, random.Random], Fault]:
    def kill(plant: Plant, dice: random.Random) -> Fault:
        yield 0.0
        if found := [program for program in plant.of(role) if program.is_alive]:
            program = dice.choice(found)
            os.kill(program.pid, signal.SIGKILL)
            hit(plant, f"{role} killed", pid=program.pid)

    return kill


def stop_worker(plant: Plant, dice: random.Random) -> Fault:
    """It stands still beyond its lease, and goes on as if nothing had been."""
    for _try in range(40):
        if found := list(busy(plant)):
            program, pid = dice.choice(found)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                yield STILL_S
                hit(plant, "worker stopped beyond its lease", pid=pid, of=program.name)
                os.kill(pid, signal.SIGCONT)
            return
        yield 0.1


def restart_postgres(plant: Plant, dice: random.Random) -> Fault:
    yield 0.0
    plant.postgres.kill()
    hit(plant, "postgres stopped")
    plant.postgres.start()


def postgres_down(plant: Plant, dice: random.Random) -> Fault:
    """For longer than a lease lasts."""
    plant.postgres.kill()
    hit(plant, "postgres down")
    yield DOWN_S
    plant.postgres.start()


def kill_redis(plant: Plant, dice: random.Random) -> Fault:
    """It forgets what it held."""
    yield 0.0
    plant.redis.kill()
    hit(plant, "redis killed")
    plant.redis.start()


def redis_down(plant: Plant, dice: random.Random) -> Fault:
    plant.redis.kill()
    hit(plant, "redis down")
    yield DOWN_S
    plant.redis.start()


def flush_redis(plant: Plant, dice: random.Random) -> Fault:
    yield 0.0
    if plant.redis.say(b"FLUSHALL").startswith(b"+OK"):
        hit(plant, "redis flushed")


def corrupt_message(plant: Plant, dice: random.Random) -> Fault:
    """What no worker understands lies in the queue."""
    yield 0.0
    text = dice.choice([b"\xff\xfe", b"{}", b'{"body": 7}'])
    if plant.redis.say(b"LPUSH", b"exec.default", text).startswith(b":"):
        hit(plant, "message corrupt")


def repeat_messages(plant: Plant, dice: random.Random) -> Fault:
    """For a while each message arrives five times."""
    (plant.folder / "repeat").write_text("5")
    yield 8.0
    (plant.folder / "repeat").unlink()


def old_messages(plant: Plant, dice: random.Random) -> Fault:
    """Messages for steps that were, are, and will be to be done, with tokens of all times, late and out of order."""
    from celery import current_app

    yield 0.0
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(plant.postgres.url) as database:
        steps = database.execute("SELECT id, token FROM runs_step WHERE kind = 'automated'").fetchall()
        chosen = dice.sample(steps, min(40, len(steps)))
        for step, token in chosen:
            current_app.send_task("exec.run_step", args=[step, dice.randint(0, token + 1)])
        if chosen:
            hit(plant, "messages old", number=len(chosen))


FAULTS: dict[str, Callable[[Plant, random.Random], Fault]] = {
    "worker killed": kill_worker,
    "pool child killed": kill_pool_child,
    "web killed": kill_of("web"),
    "housekeeper killed": kill_of("housekeeper"),
    "worker stopped beyond its lease": stop_worker,
    "postgres stopped": restart_postgres,
    "postgres down": postgres_down,
    "redis killed": kill_redis,
    "redis flushed": flush_redis,
    "redis down": redis_down,
    "message corrupt": corrupt_message,
    "message repeated": repeat_messages,
    "messages old": old_messages,
}
