"""A log of 1 GB: printed by a script, kept, and downloaded, each process with little memory."""

import hashlib
import http.client
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks._embedded import embedded_broker, worker
from benchmarks._scale.memory import forget_peak, megabytes, processes
from benchmarks.pages import cookie, server
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.environments.models import Environment
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.runs import plans
from releaseorch.runs.models import Attempt, DeploymentRun
from releaseorch.runs.plans import PlanIn, PlanStep
from releaseorch.runs.services import start_run
from releaseorch.runs.states import RUN_FINAL, RunState

BYTES = 1024**3
MOST_MB = 64.0
LONGEST_S = 1200.0
LINE = b"%015d what a script prints, line for line, over and over again\n"
SCRIPT = f"""
import sys
size, number, printed = int(sys.argv[1]), 0, 0
while printed < size:
    lines = b"".join({LINE!r} % line for line in range(number, number + 1000))[:size - printed]
    sys.stdout.buffer.write(lines)
    number, printed = number + 1000, printed + len(lines)
"""


def measured(size: float) -> dict[str, Any]:
    """`grown_mb`: the peak beyond what each process had when it had just done and shown a small log; of the wrapper,
    which lives no longer than the script, all it has."""
    wanted = max(round(BYTES * size), 1)
    os.environ["RELEASEORCH_LOG_LIMIT_MB"] = str(wanted // 1024**2 + 1)
    with scratch_installation(), embedded_broker() as broker_env, worker(broker_env), server() as address:
        person = Person.objects.create_user("operator", name="Operator")
        RoleGrant.objects.create(person=person, role=Role.RELEASE_MANAGER)
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        read(address, carried_out(person, 100_000), session)
        with watched() as memory:
            began = time.perf_counter()
            attempt = carried_out(person, wanted)
            stored = time.perf_counter()
            length, digest = read(address, attempt, session)
            ended = time.perf_counter()
    expected = printed(wanted)
    grown = memory.grown()
    return {
        "bytes": wanted,
        "arrived_whole": (length, digest) == expected,
        "seconds_to_store": round(stored - began, 1),
        "seconds_to_download": round(ended - stored, 1),
        "idle_mb": memory.idle,
        "grown_mb": grown,
        "database": connection.vendor,
        "is_reached": (length, digest) == expected and max(grown.values()) <= MOST_MB,
    }


def printed(size: int) -> tuple[int, str]:
    """What the script prints, counted and hashed."""
    digest, number, left = hashlib.sha256(), 0, size
    while left:
        lines = b"".join(LINE % line for line in range(number, number + 1000))[:left]
        digest.update(lines)
        number, left = number + 1000, left - len(lines)
    return size, digest.hexdigest()


def carried_out(person: Person, size: int) -> Attempt:
    """A run of one step whose script prints so many bytes, when it is over."""
    place, _is_new = Environment.objects.get_or_create(name="Production", slug="production")
    run = DeploymentRun.objects.create(title="A log", environment=place, composed_by=person, edited_by=person)
    argv = [sys.executable, "-I", "-S", "-c", SCRIPT, str(size)]
    step = PlanStep(key="print", title="Print", executor="shell", parameters={"argv": argv})
    plans.write_plan(run=run, plan=PlanIn((step,)))
    for verb in ("propose", "approve"):
        getattr(run, verb)()
        run.save()
    start_run(actor=person, run=run)
    until = time.monotonic() + LONGEST_S
    while (state := DeploymentRun.objects.values_list("state", flat=True).get(pk=run.pk)) not in RUN_FINAL:
        if time.monotonic() > until or state != RunState.RUNNING:
            raise RuntimeError(f"The run with the log is {state}.")
        time.sleep(0.2)
    if state != RunState.SUCCEEDED:
        raise RuntimeError(f"The run with the log is {state}.")
    return Attempt.objects.select_related("step").get(step__run=run)


def read(address: str, attempt: Attempt, session: str) -> tuple[int, str]:
    """The page of the step, then the whole log as a file: counted and hashed."""
    digest, size = hashlib.sha256(), 0
    for path in (f"/steps/{attempt.step_id}", f"/attempts/{attempt.pk}/log"):
        line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        line.request("GET", path, headers={"Cookie": cookie(session)})
        answer = line.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} answered {answer.status}")
        digest, size = hashlib.sha256(), 0
        while part := answer.read(65536):
            digest.update(part)
            size += len(part)
        line.close()
    return size, digest.hexdigest()


class Memory:
    """What each kind of process had before, and at most since."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._before = {pid: forget_peak(pid) for pid in processes(state_dir)}
        self.idle = {kind: self._before[pid] for pid, kind in processes(state_dir).items()}
        self._peaks: dict[int, tuple[str, float]] = {}

    def look(self) -> None:
        for pid, kind in processes(self._state_dir).items():
            self._peaks[pid] = kind, max(megabytes(pid), self._peaks.get(pid, (kind, 0.0))[1])

    def grown(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pid, (kind, peak) in self._peaks.items():
            found[kind] = round(max(found.get(kind, 0.0), peak - self._before.get(pid, 0.0)), 1)
        return found


@contextmanager
def watched() -> Iterator[Memory]:
    """Looks again and again meanwhile, since a wrapper is gone when its script is."""
    memory, over = Memory(Path(settings.STATE_DIR)), threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            memory.look()

    looking = threading.Thread(target=look, name="memory")
    looking.start()
    try:
        yield memory
    finally:
        over.set()
        looking.join()
        memory.look()
