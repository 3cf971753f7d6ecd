"""The register of chores that the housekeeper does over and over; each repairs from rows what a message lost."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Chore:
    """`work()` returns how many things it mended; it is harmless when two housekeepers run it at once.

    One that waits for servers of others is done `apart`, in a thread of its own: it holds up no other chore.
    While it mends nothing the pauses grow to `idle`. What `only_if` says no to isn't done: several chores may ask the
    same, and are answered once in a round.
    """

    name: str
    every: float  # seconds
    work: Callable[[], int]
    apart: bool = False
    idle: float = 0.0  # seconds; at least `every`
    only_if: Callable[[], bool] | None = None

    def pause(self, last: float, mended: bool) -> float:
        """Seconds until the next round, after one that came so long after the one before."""
        return self.every if mended else min(max(2 * last, self.every), max(self.idle, self.every))


_chores: dict[str, Chore] = {}


def register(
    name: str,
    every: float,
    work: Callable[[], int],
    *,
    apart: bool = False,
    idle: float = 0.0,
    only_if: Callable[[], bool] | None = None,
) -> None:
    _chores[name] = Chore(name, every, work, apart, idle, only_if)


def chores() -> list[Chore]:
    return list(_chores.values())
