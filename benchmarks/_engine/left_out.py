"""The Celery application of workers that leave out what their environment says; nothing but the benchmark knows it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from celery.signals import worker_ready

from releaseorch.config.celery import app

LEFT_OUT = "BENCHMARK_LEAVES_OUT"  # as in without.py, which this can't import: that needs the apps
__all__ = ["app"]


@worker_ready.connect
def leave_out(**_: object) -> None:
    """In a worker: what its environment says isn't written. Nobody renews a lease; its columns stay in the claim."""
    from releaseorch.audit import events  # needs the apps
    from releaseorch.runs.engine.keeper import Keeper
    from releaseorch.waiting import ledger

    left_out = os.environ.get(LEFT_OUT, "")
    if left_out == "audit":
        events.together = _unheard(events._gathered, list)
    elif left_out == "ledger":
        ledger.together = _unheard(ledger._noted, dict)
    elif left_out == "leases":
        for name in ("stay", "add", "remove"):
            setattr(Keeper, name, _nothing)


def _unheard(gathered, empty):  # type: ignore[no-untyped-def]  # of two modules' own variables
    @contextmanager
    def together() -> Iterator[None]:
        token = gathered.set(empty())
        try:
            yield
        finally:
            gathered.reset(token)

    return together


def _nothing(*_: object) -> None:
    return None
