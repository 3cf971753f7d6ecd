"""A script whose wrapper was killed: whether it is still there, ending it, taking its secrets off the disk."""

import contextlib
import platform
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from releaseorch.executors.shell import attempt, wrapper

SECRETS_VARIABLE = "RELEASEORCH_SECRETS_DIR"
# Longer than any worker needs from the first file of an attempt to the word of its wrapper.
ABANDONED_S = 600.0


def pid_of(status: Mapping[str, Any]) -> int | None:
    """Return the process of a script that has lost its wrapper, if it is still there; its group has this number."""
    pid = status.get("script_pid")
    known = wrapper.look_at(int(pid)) if pid else None
    # A process number is used again some day, but not with the same start time.
    return int(pid) if pid and known and known.start_time == status["script_start_time"] else None


def end(status: Mapping[str, Any]) -> bool:
    """Kill a script without wrapper; True when it was there and no process of its group is left."""
    group = pid_of(status)
    if group is None:
        return False
    until = time.monotonic() + wrapper.KILL_WAIT_S
    while others := wrapper.family(group) | _living_in(group):
        wrapper.signal_all(group, others, signal.SIGKILL)
        if time.monotonic() > until:
            return False
        time.sleep(wrapper.TICK_S)
    return True


def remove_secrets(work_dir: Path) -> bool:
    """Take away the secrets that a killed wrapper left, once nobody reads them; True when it did.

    The wrapper does so itself at the script's end. Whoever else finds them asks here, as often as they like: an attempt
    that is being started, or whose script is there, keeps them.
    """
    left = _left_in(work_dir / wrapper.SECRETS)
    if not left or not _is_unread(work_dir):
        return False
    for secret in left:
        with contextlib.suppress(OSError):
            secret.unlink()
    return not _left_in(work_dir / wrapper.SECRETS)


def _left_in(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_unread(work_dir: Path) -> bool:
    # The lock isn't touched before the wrapper has written who it is: one that finds it taken starts nothing.
    job, status, ending = attempt.files(work_dir)
    if job is None:
        return _is_abandoned(work_dir / wrapper.SECRETS)
    if ending is not None:
        return True
    if job["host"] != platform.node():
        return False  # its own host knows
    if job["boot_id"] != wrapper.boot_id():
        return True
    if status is None:
        return _is_abandoned(work_dir / wrapper.JOB) and attempt.give_up(work_dir)
    if attempt.traces(work_dir).is_alive:
        return False
    return not _is_read(job, attempt.files(work_dir)[1] or status)


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ABANDONED_S
    except OSError:
        return False


def _is_read(job: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    """Whether the script is there, or within its time limit something that it started."""
    if not Path("/proc/self/stat").exists():
        return True  # nobody can tell
    if pid_of(status):
        return True
    if time.time() > float(status["started_at"]) + float(job["timeout_s"]):
        return False  # background work has no secrets after a normal end either
    pid = status.get("script_pid")
    return bool((pid and _living_in(int(pid))) or _told_of(job["env"][SECRETS_VARIABLE]))


def _told_of(folder: str) -> set[int]:
    """Return the living processes in whose environment this folder of secrets stands."""
    wanted = f"{SECRETS_VARIABLE}={folder}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
    return found


def _living_in(group: int) -> set[int]:
    """Return the living processes of a process group; who only waits to be collected does not count."""
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return {pid for pid in pids if (known := wrapper.look_at(pid)) and known.group == group}
