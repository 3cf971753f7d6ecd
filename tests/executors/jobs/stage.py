"""The job server as a process that tests may kill, and its situations for the conformance suite."""

import itertools
import signal
import socket
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from releaseorch.executors import registry
from releaseorch.executors.base import Context, Executor
from tests.executors.conformance import Config, Conformance
from tests.executors.jobs import server
from tests.executors.stage import until

PATIENCE_S = 20.0


class JobServer:
    """One folder, one port; any number of processes, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seat = socket.socket()
        self._seat.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._seat.bind(("127.0.0.1", 0))
        self.port = self._seat.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self._reap()
        argv = [sys.executable, "-I", "-S", server.__file__, str(self.folder), str(self.port)]
        self._process = subprocess.Popen(argv, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"
        self.starts += 1

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._reap()

    def close(self) -> None:
        self.kill()
        self._seat.close()

    def die_before_answering(self) -> None:
        """Let it kill itself after the next change is on its disk, before anybody hears of it."""
        (self.folder / server.DIE_BEFORE_ANSWERING).touch()

    def await_death(self) -> None:
        """A connection ends a moment before its process does."""
        if self._process is not None:
            self._process.wait(PATIENCE_S)

    def job(self, key: str) -> dict[str, Any] | None:
        """What the disk has, whether the server is alive or not."""
        jobs = server.read_journal(self.folder).values()
        return next((job for job in jobs if job["key"] == key), None)

    def has_begun_all(self) -> bool:
        return all(job["effects"] for job in server.read_journal(self.folder).values())

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class JobsConformance(Conformance):
    """What the suite asks for, on one server per class; each test's attempts have ids of their own."""

    package: ClassVar[str] = "tests.executors.jobs.executor:JobExecutor"
    parameters = {"what": "well"}
    jobs: ClassVar[JobServer]
    _numbers: ClassVar = itertools.count(1)

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def serve(cls, tmp_path_factory: pytest.TempPathFactory) -> Any:
        cls.jobs = JobServer(tmp_path_factory.mktemp("jobs"))
        yield
        cls.jobs.close()

    @pytest.fixture(autouse=True)
    def is_there(self, serve: None) -> None:
        self.jobs.start()

    def new(self) -> Executor:
        """Found as a stranger's package is found."""
        found = registry.load([EntryPoint("jobs", self.package, registry.ENTRY_POINTS)])
        assert not found.problems
        return next(found.executors[kind] for kind in found.executors if kind not in {"shell", "http"})

    def context(self, config: Config, tmp_path: Path, **more: Any) -> Context:
        more["attempt_id"] = f"{more.get('attempt_id', 'attempt')}-{next(self._numbers)}"
        return super().context(config, tmp_path, **more)

    def told(self, program: str, words: str = "it begins") -> Config:
        return {"server": f"http://127.0.0.1:{self.jobs.port}", "program": program, "words": words}

    def succeeding(self) -> Config:
        return self.told("deploy", "it went ${what}")

    def failing(self) -> Config:
        return self.told("break")

    def impossible(self) -> Config:
        return self.told("teleport")

    def long(self) -> Config:
        return self.told("wait")

    def stubborn(self) -> Config:
        return self.told("stubborn")

    def let_go_on(self, context: Context) -> None:
        job = self.jobs.job(context.attempt_id)
        assert job is not None
        (self.jobs.folder / f"{job['id']}.go").touch()

    def effects(self, context: Context) -> int:
        job = self.jobs.job(context.attempt_id)
        return job["effects"] if job else 0

    def answer_lost(self, tmp_path: Path) -> Context:
        """The server has taken the job when it dies, and is there again."""
        context = self.context(self.long(), tmp_path)
        self.jobs.die_before_answering()
        self.new().start(context)
        self.jobs.await_death()
        self.jobs.start()
        until(self.jobs.has_begun_all)  # what it had taken, it goes on with by itself
        return context

    def lost(self, tmp_path: Path) -> Context:
        """The server has died, and nobody can ask it."""
        context = self.context(self.long(), tmp_path)
        self.new().start(context)
        self.jobs.kill()
        return context
