"""The processes of the product in a campaign: started as in production, and started again when they were killed."""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from releaseorch.launcher import child, ports
from releaseorch.launcher.state import ROOT
from tests.faults.campaign import brokers, clocks, disks, points, script
from tests.faults.campaign.brokers import Broker
from tests.faults.campaign.databases import Database, Postgres, Sqlite
from tests.faults.campaign.pace import TENTH, Pace

# Yields the seconds after which it goes on.
Fault = Iterator[float]
QUEUES = "engine,exec.default,notify,maint"
PLUGIN = "[releaseorch.executors]\nledger = tests.faults.campaign.executor:LedgerExecutor\n"
FOLDERS = ("broker", "state", "orders", "taken", "held", "clocks", "logs", "plugin-1.0.dist-info")
DISK_MB = 512
# By what it runs on: the servers of a large installation, the same with another broker, or what comes with us.
KINDS = {"redis": brokers.Redis, "rabbitmq": brokers.RabbitMQ, "embedded": brokers.Embedded}
AGAIN_S = 0.3  # between a death and the next start, as a supervisor would wait


@dataclass
class Program:
    """A process that is to be there; `died` counts how often it was not."""

    name: str
    role: str
    argv: list[str]
    process: subprocess.Popen[bytes] | None = None
    seen_dead: float = 0.0
    died: int = 0

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


@dataclass
class Plant:
    """Two web processes, two housekeepers, three workers, their database and their broker; embedded: one of each."""

    folder: Path
    kind: str
    database: Database
    broker: Broker
    disks: dict[str, disks.Disk]
    pace: Pace
    defect: str = ""
    programs: list[Program] = field(default_factory=list)
    web_ports: list[int] = field(default_factory=list)
    ready_when_quiet: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def made_in(cls, folder: Path, kind: str, pace: Pace = TENTH) -> "Plant":
        for name in FOLDERS:
            (folder / name).mkdir(parents=True)
        script.write(folder)
        plugin = folder / "plugin-1.0.dist-info"
        (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
        (plugin / "entry_points.txt").write_text(PLUGIN)
        small = {"state": disks.mount(folder / "state", DISK_MB)}
        broker: Broker = KINDS[kind](folder / "broker")
        if kind == "embedded":
            return cls(folder, kind, Sqlite(folder / "state"), broker, small, pace)
        (folder / "postgres" / "data").mkdir(parents=True)
        small["database"] = disks.mount(folder / "postgres" / "data", DISK_MB)
        return cls(folder, kind, Postgres(folder / "postgres"), broker, small, pace)

    def environment(self) -> dict[str, str]:
        foreign = ("DATABASE_", "CELERY_", "RELEASEORCH_", "DJANGO_", "CAMPAIGN_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            **self.pace.environment(),
            "DATABASE_URL": self.database.url,
            "DATABASE_POOL_SIZE": "8",
            "CELERY_BROKER_URL": self.broker.url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.campaign.settings",
            "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}",
            "PYTHONUNBUFFERED": "1",
            "RELEASEORCH_LOG_LEVEL": "WARNING",
            "RELEASEORCH_STATE_DIR": str(self.folder / "state"),
            "RELEASEORCH_SECRET_KEY": "only-for-the-campaign-0123456789-abcdefghijklmnopqrstuvwxyz",
            points.FOLDER: str(self.folder),
        }

    def start(self) -> None:
        pools, housekeepers = ("threads -c 4", "threads -c 4", "prefork -c 2"), (1, 2)
        if self.kind == "embedded":
            pools, housekeepers = pools[:1], (1,)
        self.web_ports = [ports.any_free() for _web in housekeepers]
        for number, port in enumerate(self.web_ports, start=1):
            self._add(f"web-{number}", "web", *_web(port))
        for number in housekeepers:
            self._add(f"housekeeper-{number}", "housekeeper", str(ROOT / "manage.py"), "housekeeper")
        for number, pool in enumerate(pools, start=1):
            self._add(f"worker-{number}", "worker", *_worker(number, pool))

    @property
    def is_ready(self) -> bool:
        """Both web processes answer; the others took no longer to start."""
        return all(not ports.is_free(port) for port in self.web_ports)

    def of(self, role: str) -> list[Program]:
        return [program for program in self.programs if program.role == role]

    def revive(self) -> None:
        """Start again what died a moment ago."""
        for server in (self.database, self.broker):
            server.revive()
        for program in self.programs:
            if program.is_alive:
                continue
            if not program.seen_dead:
                program.seen_dead, program.died = time.monotonic(), program.died + 1
            elif time.monotonic() - program.seen_dead > AGAIN_S:
                self._spawn(program)

    def note_what_is_ready(self) -> None:
        """No clock of a host says how long a step has waited, so it is looked at twice."""
        rows = self.database.rows("SELECT id, token FROM runs_step WHERE state = 'ready'")
        self.ready_when_quiet = {(row["id"], row["token"]) for row in rows}

    def said(self, words: str) -> int:
        """How many lines of the processes' logs hold these words."""
        logs = ((self.folder / "logs" / f"{program.name}.log") for program in self.programs)
        return sum(log.read_text(errors="replace").count(words) for log in logs)

    def keep(self) -> None:
        """Copy what lies on disks that end with us."""
        for name, disk in self.disks.items():
            shutil.copytree(disk.folder, self.folder / "kept" / name, ignore=shutil.ignore_patterns(".s.*"))

    def halt(self) -> None:
        """Kill the processes: from now on nothing changes."""
        for program in self.programs:
            if program.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
                program.process.wait()

    def stop(self) -> None:
        self.halt()
        self.broker.kill()
        if isinstance(self.broker, brokers.RabbitMQ):
            self.broker.stop_names()
        self.database.kill()
        for disk in self.disks.values():
            disk.unmount()

    def _add(self, name: str, role: str, *words: str) -> None:
        self.programs.append(Program(name, role, [sys.executable, *words]))
        self._spawn(self.programs[-1])

    def _spawn(self, program: Program) -> None:
        """From the main thread only: what a thread starts dies with that thread."""
        parent, program.seen_dead = os.getpid(), 0.0
        planted = {"CAMPAIGN_DEFECT": self.defect} if self.defect else {}
        with (self.folder / "logs" / f"{program.name}.log").open("ab") as log:
            program.process = subprocess.Popen(
                program.argv,
                env={**self.environment(), **planted, points.ROLE: program.role, clocks.NAME: program.name},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: child.die_with(parent),
            )


def _web(port: int) -> list[str]:
    words = "-m uvicorn releaseorch.config.asgi:application --lifespan off --no-access-log --host 127.0.0.1"
    return [*words.split(), "--port", str(port)]


def _worker(number: int, pool: str) -> list[str]:
    words = f"-m celery -A releaseorch.config.celery:app worker -n worker-{number}@%h -P {pool}"
    return [*words.split(), "--without-gossip", "--without-mingle", "--loglevel", "WARNING", "-Q", QUEUES]


def children_of(pid: int) -> list[int]:
    """Of a worker with processes: its pool."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in words]


Faults = dict[str, Callable[[Plant, random.Random], Fault]]
