"""A run of 10,000 steps and 50,000 links, from its requests to its start and its page: seconds and memory."""

import gc
import http.client
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks._scale.company import Company, company
from benchmarks._scale.memory import forget_peak, megabytes, processes
from benchmarks.pages import cookie, server, settle
from releaseorch.delivery import composing, services
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.runs import graph, plans
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanIn
from releaseorch.runs.services import start_run

T = TypeVar("T")
LAYERS = 20
MOST_VALIDATED_S, MOST_CREATED_S, MOST_MB = 2.0, 15.0, 400.0


def measured(size: float) -> dict[str, Any]:
    """`validated`: order, cycles, the fewest links, the longest chain, the digest. `created`: the requests are put in
    a run, its plan is computed and stored. Beside them what else happens to such a run until it is under way."""
    with scratch_installation():
        there = company(max(round(LAYERS * size), 2))
        settle()
        gc.collect()
        took = Took()
        forget_peak()
        composition = took(
            "planned", lambda: composing.composition_of(there.requests[0].environment, there.requests)
        )
        plan = composition.plan
        took("validated", lambda: validate(plan))
        del composition
        run = took("created", lambda: services.compose_run(actor=there.composer, requests=there.requests))
        took("proposed", lambda: services.propose_run(actor=there.composer, run=again(run)))
        took("approved", lambda: services.approve_run(actor=there.approver, run=again(run)))
        took("started", lambda: start_run(actor=there.composer, run=again(run)))
        found = {"steps": len(plan.steps), "links": len(plan.links), "seconds": took.wall, "cpu_seconds": took.cpu,
                 "peak_mb": {"of who composes": megabytes(), **pages(there, run, took)}}  # fmt: skip
    is_reached = (
        took.wall["validated"] <= MOST_VALIDATED_S
        and took.wall["created"] <= MOST_CREATED_S
        and max(found["peak_mb"].values()) <= MOST_MB
    )
    return {**found, "database": connection.vendor, "is_reached": is_reached}


class Took:
    """Seconds by the clock and of the processor, by what was done."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        began, worked = time.perf_counter(), time.process_time()
        answer = work()
        self.wall[name] = round(time.perf_counter() - began, 2)
        self.cpu[name] = round(time.process_time() - worked, 2)
        return answer


def validate(plan: PlanIn) -> None:
    """All that is asked of a plan as a graph, and what its approver signs."""
    keys, pairs = plan.by_key, plan.pairs
    graph.order(keys, pairs)
    if graph.find_tangles(keys, pairs) or len(graph.minimal_links(keys, pairs)) != len(pairs):
        raise RuntimeError("The plan has cycles, or links that it doesn't need.")
    graph.longest_chain(keys, pairs, {key: step.expected_s for key, step in keys.items()})
    plans.digest(plan)


def again(run: DeploymentRun) -> DeploymentRun:
    return DeploymentRun.objects.get(pk=run.pk)


def pages(there: Company, run: DeploymentRun, took: Took) -> dict[str, float]:
    """The run's page from a web server of its own; what that had at most."""
    client = Client()
    client.force_login(there.composer)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with server() as address:
        for name in ("page", "page again"):
            took(name, lambda: opened(address, f"/runs/{run.pk}", session))
        return {f"of the {kind}": megabytes(pid) for pid, kind in processes(settings.STATE_DIR).items()}


def opened(address: str, path: str, session: str) -> int:
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    line.request("GET", path, headers={"Cookie": cookie(session)})
    answer = line.getresponse()
    size = 0
    while part := answer.read(65536):
        size += len(part)
    line.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path} answered {answer.status}")
    return size
