"""Steps per second where much is there at once, where much was before, and on what the demo runs on."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._embedded import database_url, embedded_broker
from benchmarks._engine.ours import Ours
from benchmarks._engine.shapes import Shape, chain, fan_out
from benchmarks._engine.systems import Place
from benchmarks._scale.again import again
from benchmarks.engine import own_servers
from benchmarks.pages import settle
from releaseorch.catalog.states import Phase, StepKind
from releaseorch.core import clock
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import AttemptState, RunState, StepState

ROUNDS = 3
NARROW, WIDE = 1000, 5000
OLD_STEPS, EACH = 200_000, 200
LEAST_WIDE, LEAST_OLD, LEAST_EMBEDDED = 0.9, 0.9, 0.7


def wide(size: float) -> dict[str, Any]:
    """A fan-out of 5,000 beside one of 1,000."""
    with own_servers() as env:
        return again("wide-here", env, size)


def wide_here(size: float) -> dict[str, Any]:
    narrow, broad = fan_of(round(NARROW * size)), fan_of(round(WIDE * size))
    with at_work() as carry_out:
        rates = in_turn(carry_out, [narrow, broad])
    ratio = round(rates[broad.name] / rates[narrow.name], 2)
    return {"steps_per_second": rates, "ratio": ratio, "is_reached": ratio >= LEAST_WIDE}


def old(size: float) -> dict[str, Any]:
    """With 200,000 steps of runs that are over, beside without."""
    with own_servers() as env:
        return again("old-here", env, size)


def old_here(size: float) -> dict[str, Any]:
    usual = [fan_of(round(NARROW * size)), Shape("chain", round(400 * size), chain(round(400 * size)))]
    with at_work() as carry_out:
        empty = in_turn(carry_out, usual)
        write_old_runs(round(OLD_STEPS * size))
        settle()
        full = in_turn(carry_out, usual)
    ratios = {name: round(full[name] / empty[name], 2) for name in empty}
    return {"empty": empty, "with_old_steps": full, "ratio": ratios,
            "is_reached": min(ratios.values()) >= LEAST_OLD}  # fmt: skip


def embedded(size: float) -> dict[str, Any]:
    """SQLite beside PostgreSQL, both with the demo's broker."""
    found: dict[str, dict[str, float]] = {}
    with own_servers() as env:
        found["postgresql"] = again("usual-here", env, size)["steps_per_second"]
    with embedded_broker() as broker_env, TemporaryDirectory(prefix="releaseorch-benchmark-") as folder:
        url = {"DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", **broker_env}
        found["sqlite"] = again("usual-here", url, size)["steps_per_second"]
    ratios = {name: round(found["sqlite"][name] / rate, 2) for name, rate in found["postgresql"].items()}
    return {"steps_per_second": found, "ratio": ratios, "is_reached": min(ratios.values()) >= LEAST_EMBEDDED}


def usual_here(size: float) -> dict[str, Any]:
    usual = [Shape("chain", round(400 * size), chain(round(400 * size))), fan_of(round(NARROW * size))]
    with at_work() as carry_out:
        return {"steps_per_second": in_turn(carry_out, usual), "is_reached": True}


def fan_of(width: int) -> Shape:
    return Shape(f"fan_out of {width}", width + 2, fan_out(width))


class at_work(ExitStack):
    """Inside, the engine with two workers on the servers that are given; what is called carries out a shape."""

    def __enter__(self) -> Callable[[Shape], float]:  # type: ignore[override]
        super().__enter__()
        folder = Path(self.enter_context(TemporaryDirectory(prefix="releaseorch-benchmark-")))
        self.enter_context(scratch_installation())
        place = Place(database_url(), os.environ["CELERY_BROKER_URL"], folder / "ours")
        ours = self.enter_context(Ours(place))
        return lambda shape: shape.all_steps / ours.carry_out(shape)[0]


def in_turn(carry_out: Callable[[Shape], float], shapes: list[Shape]) -> dict[str, float]:
    """The median rate of each; the first round warms up."""
    rates: dict[str, list[float]] = {shape.name: [] for shape in shapes}
    for number in range(ROUNDS + 1):
        for shape in shapes:
            rate = carry_out(shape)
            if number:
                rates[shape.name].append(rate)
    return {name: round(median(found), 1) for name, found in rates.items()}


def write_old_runs(steps: int) -> None:
    """Runs of 200 steps that succeeded yesterday, with the attempts that did them."""
    model = DeploymentRun.objects.order_by("-pk").select_related("environment", "composed_by")[0]
    ended = clock.now() - timedelta(days=1)
    for number in range(max(steps // EACH, 1)):
        run = DeploymentRun.objects.create(
            title=f"Old {number}", environment=model.environment, composed_by=model.composed_by,
            edited_by=model.composed_by, state=RunState.SUCCEEDED, started_at=ended, ended_at=ended,
        )  # fmt: skip
        made = Step.objects.bulk_create(
            Step(run=run, number=n + 1, key=str(n), title=str(n), kind=StepKind.AUTOMATED, phase=Phase.DEPLOY,
                 executor="noop", state=StepState.SUCCEEDED, started_at=ended, ended_at=ended)
            for n in range(EACH)
        )  # fmt: skip
        Attempt.objects.bulk_create(
            Attempt(step=step, number=1, token=1, state=AttemptState.SUCCEEDED, ended_at=ended)
            for step in made
        )
