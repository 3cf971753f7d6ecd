"""What a strong developer writes in a day: Celery on Redis, raw psycopg rows, a counter per step; no leases, no audit.

*Running* is committed before the body; *done*, the event and the followers after it.
"""

# ruff: noqa: S608 (only names of tables are joined)

import os
from abc import abstractmethod
from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg
from celery import Celery

from benchmarks._engine.shapes import Shape
from benchmarks._engine.stamps import stamp
from benchmarks._engine.systems import System, await_workers

TABLES = """
DROP TABLE IF EXISTS {0}_step, {0}_link, {0}_event;
CREATE TABLE {0}_step (
    id bigserial PRIMARY KEY, run int NOT NULL, key text NOT NULL, state text NOT NULL, open int NOT NULL,
    started_at timestamptz, ended_at timestamptz
);
CREATE INDEX ON {0}_step (id) WHERE state = 'ready';
CREATE TABLE {0}_link (before bigint NOT NULL, after bigint NOT NULL, PRIMARY KEY (before, after));
CREATE TABLE {0}_event (
    id bigserial PRIMARY KEY, step bigint NOT NULL, verb text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""
FOLLOWERS = """
UPDATE {0}_step SET open = open - 1, state = CASE WHEN open = 1 THEN 'ready' ELSE state END
WHERE id IN (SELECT id FROM {0}_step JOIN {0}_link ON after = id WHERE before = %s ORDER BY id FOR UPDATE OF {0}_step)
RETURNING id, state
"""

# Not the current one: in this process that is the product's.
app = Celery("hand", set_as_current=False, broker=os.environ.get("CELERY_BROKER_URL", ""))
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, task_default_queue="hand")


@cache
def database() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


@app.task(name="hand.run_step")
def run_step(step_id: int) -> None:
    taken = database().execute(
        "UPDATE hand_step SET state = 'running', started_at = clock_timestamp()"
        " WHERE id = %s AND state = 'ready' RETURNING key",
        [step_id],
    )
    row = taken.fetchone()
    if row is None:
        return
    stamp(row[0])
    with database().transaction():
        database().execute(
            "UPDATE hand_step SET state = 'done', ended_at = clock_timestamp() WHERE id = %s", [step_id]
        )
        database().execute("INSERT INTO hand_event (step, verb) VALUES (%s, 'done')", [step_id])
        followers = database().execute(FOLLOWERS.format("hand"), [step_id]).fetchall()
    for follower, state in followers:
        if state == "ready":
            run_step.delay(follower)


class Rows(System):
    """A system whose steps and links are plain rows."""

    def begin(self) -> None:
        self.link = self.stack.enter_context(psycopg.connect(self.place.database_url, autocommit=True))
        self.link.execute(TABLES.format(self.name))

    def write(self, shape: Shape) -> Callable[[], None]:
        """Rows of which nobody begins one yet."""
        self.link.execute(f"TRUNCATE {self.name}_step, {self.name}_link, {self.name}_event")
        waits_for = {after: 0 for _before, after in shape.links}
        for _before, after in shape.links:
            waits_for[after] += 1
        for run in range(shape.runs):
            with self.link.cursor() as cursor:
                ids = [
                    row[0]
                    for row in cursor.execute(
                        f"SELECT nextval('{self.name}_step_id_seq') FROM generate_series(1, %s)",
                        [shape.steps],
                    ).fetchall()
                ]
                cursor.executemany(
                    f"INSERT INTO {self.name}_step (id, run, key, state, open) VALUES (%s, %s, %s, 'waits', %s)",
                    [
                        (ids[place], run, key, waits_for.get(place, 0))
                        for place, key in enumerate(shape.keys(run))
                    ],
                )
                cursor.executemany(
                    f"INSERT INTO {self.name}_link VALUES (%s, %s)",
                    [(ids[before], ids[after]) for before, after in shape.links],
                )
        return self.start

    def start(self) -> None:
        first = f"UPDATE {self.name}_step SET state = 'ready' WHERE open = 0 RETURNING id"
        self.tell([row[0] for row in self.link.execute(first).fetchall()])

    @abstractmethod
    def tell(self, step_ids: list[int]) -> None:
        """Tell the workers of the first steps."""

    def ended_at(self) -> float | None:
        row = self.link.execute(
            f"SELECT extract(epoch FROM max(ended_at))::float, bool_and(state = 'done') FROM {self.name}_step"
        ).fetchone()
        return row[0] if row and row[1] else None


class Hand(Rows):
    name = "hand"

    def begin(self) -> None:
        super().begin()
        app.conf.broker_url = self.place.broker_url
        words = ["--without-gossip", "--without-mingle", "-c", "2", "-Q", "hand", "-l", "WARNING"]
        program = ["-m", "celery", "-A", f"{__name__}:app", "worker", *words]
        await_workers(app, 1, self.children({"hand-worker": program}))

    def tell(self, step_ids: list[int]) -> None:
        for step_id in step_ids:
            run_step.delay(step_id)
