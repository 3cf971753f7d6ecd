"""What a campaign left behind, read once: tables as dictionaries, and the files that were written beside them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.campaign import points
from tests.faults.campaign.pace import Pace
from tests.faults.campaign.plant import Plant

Row = dict[str, Any]


@dataclass
class Facts:
    """`now` is when they were read, by the database's clock; `ready_when_quiet` are steps that were ready, with their
    tokens, when nothing was broken any more."""

    now: datetime
    pace: Pace
    ready_when_quiet: set[tuple[int, int]]
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
        def rows(table: str, order: str = "id") -> list[Row]:
            return plant.database.rows(f"SELECT * FROM {table} ORDER BY {order}")

        def by_id(table: str) -> dict[int, Row]:
            return {row["id"]: row for row in rows(table)}

        return cls(
            _moment(plant.database.rows(f"SELECT {plant.database.now} AS now")[0]["now"]),
            plant.pace,
            plant.ready_when_quiet,
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
            points.lines(plant.folder / points.EFFECTS),
            points.lines(plant.folder / "history"),
        )

    def is_long_ago(self, moment: datetime | None, seconds: float) -> bool:
        return moment is not None and self.now - moment > timedelta(seconds=seconds)

    @property
    def acknowledged(self) -> list[Row]:
        """Calls that were answered with 2xx, each once."""
        return list({line["key"]: line for line in self.history if line.get("status", 999) < 300}.values())

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


def _moment(said: datetime | str) -> datetime:
    return said if isinstance(said, datetime) else datetime.fromisoformat(said).replace(tzinfo=UTC)
