"""Keeps the children of one installation running and stops them all: with us, and at the latest five seconds after."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from releaseorch.launcher import processes
from releaseorch.launcher.console import Refusal, warn
from releaseorch.launcher.processes import Child, Lifeline

# Web closes open streams within 3 s; the shims kill at 3.5 s; with the broker and the sweep all is over before 5 s.
ASK_SECONDS = 3.8
BROKER_SECONDS = 0.4
LAST_SECONDS = 0.4
LOOK_EVERY = 0.2
QUICK_DEATH = 30.0
MOST_QUICK_DEATHS = 3


class Stopped(Exception):
    """A person or the system asked us to stop."""


class Supervisor:
    """Starts children by name; `run` blocks, restarts what dies, and raises Stopped when asked to stop."""

    def __init__(self, state_dir: Path, env: dict[str, str]) -> None:
        self.state_dir = state_dir
        self.env = {**env, "RELEASEORCH_STATE_DIR": str(state_dir), processes.SUPERVISED: str(state_dir)}
        self.lifeline = Lifeline()
        self._starters: dict[str, Callable[[], Child]] = {}
        self._running: dict[str, Child] = {}
        self._begun: dict[str, float] = {}
        self._quick_deaths: dict[str, int] = {}

    def spawn(self, name: str, program: list[str], folder: Path, *, grace: float = 3.5) -> Child:
        log = self.state_dir / "logs" / f"{name}.log"
        return Child(name, program, self.lifeline, env=self.env, log=log, folder=folder, grace=grace)

    def keep(self, name: str, starter: Callable[[], Child], running: Child | None = None) -> Child:
        """Starts the child (or adopts a running one) and restarts it whenever it dies."""
        self._starters[name] = starter
        self._running[name] = running or starter()
        self._begun[name] = time.monotonic()
        return self._running[name]

    def child(self, name: str) -> Child:
        return self._running[name]

    def once(self, child: Child) -> None:
        """Waits for a child that does its work and ends; raises Refusal when it fails."""
        self._running[child.name] = child
        while child.code() is None:
            child.wait(LOOK_EVERY)
            self.check()
        del self._running[child.name]
        if child.code():
            raise Refusal(died(child))

    def check(self) -> None:
        """Raises Refusal when a kept child died before all was ready."""
        for name in self._starters:
            if self._running[name].code() is not None:
                raise Refusal(died(self._running[name]))

    def run(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            for name in list(self._starters):
                if self._running[name].code() is not None:
                    self._restart(name)

    def _restart(self, name: str) -> None:
        child = self._running[name]
        quick = time.monotonic() - self._begun[name] < QUICK_DEATH
        self._quick_deaths[name] = self._quick_deaths.get(name, 0) + 1 if quick else 1
        if self._quick_deaths[name] > MOST_QUICK_DEATHS:
            raise Refusal(died(child))
        warn(f"  {name} ended (exit code {child.code()}): starting it again. Log: {child.log}")
        self._running[name] = self._starters[name]()
        self._begun[name] = time.monotonic()

    def stop(self) -> None:
        """Everything but the broker first, since the others say goodbye to it; then what is left of anything."""
        with deaf():
            broker = [child for name, child in self._running.items() if name == "broker"]
            processes.stop([child for child in self._running.values() if child not in broker], ASK_SECONDS)
            processes.stop(broker, BROKER_SECONDS)
            # Scripts of running steps know only the lifeline: they end when it does.
            left = processes.supervised(self.state_dir, self.lifeline)
            self.lifeline.close()
            processes.outlast(left, LAST_SECONDS)


def died(child: Child) -> str:
    return (
        f"{child.name} ended with exit code {child.code()}; its last lines in {child.log}:\n{child.tail()}\n"
        "Start again; with --fresh when the state directory is of another version."
    )


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """INT, TERM and HUP raise Stopped in here, wherever it is."""

    def ask(number: int, frame: FrameType | None) -> None:
        raise Stopped

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, ask) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def deaf() -> Iterator[None]:
    """A second Ctrl-C while stopping must not leave half of it running."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
