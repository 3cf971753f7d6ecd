"""Starts one program so that it cannot outlive the supervisor: runs as a script, with the standard library alone.

Usage: child.py [--user NAME] [--signal TERM|INT] [--grace SECONDS] -- program argument…

1. The program starts in its own process group, and inherits the lifeline: the read end of a pipe
   whose other end only the supervisor holds (its number is in RELEASEORCH_LIFELINE_FD).
2. TERM and INT are forwarded to the program; after the grace, or at a second signal, its group is killed.
3. The end of the lifeline means that the supervisor is gone: the program is asked to stop, then its group is killed.
4. When the program ends, what is left of its group is killed, and its exit code is ours.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

LIFELINE = "RELEASEORCH_LIFELINE_FD"
ORPHAN_GRACE = 1.0
PR_SET_PDEATHSIG = 1


def main(argv: Sequence[str]) -> int:
    options = parse(argv)
    lifeline = int(os.environ[LIFELINE])
    wake, alarm = os.pipe()
    for end in (wake, alarm):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(alarm)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, _noted)
    program = start(options, lifeline)
    code = watch(program, options, lifeline, wake)
    kill_group(program.pid)
    return code if code >= 0 else 128 - code


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user")
    parser.add_argument("--signal", default="TERM", choices=["TERM", "INT"])
    parser.add_argument("--grace", type=float, default=3.5)
    parser.add_argument("program", nargs="+")
    return parser.parse_args(list(argv))


def start(options: argparse.Namespace, lifeline: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    identity: dict[str, Any] = {}
    if options.user:
        identity = {
            "user": options.user,
            "group": pwd.getpwnam(options.user).pw_gid,
            "extra_groups": [],
        }
    return subprocess.Popen(
        options.program,
        pass_fds=[lifeline],
        process_group=0,
        preexec_fn=lambda: die_with(parent),  # safe: this process has one thread
        **identity,
    )


def die_with(parent: int) -> None:
    """A second belt on Linux: the kernel kills the program when this process is killed."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def watch(program: subprocess.Popen[bytes], options: argparse.Namespace, lifeline: int, wake: int) -> int:
    ask = signal.Signals["SIG" + options.signal]
    deadline: float | None = None
    watched = [lifeline, wake]
    while (code := program.poll()) is None:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select(watched, [], [], left)
        if deadline is not None and time.monotonic() >= deadline:
            kill_group(program.pid)
            return program.wait()
        if lifeline in ready and not os.read(lifeline, 1):
            watched.remove(lifeline)
            program.send_signal(ask)
            deadline = time.monotonic() + ORPHAN_GRACE
        for number in asked(wake) if wake in ready else []:
            program.send_signal(number)
            deadline = time.monotonic() + (options.grace if deadline is None else 0)
    return code


def asked(wake: int) -> list[int]:
    """The signals that arrived and are to be forwarded."""
    with contextlib.suppress(BlockingIOError):
        return [number for number in os.read(wake, 512) if number != signal.SIGCHLD]
    return []


def kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _noted(number: int, frame: FrameType | None) -> None:
    """The wake-up descriptor carries the signal; the handler only has to exist."""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
