"""What the benchmark asks of each of the three, and how it waits for them."""

import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from django.conf import settings

from benchmarks._engine import stamps
from benchmarks._engine.shapes import Shape
from releaseorch.launcher.processes import Child, Lifeline, stop

LONGEST_S = 300.0
READY_S = 30.0


@dataclass(frozen=True)
class Place:
    """Where a system works: its database, its broker, its folder."""

    database_url: str
    broker_url: str
    folder: Path

    @property
    def stamps(self) -> Path:
        return self.folder / "stamps"

    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "CELERY_BROKER_URL": self.broker_url,
            "PYTHONPATH": f"{self.folder}{os.pathsep}{settings.BASE_DIR}",
            stamps.FILE: str(self.stamps),
        }


class System(ABC):
    """One way to carry out a shape; entered once, then asked for each round."""

    name: str

    def __init__(self, place: Place) -> None:
        self.place = place
        self.stack = ExitStack()

    def __enter__(self) -> "System":
        self.place.folder.mkdir()
        self.begin()
        return self

    def __exit__(self, *_broken: object) -> None:
        self.stack.close()

    @abstractmethod
    def begin(self) -> None:
        """Make tables and start workers."""

    @abstractmethod
    def write(self, shape: Shape) -> Callable[[], None]:
        """Write the runs; what is returned starts them."""

    @abstractmethod
    def ended_at(self) -> float | None:
        """Seconds since 1970 when the last step of the last shape was written as done; None before."""

    def carry_out(self, shape: Shape) -> tuple[float, list[float]]:
        """Seconds from the start to the end of all runs, and the hops between steps in milliseconds."""
        start = self.write(shape)
        stamps.taken_from(self.place.stamps)
        began = time.time()
        start()
        ended = awaited(self.ended_at, f"{self.name} didn't end {shape.name}")
        found = stamps.taken_from(self.place.stamps)
        if len(found) != shape.all_steps:
            raise RuntimeError(f"{self.name} did {len(found)} of {shape.all_steps} steps of {shape.name}.")
        return ended - began, stamps.hops_ms(found)

    def children(self, programs: Mapping[str, list[str]]) -> list[Child]:
        """Processes that end with this system."""
        return self.stack.enter_context(running(programs, self.place))


def awaited(ask: Callable[[], float | None], says: str, seconds: float = LONGEST_S) -> float:
    until = time.monotonic() + seconds
    while (answer := ask()) is None:
        if time.monotonic() > until:
            raise RuntimeError(f"{says} within {seconds:g} s.")
        time.sleep(0.05)
    return answer


@contextmanager
def running(
    programs: Mapping[str, list[str]], place: Place, more: Mapping[str, str] | None = None
) -> Iterator[list[Child]]:
    """Inside, these run, with `more` in their environment."""
    lifeline = Lifeline()
    started = [
        Child(
            name,
            [sys.executable, *program],
            lifeline,
            env={**place.env(), **(more or {})},
            log=place.folder / f"{name}.log",
            folder=settings.BASE_DIR,
        )
        for name, program in programs.items()
    ]
    try:
        yield started
    finally:
        stop(started, 5)
        lifeline.close()


def await_workers(app: Celery, number: int, started: list[Child]) -> None:
    """Until so many workers answer."""
    until = time.monotonic() + READY_S
    while len(app.control.ping(timeout=0.5)) < number:
        if time.monotonic() > until or any(child.code() is not None for child in started):
            raise RuntimeError("The workers don't answer. " + "".join(child.tail() for child in started))
