"""What a campaign left behind, read once: tables as dictionaries, and the files that were written beside them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.faults.campaign import points
from tests.faults.campaign.plant import Plant

Row = dict[str, Any]


@dataclass
class Facts:
    """`now` is when they were read, by the database's clock."""

    now: datetime
    runs: dict[int, Row]
    steps: dict[int, Row]
    attempts: dict[int, Row]
    links: list[Row]
    decisions: list[Row]
    targets: list[Row]
    waits: list[Row]
    events: list[Row]
    seals: list[Row]
    installations: list[Row]
    log: list[Row]
    requests: dict[int, Row]
    outbox: list[Row]
    effects: list[Row]
    history: list[Row]

    @classmethod
    def of(cls, plant: Plant) -> "Facts":
        with psycopg.connect(plant.postgres.url, row_factory=dict_row) as database:

            def rows(table: str, order: str = "id") -> list[Row]:
                return list(database.execute(f"SELECT * FROM {table} ORDER BY {order}"))  # type: ignore[arg-type]

            def by_id(table: str) -> dict[int, Row]:
                return {row["id"]: row for row in rows(table)}

            return cls(
                rows("(SELECT now())", "1")[0]["now"],
                by_id("runs_deploymentrun"),
                by_id("runs_step"),
                by_id("runs_attempt"),
                rows("runs_steplink"),
                rows("runs_decision"),
                rows("runs_runtarget"),
                rows("waiting_interval"),
                rows("audit_event"),
                rows("audit_seal", "seq"),
                rows("environments_installation"),
                rows("runs_logchunk", 'attempt_id, "offset"'),
                by_id("delivery_deploymentrequest"),
                rows("audit_outbox"),
                points.lines(plant.folder / "effects"),
                points.lines(plant.folder / "history"),
            )

    def is_long_ago(self, moment: datetime | None, seconds: float) -> bool:
        return moment is not None and self.now - moment > timedelta(seconds=seconds)

    @property
    def acknowledged(self) -> list[Row]:
        """Calls that were answered with 2xx."""
        return [line for line in self.history if line.get("status", 999) < 300]

    def attempts_of(self) -> dict[int, list[Row]]:
        found = defaultdict(list)
        for attempt in self.attempts.values():
            found[attempt["step_id"]].append(attempt)
        return found

    def effects_of(self) -> dict[int, list[Row]]:
        """By attempt."""
        found = defaultdict(list)
        for effect in self.effects:
            found[effect["attempt"]].append(effect)
        return found

    def before(self) -> dict[int, list[int]]:
        found = defaultdict(list)
        for link in self.links:
            found[link["after_id"]].append(link["before_id"])
        return found
