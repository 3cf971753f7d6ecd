"""The register of chores that the housekeeper does over and over; each repairs from rows what a message lost."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """`work()` returns how many things it mended; it is harmless when two housekeepers run it at once."""

    name: str
    every: float  # seconds
    work: Callable[[], int]


_chores: dict[str, Chore] = {}


def register(name: str, every: float, work: Callable[[], int]) -> None:
    _chores[name] = Chore(name, every, work)


def chores() -> list[Chore]:
    return list(_chores.values())
