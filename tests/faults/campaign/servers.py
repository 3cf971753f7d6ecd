"""The PostgreSQL and the Redis of a campaign: real ones that can be stopped, killed, emptied and started again."""

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from releaseorch.launcher import broker, child, postgres

READY_S = 20.0
# Commits are safe from a kill of the server; nobody pulls the plug of the machine.
OPTIONS = "-c fsync=off -c synchronous_commit=on -c max_connections=200 -c jit=off"


class Server(ABC):
    """One server process of ours, at an address that stays when it starts again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def program(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    def options(self) -> dict[str, Any]:
        return {}

    def start(self) -> None:
        """From the main thread only: it dies with whoever starts it."""
        parent = os.getpid()
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.program(),
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                preexec_fn=lambda: child.die_with(parent),
                **self.options(),
            )
        until(self.answers, f"{type(self).__name__} doesn't answer", READY_S)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(READY_S)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)


class Postgres(Server):
    """Its data folder outlives it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.user = postgres.UNPRIVILEGED if os.geteuid() == 0 else ""
        folder.chmod(0o755)
        self.install = postgres.binaries(folder, reachable_for_all=bool(self.user))
        self.data = folder / "data"
        self.data.mkdir(0o700)
        if self.user:
            shutil.chown(self.data, self.user)
        made = [self.install / "bin" / "initdb", "-D", self.data, *postgres.INITDB.split()]
        subprocess.run(made, check=True, capture_output=True, cwd="/", **self.options())

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.data}"

    def options(self) -> dict[str, Any]:
        return postgres.as_user(self.user)

    def program(self) -> list[str]:
        place = ["-D", str(self.data), "-k", str(self.data), "-h", ""]
        return [str(self.install / "bin" / "postgres"), *place, *OPTIONS.split()]

    def answers(self) -> bool:
        try:
            return "ready" in (self.data / "postmaster.pid").read_text().splitlines()[-1]
        except (OSError, IndexError):
            return False

    def kill(self) -> None:
        """At once, as `pg_ctl stop -m immediate`: no checkpoint, no farewell."""
        self.signal(signal.SIGQUIT)


class Redis(Server):
    """Remembers nothing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.socket = folder / "redis.sock"
        self.binary = next(path for path in broker.servers() if os.access(path, os.X_OK))

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def program(self) -> list[str]:
        words = (
            f"--port 0 --unixsocketperm 777 --appendonly no --dir {self.folder} --unixsocket {self.socket}"
        )
        return [str(self.binary), *words.split(), "--save", ""]

    def answers(self) -> bool:
        return self.say(b"PING").startswith(b"+PONG")

    def say(self, *words: bytes) -> bytes:
        """One command, and its answer as it comes; empty when nobody answers."""
        sent = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(sent)
                return line.recv(1024)
        except OSError:
            return b""


def until(what: Callable[[], object], says: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"{says} within {seconds:g} s.")
        time.sleep(0.05)
