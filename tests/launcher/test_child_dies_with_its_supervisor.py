"""The shim: a program and its group never outlive the supervisor, and a polite stop is tried first."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from releaseorch.launcher import processes
from releaseorch.launcher.processes import Child, Lifeline
from tests.launcher.conftest import until

SLEEPS = "import time; open({ready!r}, 'w'); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({ready!r}, 'w'); time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    " open({ready!r}, 'w'); time.sleep(600)"
)


@pytest.fixture
def lifeline() -> Iterator[Lifeline]:
    line = Lifeline()
    yield line
    line.close()


def start(code: str, folder: Path, lifeline: Lifeline, grace: float = 5) -> Child:
    ready = folder / "ready"
    program = [sys.executable, "-c", code.format(ready=str(ready)), str(folder)]
    child = Child("one", program, lifeline, env=dict(os.environ), log=folder / "one.log", grace=grace)
    until(lambda: ready.exists() or child.code() is not None, "the program to run")
    return child


def left(folder: Path) -> list[int]:
    return [pid for pid in processes.mentioning(folder) if processes.alive(pid)]


def test_the_exit_code_of_the_program_is_the_exit_code_of_the_child(
    tmp_path: Path, lifeline: Lifeline
) -> None:
    assert start("raise SystemExit(7)", tmp_path, lifeline).wait(10) == 7


def test_output_goes_to_the_log(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start("print('hello there')", tmp_path, lifeline)
    child.wait(10)
    assert child.tail() == "hello there"


def test_term_is_forwarded(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(SLEEPS, tmp_path, lifeline)
    processes.stop([child], 5)
    assert child.code() == 128 + signal.SIGTERM
    assert left(tmp_path) == []


def test_who_ignores_term_is_killed_after_the_grace(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(STUBBORN, tmp_path, lifeline, grace=0.2)
    child.signal(signal.SIGTERM)
    assert child.wait(5) == 128 + signal.SIGKILL
    assert left(tmp_path) == []


def test_a_second_signal_kills_at_once(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(STUBBORN, tmp_path, lifeline, grace=60)
    child.signal(signal.SIGTERM)
    assert child.wait(0.2) is None
    child.signal(signal.SIGTERM)
    assert child.wait(5) == 128 + signal.SIGKILL


def test_the_end_of_the_lifeline_ends_even_who_ignores_term(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(STUBBORN, tmp_path, lifeline)
    lifeline.close()
    begun = time.monotonic()
    assert child.wait(5) == 128 + signal.SIGKILL
    assert time.monotonic() - begun < 3


def test_the_group_of_the_program_ends_with_it(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(FAMILY, tmp_path, lifeline)
    assert (
        len(processes.supervised(tmp_path, lifeline)) == 2
    )  # the shim and the program; the grandchild closed it
    group = [pid for pid in left(tmp_path) if pid != child.process.pid]
    child.signal(signal.SIGTERM)
    child.wait(5)
    until(lambda: not [pid for pid in group if processes.alive(pid)], "the end of the group")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a child with its parent")
def test_kill_9_of_the_shim_takes_the_program_along(tmp_path: Path, lifeline: Lifeline) -> None:
    child = start(SLEEPS, tmp_path, lifeline)
    child.process.kill()
    child.wait(5)
    until(lambda: left(tmp_path) == [], "the end of the program")


def test_a_shell_that_only_exports_the_state_directory_is_not_ours(tmp_path: Path) -> None:
    environment = {**os.environ, "RELEASEORCH_STATE_DIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment) as shell:
        assert shell.pid not in processes.supervised(tmp_path)
        assert shell.pid in processes.mentioning(tmp_path)
        shell.communicate(b"\n")
