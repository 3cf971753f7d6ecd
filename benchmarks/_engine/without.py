"""What audit, leases and ledger cost: the engine with one of them left out (`left_out.py`)."""

from celery import current_app

from benchmarks._engine.ours import WORKERS, Ours, programs
from benchmarks._engine.shapes import Shape
from benchmarks._engine.systems import await_workers, running

APP, LEFT_OUT = "benchmarks._engine.left_out:app", "BENCHMARK_LEAVES_OUT"


class WithAll(Ours):
    """The engine as it is; like those below, its workers are there only while a shape is carried out."""

    name = "with-all"
    leaves_out = ""

    def begin(self) -> None:
        self.begin_people()

    def carry_out(self, shape: Shape) -> tuple[float, list[float]]:
        env = {LEFT_OUT: self.leaves_out}
        with running(programs(APP), self.place, env) as started:
            await_workers(current_app, WORKERS, started)
            return super().carry_out(shape)


class WithoutAudit(WithAll):
    name, leaves_out = "without-audit", "audit"


class WithoutLeases(WithAll):
    name, leaves_out = "without-leases", "leases"


class WithoutLedger(WithAll):
    name, leaves_out = "without-ledger", "ledger"


PARTS = {part.name: part for part in (WithAll, WithoutAudit, WithoutLeases, WithoutLedger)}
