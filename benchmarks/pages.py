"""Does any page cost more with ten thousand rows of each noun, and what does it cost beside a bare page?"""

import http.client
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.db import connection, connections

from benchmarks._bare import BARE
from benchmarks._embedded import database_url
from benchmarks._house import BulkHouse
from benchmarks._walk import APART, Page, pages, queries_of, reading
from benchmarks.import_govuk import summed_up
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.launcher import children, ports
from releaseorch.launcher.processes import Child, Lifeline, stop

NEEDS_DATA = False
SIZES = (100, 10_000)
ROUNDS = 30
READY_S = 30.0
MOST_QUERIES_OF_A_LIST = 12
MOST_TIMES_BARE = 3.0


def run(_data: Path) -> dict[str, Any]:
    """Open every page as one person at both sizes; with the larger one also over HTTP, in turn with the bare page."""
    with scratch_installation():
        house = BulkHouse()
        counted: list[dict[Page, int]] = []
        for size in SIZES:
            house.grow(size)
            settle()
            found = pages(house) if not counted else list(counted[0])
            client = reading(house)
            counted.append({page: len(queries_of(client, page.path)) for page in found})
        session = reading(house).cookies[settings.SESSION_COOKIE_NAME].value
        with server() as address:
            measured = [measure(address, session, page, [one[page] for one in counted]) for page in found]
    return {**judged(measured), "pages": measured, "left_out": APART, "database": connection.vendor}


def judged(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The figures as sentences can quote them: which pages are over which limit."""
    return {
        "sizes": SIZES,
        "rounds": ROUNDS,
        "pages_measured": len(measured),
        "queries_grow": [one["page"] for one in measured if len(set(one["queries"])) > 1],
        "lists_over_12_queries": [
            one["page"] for one in measured if one["list"] and max(one["queries"]) > MOST_QUERIES_OF_A_LIST
        ],
        "over_3_times_bare": {
            one["page"]: [one["p50_times_bare"], one["p95_times_bare"]]
            for one in measured
            if max(one["p50_times_bare"], one["p95_times_bare"]) > MOST_TIMES_BARE
        },
    }


def settle() -> None:
    """What a database does by itself in an hour: it looks at its tables, so that it can plan."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(address: str, session: str, page: Page, queries: list[int]) -> dict[str, Any]:
    """The page and the bare one in turn, so that whatever else the machine does hits both."""
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    spent: dict[str, list[float]] = {page.path: [], BARE: []}
    size = 0
    for turn in range(ROUNDS + 1):
        for path, found in spent.items():
            began = time.perf_counter()
            line.request("GET", quote(path, safe="/?=&:#,"), headers={"Cookie": cookie(session)})
            answer = line.getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"{path} answered {answer.status}")
            if turn:  # the first one warms up
                found.append((time.perf_counter() - began) * 1000)
            size = len(body) if path == page.path else size
    line.close()
    ours, bare = summed_up(spent[page.path]), summed_up(spent[BARE])
    return {
        "page": page.name,
        "path": page.path,
        "list": page.is_list,
        "queries": queries,
        "p50_ms": ours["p50"],
        "p95_ms": ours["p95"],
        "bare_p50_ms": bare["p50"],
        "bare_p95_ms": bare["p95"],
        "p50_times_bare": round(ours["p50"] / bare["p50"], 2),
        "p95_times_bare": round(ours["p95"] / bare["p95"], 2),
        "kilobytes": round(size / 1024),
    }


def cookie(session: str) -> str:
    return f"{settings.SESSION_COOKIE_NAME}={session}"


@contextmanager
def server() -> Iterator[str]:
    """Inside, the demo's web server on the present database, with the bare page beside ours; its address."""
    connections.close_all()
    port = ports.beside(ports.DEFAULT)
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "benchmarks._bare_settings",
        "RELEASEORCH_STATE_DIR": str(settings.STATE_DIR),
        "RELEASEORCH_SECRET_KEY": settings.SECRET_KEY,
        "RELEASEORCH_BASE_URL": f"http://{ports.HOST}:{port}",
    }
    (Path(settings.STATE_DIR) / "logs").mkdir(exist_ok=True)
    log = Path(settings.STATE_DIR) / "logs" / "web.log"
    lifeline = Lifeline()
    child = Child("web", children.web(port), lifeline, env=env, log=log, folder=settings.BASE_DIR)
    try:
        await_answer(port, child, log)
        yield f"http://{ports.HOST}:{port}"
    finally:
        stop([child], 5)
        lifeline.close()


def await_answer(port: int, child: Child, log: Path) -> None:
    until = time.monotonic() + READY_S
    while True:
        try:
            line = http.client.HTTPConnection(ports.HOST, port, timeout=5)
            line.request("GET", "/healthz")
            if line.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.1)
        if child.code() is not None or time.monotonic() > until:
            raise RuntimeError(f"The web server doesn't answer. {log.read_text()[-2000:]}")
