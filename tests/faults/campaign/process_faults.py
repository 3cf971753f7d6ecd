"""Processes are killed, or stand still and go on."""

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator

from tests.faults.campaign import points
from tests.faults.campaign.plant import Fault, Faults, Plant, Program, children_of
from tests.faults.campaign.servers import Away

STILL_S = 90.0  # beyond the lease and the grace


def at_work(plant: Plant) -> set[int]:
    """The processes that hold an attempt now, by the rows."""
    with contextlib.suppress(Away):
        rows = plant.database.rows(
            "SELECT DISTINCT pid FROM runs_attempt WHERE state = 'running' AND person_id IS NULL"
        )
        return {row["pid"] for row in rows}
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
            points.hit(plant.folder, "worker killed", pid=program.pid)
            return
        yield 0.1


def kill_pool_child(plant: Plant, dice: random.Random) -> Fault:
    """A process of a pool that is at work; its main process lives on."""
    for _try in range(80):
        if found := [pid for program, pid in busy(plant) if pid != program.pid]:
            os.kill(dice.choice(found), signal.SIGKILL)
            points.hit(plant.folder, "pool child killed")
            return
        yield 0.05


def kill_of(role: str) -> Callable[[Plant, random.Random], Fault]:
    def kill(plant: Plant, dice: random.Random) -> Fault:
        yield 0.0
        if found := [program for program in plant.of(role) if program.is_alive]:
            program = dice.choice(found)
            os.kill(program.pid, signal.SIGKILL)
            points.hit(plant.folder, f"{role} killed", pid=program.pid)

    return kill


def stop_worker(plant: Plant, dice: random.Random) -> Fault:
    """It stands still beyond its lease, and goes on as if nothing had been."""
    for _try in range(40):
        if found := list(busy(plant)):
            program, pid = dice.choice(found)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                yield plant.pace(STILL_S)
                points.hit(plant.folder, "worker stopped beyond its lease", pid=pid, of=program.name)
                os.kill(pid, signal.SIGCONT)
            return
        yield 0.1


def of(plant: Plant) -> Faults:
    found: Faults = {
        "worker killed": kill_worker,
        "web killed": kill_of("web"),
        "housekeeper killed": kill_of("housekeeper"),
        "worker stopped beyond its lease": stop_worker,
    }
    if any("prefork" in program.argv for program in plant.of("worker")):
        found["pool child killed"] = kill_pool_child
    return found
