"""The brokers of a campaign: Redis, which remembers nothing, RabbitMQ, which does, and the one that comes with us."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from releaseorch.launcher import broker, child, ports
from releaseorch.launcher.console import Refusal
from tests.faults.campaign.servers import Server

RABBITMQ = Path(
    "/usr/lib/rabbitmq/bin/rabbitmq-server"
)  # the one on PATH gives up root's rights, and its folders
HELLO = b"AMQP\x00\x00\x09\x01"


class Redis(Server):
    """Debian's, where it is installed."""

    name = "redis"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.socket = folder / "redis.sock"
        self.binary = self.found()

    def found(self) -> Path:
        return Path(shutil.which("redis-server") or Embedded.found(self))

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


class Embedded(Redis):
    """Valkey from its wheel, as the demo starts it."""

    name = "valkey"

    def found(self) -> Path:
        return next(path for path in broker.servers() if os.access(path, os.X_OK))


class RabbitMQ(Server):
    """A node of its own, known to a name server (epmd) of its own; what was sent to it outlives it."""

    name = "rabbitmq"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        if not RABBITMQ.exists():
            raise Refusal("RabbitMQ is not installed on this machine: install the package rabbitmq-server.")
        self.port, self.node_port, self.names_port = (ports.any_free() for _port in range(3))
        (folder / "plugins").write_text("[].")
        config = (f"listeners.tcp.local = 127.0.0.1:{self.port}", "disk_free_limit.absolute = 1MB")
        (folder / "rabbitmq.conf").write_text("\n".join(config) + "\n")
        self.names: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def program(self) -> list[str]:
        return [str(RABBITMQ), "-noinput"]

    def options(self) -> dict[str, Any]:
        place = self.folder
        own = {
            "HOME": place,
            "ERL_EPMD_PORT": self.names_port,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "campaign@localhost",
            "RABBITMQ_CONFIG_FILE": place / "rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_MNESIA_BASE": place / "data",
            "RABBITMQ_LOG_BASE": place / "logs",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": place / "plugins",
            "RABBITMQ_DIST_PORT": self.node_port,
            "RABBITMQ_ALLOW_INPUT": 1,  # so that the script becomes the node, instead of waiting for it
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }
        return {"env": {**os.environ, **{name: str(value) for name, value in own.items()}}}

    def spawn(self) -> None:
        if self.names is None:
            parent = os.getpid()
            self.names = subprocess.Popen(
                ["epmd"],
                stdin=subprocess.DEVNULL,
                cwd="/",
                preexec_fn=lambda: child.die_with(parent),
                **self.options(),
            )
        super().spawn()

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.settimeout(2)
                line.sendall(HELLO)
                return bool(line.recv(8))
        except OSError:
            return False

    def stop_names(self) -> None:
        if self.names is not None:
            self.names.send_signal(signal.SIGKILL)
            self.names.wait()


Broker = Redis | RabbitMQ
