"""A tool whose effects are lines in a file outside the database, each on the disk before it goes on."""

import os
import signal
import time
from typing import Any, ClassVar

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
from tests.faults.campaign import points

KIND = "ledger"
SHORT_S = 0.3


def number_of(attempt_id: str) -> int:
    """An attempt's row, by the name that tools know it by: the number, a dot, and when it began."""
    return int(attempt_id.partition(".")[0])


def effect(what: str, attempt_id: str, step_key: str) -> None:
    said = {"what": what, "attempt": number_of(attempt_id), "step": step_key, "pid": os.getpid()}
    points.write_down(points.folder() / points.EFFECTS, {**said, "at": time.monotonic()})


class LedgerExecutor(Executor):
    """Begins at once and ends after `seconds`: inside the call when that is short, else at a later poll."""

    kind = KIND
    label = "Ledger of effects"
    config_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "seconds": {"type": "number", "title": "Seconds"},
            "poison": {"type": "string", "title": "Where it kills its worker"},
        },
    }

    def validate(self, config: Config) -> dict[str, str]:
        _poison(config, "check")
        return super().validate(config)

    def plan(self, inputs: Inputs) -> str:
        return "Writes to the ledger of effects."

    def start(self, context: Context) -> Result:
        points.reached("before-effect")
        effect("begun", context.attempt_id, context.step_key)
        _poison(context.config, "effect")
        points.reached("in-effect")
        context.log.write(b"begun\n")
        seconds = float(context.config.get("seconds", 0))
        if seconds > SHORT_S:
            return Running(repr(time.monotonic() + seconds), 0.2)
        time.sleep(seconds)
        return self._ended(context)

    def poll(self, context: Context, external_id: str) -> Result:
        context.log.write(b"still at it\n")
        if time.monotonic() < float(external_id):
            return Running(external_id, 0.2)
        return self._ended(context)

    def cancel(self, context: Context, external_id: str) -> Result:
        effect("stopped", context.attempt_id, context.step_key)
        return Cancelled()

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        return Unknown("The ledger is not read.")

    def _ended(self, context: Context) -> Result:
        effect("ended", context.attempt_id, context.step_key)
        points.reached("after-effect")
        return Done({"seconds": str(context.config.get("seconds", 0))})


def _poison(config: Config, where: str) -> None:
    if config.get("poison") == where and points.role() == "worker":
        points.write_down(points.folder() / "hits", {"point": f"poison.{where}", "pid": os.getpid()})
        os.kill(os.getpid(), signal.SIGKILL)
