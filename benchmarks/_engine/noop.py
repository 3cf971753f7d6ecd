"""The executor that does nothing: installed for the benchmark's processes alone, as a plug-in is."""

from pathlib import Path
from typing import Any, ClassVar

from benchmarks._engine.stamps import stamp
from releaseorch.executors.base import Cancelled, Context, Done, Executor, Inputs, Result, Unknown

KIND = "noop"


class Noop(Executor):
    kind = KIND
    label = "nothing"
    keeps_files = False
    config_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }

    def plan(self, inputs: Inputs) -> str:
        return "Does nothing."

    def start(self, context: Context) -> Result:
        stamp(context.step_key)
        return Done()

    def poll(self, context: Context, external_id: str) -> Result:
        return Done()

    def cancel(self, context: Context, external_id: str) -> Result:
        return Cancelled()

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        return Unknown("Nobody wrote it down.")


def install_in(folder: Path) -> None:
    """What `pip install` of a package with this executor would leave in a folder on the path."""
    package = folder / "releaseorch_noop-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: releaseorch-noop\nVersion: 1\n")
    (package / "entry_points.txt").write_text(f"[releaseorch.executors]\n{KIND} = {__name__}:Noop\n")
