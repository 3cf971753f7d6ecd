"""A copy of the launcher beside stand-ins for Django, uvicorn and Celery: real processes, small children."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from releaseorch.launcher import ports, processes

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).with_name("stand_ins")
SECONDS = 15.0


def until(met: Callable[[], bool], what: str) -> None:
    """Waits for another process; fails the test with what was waited for."""
    deadline = time.monotonic() + SECONDS
    while not met():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {SECONDS:.0f} s for: {what}")
        time.sleep(0.02)


class Copy:
    """A checkout of Releaseorch in a temporary folder, with `.venv` installed when asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.venv = folder / ".venv"
        (folder / "releaseorch").mkdir(parents=True)
        shutil.copy(ROOT / "manage.py", folder)
        shutil.copy(ROOT / "releaseorch" / "__init__.py", folder / "releaseorch")
        shutil.copytree(ROOT / "releaseorch" / "launcher", folder / "releaseorch" / "launcher")
        scripts = folder / "fixtures" / "northfold" / "scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ROOT / "fixtures" / "northfold" / "scripts" / "site.py", scripts)
        for name in ("requirements.lock", "requirements-test.lock"):
            (folder / name).write_text(f"# nothing to install: {name}\n")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RELEASEORCH_STATE_DIR": str(self.state),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.started: list[subprocess.Popen[str]] = []

    def install(self) -> "Copy":
        """A finished `.venv` whose packages are the stand-ins."""
        base = getattr(sys, "_base_executable", sys.executable)
        subprocess.run([base, "-m", "venv", "--without-pip", self.venv], check=True)
        (site,) = self.venv.glob("lib/python*/site-packages")
        shutil.copytree(STAND_INS, site, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        installed = sorted(entry.name for entry in site.iterdir())
        stamp = {"locks": {"run": self.digest("requirements.lock")}, "installed": installed}
        (self.venv / "releaseorch.json").write_text(json.dumps(stamp))
        return self

    def digest(self, lock: str) -> str:
        return hashlib.sha256((self.folder / lock).read_bytes()).hexdigest()

    def run(
        self, *arguments: str, python: str = "", env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        argv = [python or getattr(sys, "_base_executable", sys.executable), "manage.py", *arguments]
        return subprocess.run(
            argv,
            cwd=self.folder,
            env={**self.env, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        """`manage.py demo`, with its output in demo.txt."""
        argv = [getattr(sys, "_base_executable", sys.executable), "manage.py", "demo", *arguments]
        with (self.folder / "demo.txt").open("a") as output:
            process = subprocess.Popen(
                argv,
                cwd=self.folder,
                env={**self.env, **(env or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
            )
        self.started.append(process)
        return process

    def said(self) -> str:
        return (self.folder / "demo.txt").read_text()

    def facts(self) -> dict[str, object]:
        with contextlib.suppress(OSError, ValueError):
            facts: dict[str, object] = json.loads((self.state / "lock").read_text())
            return facts
        return {}

    def ready(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.Popen[str]":
        """Started, and ready as its own words say."""
        process = self.start("--port", str(ports.any_free()), *arguments, env=env)
        until(lambda: process.poll() is not None or "Stop with Ctrl-C" in self.said(), "the demo to be ready")
        assert process.poll() is None, self.said()
        return process

    def left(self) -> dict[int, str]:
        return {
            pid: words for pid, words in processes.mentioning(self.folder).items() if processes.alive(pid)
        }


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Copy]:
    one = Copy(tmp_path / "copy")
    yield one
    for process in one.started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(10)
