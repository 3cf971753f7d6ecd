"""The processes of the product in a campaign: started as in production, and started again when they were killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from releaseorch.launcher import child, ports
from releaseorch.launcher.state import ROOT
from tests.faults.campaign import points
from tests.faults.campaign.servers import Postgres, Redis

QUEUES = "engine,exec.default,notify,maint"
PLUGIN = "[releaseorch.executors]\nledger = tests.faults.campaign.executor:LedgerExecutor\n"
# The engine's times at a tenth of what production has.
TENTH = {
    "RELEASEORCH_LEASE": "6",
    "RELEASEORCH_HEARTBEAT": "1",
    "RELEASEORCH_SELF_FENCE": "4.5",
    "RELEASEORCH_LEASE_GRACE": "1.5",
}
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
    """Two web processes, two housekeepers, three workers, their database and their broker."""

    folder: Path
    postgres: Postgres
    redis: Redis
    defect: str = ""
    programs: list[Program] = field(default_factory=list)
    web_ports: list[int] = field(default_factory=list)

    @classmethod
    def made_in(cls, folder: Path) -> "Plant":
        for name in ("postgres", "redis", "state", "orders", "taken", "logs", "plugin-1.0.dist-info"):
            (folder / name).mkdir()
        plugin = folder / "plugin-1.0.dist-info"
        (plugin / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1.0\n")
        (plugin / "entry_points.txt").write_text(PLUGIN)
        return cls(folder, Postgres(folder / "postgres"), Redis(folder / "redis"))

    def environment(self) -> dict[str, str]:
        foreign = ("DATABASE_", "CELERY_", "RELEASEORCH_", "DJANGO_", "CAMPAIGN_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            **TENTH,
            "DATABASE_URL": self.postgres.url,
            "DATABASE_POOL_SIZE": "8",
            "CELERY_BROKER_URL": self.redis.url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.campaign.settings",
            "PYTHONPATH": f"{self.folder}{os.pathsep}{ROOT}",
            "PYTHONUNBUFFERED": "1",
            "RELEASEORCH_LOG_LEVEL": "WARNING",
            "RELEASEORCH_STATE_DIR": str(self.folder / "state"),
            "RELEASEORCH_SECRET_KEY": "only-for-the-campaign-0123456789-abcdefghijklmnopqrstuvwxyz",
            points.FOLDER: str(self.folder),
        }

    def start(self) -> None:
        self.web_ports = [ports.any_free() for _web in range(2)]
        for number, port in enumerate(self.web_ports, start=1):
            self._add(f"web-{number}", "web", *_web(port))
        for number in (1, 2):
            self._add(f"housekeeper-{number}", "housekeeper", str(ROOT / "manage.py"), "housekeeper")
        for number, pool in enumerate(("threads -c 4", "threads -c 4", "prefork -c 2"), start=1):
            self._add(f"worker-{number}", "worker", *_worker(number, pool))

    @property
    def is_ready(self) -> bool:
        """Both web processes answer; the others took no longer to start."""
        return all(not ports.is_free(port) for port in self.web_ports)

    def of(self, role: str) -> list[Program]:
        return [program for program in self.programs if program.role == role]

    def revive(self) -> None:
        """Start again what died a moment ago."""
        for program in self.programs:
            if program.is_alive:
                continue
            if not program.seen_dead:
                program.seen_dead, program.died = time.monotonic(), program.died + 1
            elif time.monotonic() - program.seen_dead > AGAIN_S:
                self._spawn(program)

    def stop(self) -> None:
        for program in self.programs:
            if program.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
                program.process.wait()
        self.redis.kill()
        self.postgres.kill()

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
                env={**self.environment(), **planted, points.ROLE: program.role},
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
