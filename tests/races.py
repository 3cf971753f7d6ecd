"""Real races: operating-system processes with their own database connections, let go by one barrier.

`Racers` starts the processes once; `race(function, arguments)` calls the function, one that can be imported, in all of
them at the same moment, and tells what each of them came to. They are forked from a process that has loaded
Django and has no connection yet (`tests.raceground`).
"""

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connection

from releaseorch.core.errors import DomainError

RACERS = 8
PATIENCE_S = 60


@dataclass(frozen=True)
class Finish:
    """What one racer came to: a value, or the sentence with which it was refused."""

    value: Any = None
    refused: str = ""


class Broken(AssertionError):
    """A racer raised what no service may raise."""


class Racers:
    """Processes that wait for races, connected to the database of this test session."""

    def __init__(self, database_name: str, count: int = RACERS) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.raceground"])
        self._barrier = context.Barrier(count)
        self._pipes: list[Connection] = []
        self.processes = []
        for _number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_wait_for_races, args=(theirs, self._barrier, database_name), daemon=True
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self.processes.append(process)

    def race(self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Finish]:
        """Call the function in every process, each with its own arguments."""
        assert len(arguments) == len(self._pipes)
        for pipe, own in zip(self._pipes, arguments, strict=True):
            pipe.send((function, own))
        return [self._answer(pipe) for pipe in self._pipes]

    def begin(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Let the one process begin and don't wait for it."""
        (pipe,) = self._pipes
        pipe.send((function, arguments))

    def answer(self) -> Finish:
        """What the one process that was begun came to."""
        return self._answer(self._pipes[0])

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self.processes:
            process.join(10)
            if process.is_alive():
                process.kill()
                process.join()

    def _answer(self, pipe: Connection) -> Finish:
        if not pipe.poll(PATIENCE_S):
            raise Broken("a racer gave no answer")
        kind, value = pipe.recv()
        if kind == "broken":
            raise Broken(value)
        return Finish(value) if kind == "value" else Finish(refused=value)


def _wait_for_races(pipe: Connection, barrier: Barrier, database_name: str) -> None:
    connection.settings_dict["NAME"] = database_name
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        barrier.wait(PATIENCE_S)
        answer = _run(function, arguments)
        connection.close()
        pipe.send(answer)


def _run(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "value", function(*arguments)
    except DomainError as refused:
        return "refused", str(refused)
    except BaseException:
        return "broken", traceback.format_exc()
