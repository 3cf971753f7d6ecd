"""The detached process that runs one script and writes on disk how it ended; standard library only.

`python wrapper.py <work_dir>` reads job.json and then, in this order:

1. enters its folder and leaves its parent: its own session, no tie to the worker but the optional lifeline pipe;
2. takes wrapper.lock and holds it for life, so that anybody can tell whether it is alive;
3. leaves at once when exit.json exists: somebody has given this start up;
4. writes wrapper.json (host, boot id, pid, start time): from here on the script may have run;
5. starts the script in its own process group, output to the file log, and says so on its standard output;
6. waits for the end, a timeout, silence, a cancel file, SIGTERM or the end of the lifeline; of a log that grows too
   long it frees the middle;
7. writes exit.json; after a stop it says whether all processes of the script are gone.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import platform
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

JOB, LOCK, STATUS, EXIT = "job.json", "wrapper.lock", "wrapper.json", "exit.json"
CANCEL, LOG, SECRETS = "cancel", "log", "secrets"
STARTED = b"started\n"
TICK_S = 0.05
KILL_WAIT_S, LIFELINE_GRACE_S = 5.0, 1.0
PIECE = 64 * 1024
_PR_SET_CHILD_SUBREAPER = 36
_PUNCH_HOLE = 0x02 | 0x01  # and keep the size


def boot_id() -> str:
    """Return what changes with every start of this host; empty where the system doesn't tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


class Seen(NamedTuple):
    """A living process; the start time is in clock ticks since boot."""

    parent: int
    group: int
    start_time: int


def look_at(pid: int) -> Seen | None:
    """Return what the system knows of a process, None when it is not there or only waits to be collected."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else Seen(int(fields[1]), int(fields[2]), int(fields[19]))


def write_atomically(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that is seen whole or not at all, also after a power cut."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_of_start(path: Path, start_id: object) -> bool:
    """Whether the file is there and wasn't written by another start; older versions did not name theirs."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return not isinstance(content, dict) or content.get("start_id", start_id) == start_id


