"""The register of chores that the housekeeper does over and over; each repairs from rows what a message lost."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """`work()` returns how many things it mended; it is harmless when two housekeepers run it at once.

    One that waits for servers of others is done `apart`, in a thread of its own: it holds up no other chore.
    """

    name: str
    every: float  # seconds
    work: Callable[[], int]
    apart: bool = False


_chores: dict[str, Chore] = {}


def register(name: str, every: float, work: Callable[[], int], *, apart: bool = False) -> None:
    _chores[name] = Chore(name, every, work, apart)


def chores() -> list[Chore]:
    return list(_chores.values())
