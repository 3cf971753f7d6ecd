"""What tests of the shell executor do to its processes."""

import json
import os
import signal
from pathlib import Path
from typing import Any

from releaseorch.executors.base import Context
from tests.executors.stage import until


def status_of(context: Context) -> dict[str, Any]:
    """Read what the wrapper wrote about itself and its script."""
    content: dict[str, Any] = json.loads((context.work_dir / "wrapper.json").read_text())
    return content


def scratch(context: Context, name: str) -> Path:
    return context.work_dir / "scratch" / name


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:
        return False
    return state not in (b"Z", b"X")


def pids_in(path: Path, count: int) -> list[int]:
    """Wait until a script has written so many process ids."""

    def read() -> list[int]:
        found = [int(line) for line in path.read_text().split()] if path.exists() else []
        return found if len(found) >= count else []

    pids: list[int] = until(read)
    return pids


def kill_wrapper(context: Context) -> None:
    pid = status_of(context)["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_running(pid))


def kill_wrapper_and_script(context: Context) -> None:
    """Take away both, as when the memory of the host runs out."""
    kill_wrapper(context)
    os.killpg(status_of(context)["script_pid"], signal.SIGKILL)
    until(lambda: not is_running(status_of(context)["script_pid"]))