def take_lock(work_dir: Path) -> int | None:
    """Return the descriptor that holds the wrapper's lock, or None when somebody else holds it."""
    descriptor = os.open(work_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def family(ancestor: int) -> set[int]:
    """Return the living descendants of a process, also those that left its process group."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if known := look_at(int(entry.name)):
            children.setdefault(known.parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        below = set(children.get(waiting.pop(), ())) - found
        found |= below
        waiting.extend(below)
    return found


def signal_all(group: int, others: set[int], number: signal.Signals) -> None:
    """Send a signal to a process group and to single processes, whoever of them is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
    for pid in others:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


class Script:
    """The running script and all processes it started."""

    def __init__(self, job: dict[str, Any], work_dir: Path) -> None:
        self._log = work_dir / LOG
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                job["argv"],
                cwd=job["cwd"],
                env=job["env"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = process.pid
        self.code: int | None = None
        self._process = process

    def reap(self) -> None:
        """Collect every child that ended: the script, and what it left to us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.code = self._process.returncode = os.waitstatus_to_exitcode(status)

    def log_size(self) -> int:
        return self._log.stat().st_size

    def stop(self, grace_s: float) -> bool:
        """TERM, then KILL, to the whole family; True when none of it is left."""
        return self._end(signal.SIGTERM, grace_s) or self._end(signal.SIGKILL, KILL_WAIT_S)

    def _end(self, number: signal.Signals, wait_s: float) -> bool:
        until = time.monotonic() + wait_s
        told: set[int] = set()
        while self._is_there():
            # Who appears after the signal was sent gets it too; TERM is sent to each only once.
            others = family(os.getpid()) - told
            if others or not told:
                signal_all(self.pid, others, number)
                told |= others
            if time.monotonic() > until:
                return False
            time.sleep(TICK_S / 5)
        return True

    def _is_there(self) -> bool:
        self.reap()
        if family(os.getpid()):
            return True
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True


class Middle:
    """What the log holds between the beginning and the end that are kept: its room on the disk is given back.

    Twice the end stays, so that who reads it can tell that what they just read was still there. The length of the file
    stays, too. Where the file system has no holes, the file grows on.
    """

    def __init__(self, job: dict[str, Any], work_dir: Path) -> None:
        head, tail = job.get("log_kept") or (0, 0)
        self._tail = int(tail)
        self._log, self._until, self._works = work_dir / LOG, int(head) + PIECE, self._tail > 0

    def give_back(self, log_size: int) -> None:
        """Once it is worth it."""
        until = log_size - 2 * self._tail
        if not self._works or until - self._until < self._tail // 4:
            return
        try:
            with self._log.open("r+b") as log:
                begin, count = ctypes.c_longlong(self._until), ctypes.c_longlong(until - self._until)
                self._works = ctypes.CDLL(None).fallocate(log.fileno(), _PUNCH_HOLE, begin, count) == 0
        except (OSError, AttributeError):
            self._works = False
        self._until = until


class Watch:
    """Everything but the script itself that can end it."""

    def __init__(self, job: dict[str, Any], work_dir: Path) -> None:
        self._job, self._cancel = job, work_dir / CANCEL
        self._began = self._last_output = time.monotonic()
        self._size = 0
        self.told_to_stop = False
        self._lifeline = select.poll() if job.get("lifeline_fd") is not None else None
        if self._lifeline:
            self._lifeline.register(job["lifeline_fd"], select.POLLIN)

    def reason_to_stop(self, log_size: int) -> str | None:
        """Wait one tick and return why the script must end now, if so."""
        if self._lifeline_ended():
            return "lifeline"
        if self._cancel.exists():
            return "cancelled"
        if self.told_to_stop:
            return "terminated"
        return self._overdue(log_size)

    def _lifeline_ended(self) -> bool:
        if self._lifeline is None:
            time.sleep(TICK_S)
            return False
        events = self._lifeline.poll(TICK_S * 1000)
        if not events:
            return False
        descriptor, event = events[0]
        return not event & select.POLLIN or os.read(descriptor, 1024) == b""

    def _overdue(self, log_size: int) -> str | None:
        now = time.monotonic()
        if log_size != self._size:
            self._size, self._last_output = log_size, now
        if now - self._began > self._job["timeout_s"]:
            return "timeout"
        silence_s = self._job["silence_s"]
        return "silence" if silence_s is not None and now - self._last_output > silence_s else None


def run(work_dir: Path) -> None:
    """Steps 2 to 7 of the module's docstring."""
    lock = take_lock(work_dir)
    if lock is None:
        return
    job = json.loads((work_dir / JOB).read_text(encoding="utf-8"))
    if is_of_start(work_dir / EXIT, job["start_id"]):
        return
    watch = Watch(job, work_dir)
    signal.signal(signal.SIGTERM, lambda *_: setattr(watch, "told_to_stop", True))
    status = {"start_id": job["start_id"], **_own_identity()}
    write_atomically(work_dir / STATUS, status)
    try:
        script = Script(job, work_dir)
    except (OSError, ValueError) as problem:
        _leave(work_dir, job, {"errored": _why_not_started(problem, job), "fault": type(problem).__name__})
        return
    known = look_at(script.pid)
    script_names = {"script_pid": script.pid, "script_start_time": known.start_time if known else None}
    write_atomically(work_dir / STATUS, {**status, **script_names, "log": LOG, "exit": EXIT})
    _confirm()
    _leave(work_dir, job, _wait(script, watch, Middle(job, work_dir), job["grace_s"]))


def _wait(script: Script, watch: Watch, middle: Middle, grace_s: float) -> dict[str, Any]:
    while True:
        script.reap()
        if script.code is not None:
            return {"code": script.code, "stopped": None}
        size = script.log_size()
        middle.give_back(size)
        if reason := watch.reason_to_stop(size):
            gone = script.stop(min(grace_s, LIFELINE_GRACE_S) if reason == "lifeline" else grace_s)
            return {"code": script.code, "stopped": reason, "gone": gone}


def _own_identity() -> dict[str, Any]:
    known = look_at(os.getpid())
    return {
        "host": platform.node(),
        "boot_id": boot_id(),
        "pid": os.getpid(),
        "start_time": known.start_time if known else None,
        "started_at": time.time(),
    }


def _why_not_started(problem: Exception, job: dict[str, Any]) -> str:
    if isinstance(problem, OSError) and problem.filename == job["cwd"] and not Path(job["cwd"]).is_dir():
        return "no-folder"
    if isinstance(problem, FileNotFoundError):
        return "not-found"
    if isinstance(problem, PermissionError):
        return "not-permitted"
    return "broken"


def _leave(work_dir: Path, job: dict[str, Any], ending: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        for secret in (work_dir / SECRETS).iterdir():
            secret.unlink()
    write_atomically(work_dir / EXIT, {"start_id": job["start_id"], **ending, "ended_at": time.time()})


def _confirm() -> None:
    with contextlib.suppress(OSError):
        os.write(1, STARTED)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def main(work_dir: Path) -> None:
    """Detach and run; the called process returns at once, so the worker has nothing to collect later."""
    os.umask(0o077)
    # Held by itself, not by its name: another folder may have that name before the script ends.
    os.chdir(work_dir)
    if os.fork():
        return
    os.setsid()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        # Orphans of the script become our children, so that none escapes by leaving the process group.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    run(Path())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
