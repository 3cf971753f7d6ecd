"""How many steps a second does the engine carry out, beside what a strong developer would write by hand?

`ours` is the engine with all it promises; `hand` Celery and raw rows; `floor` PostgreSQL alone. In each round each of
them carries out each shape, in turn on the same servers; what is told are medians. `systems=with-all,without-audit,…`
tells what audit, leases and ledger cost.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks._embedded import database_url, embedded_broker
from benchmarks._engine import without
from benchmarks._engine.floor import Floor
from benchmarks._engine.hand import Hand
from benchmarks._engine.ours import Ours
from benchmarks._engine.shapes import Shape, shapes
from benchmarks._engine.systems import Place, System
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.launcher import postgres

NEEDS_DATA = False
USUAL: Mapping[str, type[System]] = {"ours": Ours, "hand": Hand, "floor": Floor}
SYSTEMS: Mapping[str, type[System]] = {**USUAL, **without.PARTS}
Times = dict[tuple[str, str], list[tuple[float, list[float]]]]


def run(
    data: Path,
    rounds: str = "5",
    scale: str = "1",
    only: str = "",
    systems: str = ",".join(USUAL),
    servers: str = "own",
) -> dict[str, Any]:
    """`servers=given`: by DATABASE_URL and CELERY_BROKER_URL; `only=chain,runs`, `scale=0.1` for a quick look."""
    if servers == "own":
        with own_servers() as env:
            return again(env, rounds=rounds, scale=scale, only=only, systems=systems, servers="given")
    wanted = shapes(float(scale), [name for name in only.split(",") if name])
    return told(wanted, measured(wanted, systems.split(","), int(rounds)), int(rounds))


@contextmanager
def own_servers() -> Iterator[dict[str, str]]:
    """PostgreSQL as it is installed (what is committed is on the disk), and the demo's broker."""
    with postgres.server(postgres.DURABLE) as url, embedded_broker() as broker_env:
        yield {"DATABASE_URL": url, **broker_env}


def again(env: Mapping[str, str], **options: str) -> dict[str, Any]:
    """This benchmark in a process that knows no other servers than these."""
    given = [word for name, value in options.items() for word in ("--set", f"{name}={value}")]
    program = [sys.executable, str(settings.BASE_DIR / "manage.py"), "benchmark", "engine", "--json", *given]
    done = subprocess.run(program, env={**os.environ, **env}, stdout=subprocess.PIPE, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(wanted: list[Shape], names: list[str], rounds: int) -> Times:
    times: Times = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="releaseorch-benchmark-")))
        stack.enter_context(scratch_installation())
        systems = [
            stack.enter_context(
                SYSTEMS[name](Place(database_url(), os.environ["CELERY_BROKER_URL"], folder / name))
            )
            for name in names
        ]
        for number in range(rounds):
            for shape in wanted:
                for system in systems:
                    found = system.carry_out(shape)
                    times.setdefault((shape.name, system.name), []).append(found)
                    rate = shape.all_steps / found[0]
                    tell(
                        f"round {number + 1} of {rounds}: {shape.name:8} {system.name:6} {rate:6.0f} steps/s"
                    )
    return times


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def told(wanted: list[Shape], times: Times, rounds: int) -> dict[str, Any]:
    """Steps per second, and for the chain what passes from the end of one step to the start of the next."""
    said: dict[str, dict[str, Any]] = {}
    for shape in wanted:
        of_shape = {name: found for (of, name), found in times.items() if of == shape.name}
        rates: dict[str, Any] = {
            name: round(shape.all_steps / median(seconds for seconds, _hops in found), 1)
            for name, found in of_shape.items()
        }
        if shape.name == "chain":
            rates["hop_p50_ms"] = {
                name: round(median(median(hops) for _seconds, hops in found), 2)
                for name, found in of_shape.items()
            }
        said[shape.name] = rates
    return {"shapes": said, "steps": {shape.name: shape.all_steps for shape in wanted}, "rounds": rounds,
            "database": connection.vendor}  # fmt: skip
