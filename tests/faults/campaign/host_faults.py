"""What a host does to the processes on it: a wrong clock, a full disk."""

import contextlib
import random
from collections.abc import Callable

from tests.faults.campaign import clocks, points
from tests.faults.campaign.databases import Postgres
from tests.faults.campaign.disks import Disk
from tests.faults.campaign.plant import Fault, Faults, Plant
from tests.faults.campaign.servers import Away

WRONG_BY_S = 600.0
WRONG_FOR_S, FULL_FOR_S = 8.0, 4.0
PIECES = 10
FULL = "No space left on device"
CANT_WRITE = ("database or disk is full", "disk I/O error")


def wrong_clock(name: str, by_s: float) -> Callable[[Plant, random.Random], Fault]:
    """One process of those that write has it for a while; it hits when something is written meanwhile."""

    def go_wrong(plant: Plant, dice: random.Random) -> Fault:
        file = clocks.file_of(plant.folder, dice.choice(plant.programs).name)
        file.write_text(str(by_s))
        order = plant.folder / "orders" / name
        order.touch()
        yield WRONG_FOR_S
        order.unlink(missing_ok=True)
        file.write_text("0")

    return go_wrong


def full_state_disk(plant: Plant, dice: random.Random) -> Fault:
    """Where scripts keep their files; it hits when one was to begin meanwhile."""
    last = _last_script(plant)
    yield from _full(plant.disks["state"])
    if _last_script(plant) > last:
        points.hit(plant.folder, "disk of the scripts full")


def full_only_disk(plant: Plant, dice: random.Random) -> Fault:
    """Where SQLite's file and the scripts are; it hits when somebody could not write to the one."""
    before = sum(map(plant.said, CANT_WRITE))
    yield from _full(plant.disks["state"])
    if sum(map(plant.said, CANT_WRITE)) > before:
        points.hit(plant.folder, "only disk full")


def _last_script(plant: Plant) -> int:
    with contextlib.suppress(Away):
        rows = plant.database.rows(
            "SELECT MAX(attempt.id) AS last FROM runs_attempt attempt"
            " JOIN runs_step step ON step.id = attempt.step_id WHERE step.executor = 'shell'"
        )
        return rows[0]["last"] or 0
    return 0


def full_database_disk(plant: Plant, dice: random.Random) -> Fault:
    """It hits when the server says so. One that gave up comes back when there is room."""
    assert isinstance(plant.database, Postgres)
    before = plant.database.said(FULL)
    yield from _full(plant.disks["database"])
    if plant.database.said(FULL) > before:
        points.hit(plant.folder, "disk of the database full")


def _full(disk: Disk) -> Fault:
    """Whatever is freed is taken again."""
    for _piece in range(PIECES):
        disk.fill()
        yield FULL_FOR_S / PIECES
    disk.empty()


def of(plant: Plant) -> Faults:
    found: Faults = {
        clocks.AHEAD: wrong_clock(clocks.AHEAD, WRONG_BY_S),
        clocks.BEHIND: wrong_clock(clocks.BEHIND, -WRONG_BY_S),
    }
    if "database" not in plant.disks:
        return {**found, "only disk full": full_only_disk}
    return {
        **found,
        "disk of the scripts full": full_state_disk,
        "disk of the database full": full_database_disk,
    }
