"""Child processes of one supervisor: started through `child.py`, found again through the state directory."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from releaseorch.launcher import child

SHIM = Path(child.__file__)
LOG_LIMIT = 5 * 1024 * 1024
TAIL_LINES = 15
# Set for what we start and for nothing else, so that a later start can find what a killed one left.
SUPERVISED = "RELEASEORCH_SUPERVISED"


class Lifeline:
    """A pipe whose write end only this process holds: it ends with us, however we end."""

    def __init__(self) -> None:
        self.read, self._write = os.pipe()

    def close(self) -> None:
        for end in (self._write, self.read):
            with contextlib.suppress(OSError):
                os.close(end)


class Child:
    """One program under its shim, in a session of its own, with its output in a log file.

    `log=None` leaves the output at the terminal. The grace is in seconds: after it the shim kills the program.
    """

    def __init__(
        self,
        name: str,
        program: Sequence[str],
        lifeline: Lifeline,
        *,
        env: Mapping[str, str],
        log: Path | None = None,
        folder: Path | None = None,
        user: str = "",
        ask: str = "TERM",
        grace: float = 3.5,
    ) -> None:
        self.name = name
        self.program = list(program)
        self.log = log
        options = ["--signal", ask, "--grace", str(grace), *(["--user", user] if user else [])]
        # -S and -P: the shim needs nothing of the environment, and starts in a fraction of the time.
        argv = [sys.executable, "-S", "-P", str(SHIM), *options, "--", *program]
        with contextlib.ExitStack() as opened:
            output = opened.enter_context(_writable(log)) if log else None
            self.process = subprocess.Popen(
                argv,
                env={**env, child.LIFELINE: str(lifeline.read)},
                pass_fds=[lifeline.read],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )

    def code(self) -> int | None:
        return self.process.poll()

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def wait(self, seconds: float | None = None) -> int | None:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def tail(self) -> str:
        return tail(self.log) if self.log else ""


def stop(children: Iterable[Child], seconds: float) -> None:
    """Asks all at once, then kills what is still there after the seconds (the shims kill theirs earlier)."""
    asked = [one for one in children if one.code() is None]
    for one in asked:
        one.signal(signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for one in asked:
        if one.wait(max(0.0, deadline - time.monotonic())) is None:
            one.signal(signal.SIGKILL)
            one.wait(1)


def _writable(log: Path) -> BinaryIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_name(log.name + ".1"))
    return log.open("ab")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    with contextlib.suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    return ""


def supervised(state_dir: Path, lifeline: Lifeline | None = None) -> set[int]:
    """Process ids that a supervisor of this state directory started, or that hold its lifeline (Linux; elsewhere none).

    A person's shell that merely exports RELEASEORCH_STATE_DIR doesn't count: these may be killed.
    """
    wanted = f"{SUPERVISED}={state_dir}".encode()
    pipe = f"pipe:[{os.fstat(lifeline.read).st_ino}]" if lifeline else None
    found = set()
    for pid, folder in _others():
        with contextlib.suppress(OSError):
            named = wanted in (folder / "environ").read_bytes().split(b"\0")
            if named or (pipe and _holds(folder, pipe)):
                found.add(pid)
    return found


def _holds(process: Path, pipe: str) -> bool:
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()) == pipe:
                return True
    return False


def mentioning(folder: Path) -> dict[int, str]:
    """Processes that name the folder in their arguments, environment or working directory, with their arguments."""
    wanted, found = str(folder).encode(), {}
    for pid, entry in _others():
        with contextlib.suppress(OSError):
            arguments = (entry / "cmdline").read_bytes()
            places = arguments, (entry / "environ").read_bytes(), os.fsencode((entry / "cwd").readlink())
            if any(wanted in place for place in places):
                found[pid] = arguments.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def _others() -> Iterator[tuple[int, Path]]:
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid():
            yield int(entry.name), entry


def outlast(pids: set[int], seconds: float) -> set[int]:
    """Waits until these processes are gone, then kills the rest; returns those it killed."""
    deadline = time.monotonic() + seconds
    left = pids
    while (left := {pid for pid in left if alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return left


def alive(pid: int) -> bool:
    """A zombie is not: it has ended, only its parent hasn't looked yet."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
