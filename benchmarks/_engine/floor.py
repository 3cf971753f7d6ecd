"""The most PostgreSQL can do: two bare processes, LISTEN, SKIP LOCKED, pipeline mode; the same commits, no broker."""

# ruff: noqa: S608 (only names of this module are joined)

import os
from typing import Any

import psycopg

from benchmarks._engine.hand import FOLLOWERS, Rows
from benchmarks._engine.stamps import stamp
from benchmarks._engine.systems import awaited

TAKE = """
UPDATE floor_step SET state = 'running', started_at = clock_timestamp()
WHERE id = (SELECT id FROM floor_step WHERE state = 'ready' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, key
"""
DONE = "UPDATE floor_step SET state = 'done', ended_at = clock_timestamp() WHERE id = %s"
EVENT = "INSERT INTO floor_event (step, verb) VALUES (%s, 'done')"
# Who made one step ready takes it; for more the others are woken.
PASS_ON = f"""
WITH moved AS ({FOLLOWERS.format("floor")})
SELECT pg_notify('floor', '') FROM (SELECT count(*) AS made FROM moved WHERE state = 'ready') AS ready WHERE made > 1
"""
PROCESSES = 2


def work() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute("LISTEN floor")
        taken = link.execute(TAKE).fetchone()
        while True:
            if taken is None:
                for _notified in link.notifies(timeout=0.5, stop_after=1):
                    pass
                taken = link.execute(TAKE).fetchone()
            else:
                stamp(taken[1])
                taken = finish_and_take(link, taken[0])


def finish_and_take(link: psycopg.Connection[Any], step_id: int) -> tuple[int, str] | None:
    """Two commits, one way to the server and back."""
    with link.pipeline():
        with link.transaction():
            link.execute(DONE, [step_id])
            link.execute(EVENT, [step_id])
            link.execute(PASS_ON, [step_id])
        return link.execute(TAKE).fetchone()


class Floor(Rows):
    name = "floor"

    def begin(self) -> None:
        super().begin()
        program = ["-c", f"from {__name__} import work; work()"]
        self.children({f"floor-{number}": program for number in range(PROCESSES)})
        awaited(self._listening, "The processes don't listen")

    def tell(self, step_ids: list[int]) -> None:
        self.link.execute("SELECT pg_notify('floor', '')")

    def _listening(self) -> float | None:
        row = self.link.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%UPDATE floor_step%%' AND pid <> pg_backend_pid()"
        ).fetchone()
        return 1.0 if row and row[0] >= PROCESSES else None
