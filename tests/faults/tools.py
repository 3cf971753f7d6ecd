"""Tools that behave as real ones do on bad days; `bring` makes them known to the process that calls it."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

from releaseorch.executors import registry
from releaseorch.executors.base import (
    Cancelled,
    Config,
    Context,
    Done,
    Executor,
    Inputs,
    Result,
    Running,
    Unknown,
)
from releaseorch.executors.shell.wrapper import look_at

SCHEMA: Mapping[str, Any] = {"type": "object"}
SOON_S = 0.05


class Job(Executor):
    """A job elsewhere, here a real process: who wants to ask about it or stop it must know its number."""

    kind: ClassVar[str] = "job"
    label: ClassVar[str] = "Job"
    config_schema: ClassVar[Mapping[str, Any]] = SCHEMA

    def plan(self, inputs: Inputs) -> str:
        return "Sleeps."

    def start(self, context: Context) -> Result:
        command = f"sleep {context.config['seconds']} > /dev/null 2>&1 & echo $!"
        found = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=True, text=True)
        Path(context.config["ledger"]).write_text(found.stdout)
        return Running(found.stdout.strip(), SOON_S)

    def poll(self, context: Context, external_id: str) -> Result:
        return Running(external_id, SOON_S) if look_at(int(external_id)) else Done()

    def cancel(self, context: Context, external_id: str) -> Result:
        if not external_id:
            return Unknown("Which job?")
        while look_at(int(external_id)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(external_id), signal.SIGKILL)
            time.sleep(0.01)
        return Cancelled()

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        return self.poll(context, external_id) if external_id else Unknown("Which job?")


class Hanging(Job):
    """Its job goes on, but whoever asks about it gets no answer until a file is there."""

    kind: ClassVar[str] = "hanging"

    def poll(self, context: Context, external_id: str) -> Result:
        while not Path(context.config["answer"]).exists():
            time.sleep(SOON_S)
        return Done()


class Unstoppable(Job):
    """Asked to stop, it says that it is still at work."""

    kind: ClassVar[str] = "unstoppable"

    def cancel(self, context: Context, external_id: str) -> Result:
        return Running(external_id, SOON_S)


class BreaksWhenChecked(Job):
    """Trips over its own configuration."""

    kind: ClassVar[str] = "breaks-when-checked"

    def validate(self, config: Config) -> dict[str, str]:
        return {"host": config["host"]}


class Sloppy(Job):
    """Hands over what is no text."""

    kind: ClassVar[str] = "sloppy"

    def start(self, context: Context) -> Result:
        return Done(cast(Mapping[str, str], {"port": 8080}))


TOOLS = (Job(), Hanging(), Unstoppable(), BreaksWhenChecked(), Sloppy())


def bring() -> None:
    """For a process of the test's own; this one takes them away again, see `brought`."""
    _known().update((tool.kind, tool) for tool in TOOLS)


@contextlib.contextmanager
def brought(*more: Executor) -> Iterator[None]:
    bring()
    _known().update((tool.kind, tool) for tool in more)
    try:
        yield
    finally:
        for tool in (*TOOLS, *more):
            del _known()[tool.kind]


def _known() -> dict[str, Executor]:
    return cast(dict[str, Executor], registry.found().executors)
