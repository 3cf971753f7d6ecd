"""A server of a campaign: a real one that can be stopped, killed, and is started again when it is wanted."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from releaseorch.launcher import child

READY_S = 120.0  # what shares the machine with others may take long to start


class Away(Exception):
    """The server doesn't answer."""


class Server(ABC):
    """One server process of ours, at an address that stays when it starts again.

    `is_wanted` is taken away while it shall be down.
    """

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.is_wanted = True

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    def program(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    def options(self) -> dict[str, Any]:
        """For `Popen`."""
        return {}

    def start(self) -> None:
        self.spawn()
        until(self.answers, f"{self.name} doesn't answer", READY_S)

    def spawn(self) -> None:
        """From the main thread only: it dies with whoever starts it."""
        parent = os.getpid()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.program(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=lambda: child.die_with(parent),
                **self.options(),
            )

    def revive(self) -> None:
        """Start it again; one that can't start now, since its disk is full, is tried again later."""
        if self.is_wanted and not self.is_alive:
            self.spawn()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(READY_S)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self, words: str) -> int:
        """How many lines of its log hold these words."""
        log = (self.folder / "server.log").read_text(errors="replace")
        return sum(words in line for line in log.splitlines())


def until(what: Callable[[], object], says: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"{says} within {seconds:g} s.")
        time.sleep(0.05)
