"""`manage.py demo --smoke`: three people do the whole job over HTTP, then another process looks whether it happened.

1. A real demo starts: its own free port, state directory and processes, exactly as a person starts it.
2. `scenario.play` drives the pages. Nothing here touches the database or the broker.
3. `manage.py smoke_check --run N` in another process reads what is there afterwards (see `Facts`).
4. The demo is stopped with the signal of Ctrl-C; no process that knows the state directory may be left.
The last line of the output is JSON; the exit code is 0 only when all of it happened.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from releaseorch.launcher import children, ports, processes, scenario, state
from releaseorch.launcher.browser import Browser, PageError
from releaseorch.launcher.children import Addresses
from releaseorch.launcher.console import say, warn
from releaseorch.launcher.processes import Child, Lifeline
from releaseorch.launcher.state import ROOT

START_SECONDS = 60.0
STOP_SECONDS = 5.0
CHECK_SECONDS = 30.0


class Failed(Exception):
    """Something that had to happen did not; the text says what."""


class Installed(TypedDict):
    component: str
    environment: str
    version: str


class Deployed(TypedDict):
    """`path` is the file that the automated step put on disk, outside the database."""

    component: str
    path: str


class Facts(TypedDict):
    """What `manage.py smoke_check --run N` prints as one line of JSON, read from the rows in a process of its own.

    `state`: of the run. `inventory`: the open rows that the run wrote. `seals`: whether the chain verifies up to the
    last event, and how many seals there are (the command waits up to 10 s until every event is sealed).
    `deployed`: a file on disk for each automated deploy step of the run.
    """

    state: str
    inventory: list[Installed]
    seals: dict[str, Any]
    deployed: list[Deployed]


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="releaseorch-smoke-"))
    try:
        ready, played = run(folder)
    except (Failed, PageError, LookupError) as failure:
        warn(f"\n{failure}\n\nThe state and the logs are kept in {folder}")
        print(json.dumps({"ok": False, "error": " … ".join(ends(str(failure)))}), flush=True)
        return 1
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({"ok": True, "ready_s": round(ready, 2), "scenario_s": round(played, 2)}), flush=True)
    return 0


def ends(text: str) -> list[str]:
    """The first and the last line: what failed, and mostly why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if len(lines) == 1 else [lines[0], lines[-1]]


def run(folder: Path) -> tuple[float, float]:
    """Returns the seconds until the first page and those of the scenario."""
    state_dir = folder / "state"
    with demo(state_dir, folder / "demo.log") as (child, url):
        ready = await_first_page(child, url, state_dir)
        say(f"  First page after {ready:.1f} s; three people begin.")
        begun = time.monotonic()
        outcome = scenario.play(url, people(state_dir), say)
        played = time.monotonic() - begun
        say(f"  Run {outcome.run} is over after {played:.1f} s; looking from another process.")
        verify(facts(state_dir, outcome.run), outcome)
        stop(child)
    if left := processes.mentioning(folder):
        lines = "\n".join(f"  {pid}: {arguments}" for pid, arguments in left.items())
        raise Failed(f"{len(left)} processes are left after the stop:\n{lines}")
    return ready, played


@contextmanager
def demo(state_dir: Path, log: Path) -> Iterator[tuple[Child, str]]:
    port = ports.any_free()
    program = [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port)]
    lifeline = Lifeline()
    env = {**os.environ, "RELEASEORCH_STATE_DIR": str(state_dir)}
    child = Child("demo", program, lifeline, env=env, log=log, folder=ROOT, grace=STOP_SECONDS + 1)
    try:
        yield child, f"http://{ports.HOST}:{port}"
    finally:
        processes.stop([child], STOP_SECONDS + 2)
        lifeline.close()


def await_first_page(child: Child, url: str, state_dir: Path) -> float:
    """Seconds from the start until a person sees the login page, with the demo's data behind it."""
    begun = time.monotonic()
    while not state.read(state_dir).get("ready"):
        if child.code() is not None:
            raise Failed(f"The demo ended with exit code {child.code()}:\n{child.tail()}")
        if time.monotonic() - begun > START_SECONDS:
            raise Failed(f"The demo is not ready after {START_SECONDS:.0f} s:\n{child.tail()}")
        time.sleep(0.05)
    Browser(url).get("/login")
    return time.monotonic() - begun


def people(state_dir: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((state_dir / state.PEOPLE).read_text())
    return found


def facts(state_dir: Path, run_id: int) -> Facts:
    argv = [sys.executable, str(ROOT / "manage.py"), "smoke_check", "--run", str(run_id)]
    env = {**children.environment(Addresses(0, 0)), "RELEASEORCH_STATE_DIR": str(state_dir)}
    done = subprocess.run(
        argv, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=CHECK_SECONDS
    )
    if done.returncode:
        raise Failed(f"smoke_check ended with exit code {done.returncode}:\n{done.stderr or done.stdout}")
    found: Facts = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def verify(found: Facts, outcome: scenario.Outcome) -> None:
    """Raises Failed unless the rows and the disk say what the pages said."""
    if found["state"] != "succeeded":
        raise Failed(f"The run is {found['state']}, not succeeded.")
    wanted = (outcome.component, outcome.environment, outcome.version)
    there = [(row["component"], row["environment"], row["version"]) for row in found["inventory"]]
    if wanted not in there:
        raise Failed(f"The inventory has {there}, not {wanted}.")
    if not found["seals"]["unbroken"] or not found["seals"]["count"]:
        raise Failed(f"The audit seals are broken: {found['seals']}")
    files = [Path(one["path"]) for one in found["deployed"]]
    if not files or not all(file.exists() for file in files):
        raise Failed(f"Not deployed on disk: {[str(file) for file in files] or 'no file at all'}")


def stop(child: Child) -> None:
    begun = time.monotonic()
    child.signal(signal.SIGINT)
    if child.wait(STOP_SECONDS) is None:
        raise Failed(f"The demo did not stop within {STOP_SECONDS:.0f} s of Ctrl-C:\n{child.tail()}")
    if child.code():
        raise Failed(f"The demo ended with exit code {child.code()} at Ctrl-C:\n{child.tail()}")
    say(f"  Stopped after {time.monotonic() - begun:.1f} s.")
