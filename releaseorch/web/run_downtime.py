"""Which applications a run takes down, for how long so far, and what was announced."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from releaseorch.delivery import plan_schedule
from releaseorch.delivery.plan_schedule import Outage
from releaseorch.runs.models import Step
from releaseorch.web.run_times import Times


@dataclass(frozen=True)
class Down:
    """One application; `since` is None until it goes down, `until` until all of it is back."""

    application: str
    announced_s: int
    since: datetime | None
    until: datetime | None
    seconds: int

    @property
    def is_down(self) -> bool:
        return self.since is not None and self.until is None

    @property
    def left_s(self) -> int:
        return self.announced_s - self.seconds


def downtimes_of(steps: Iterable[Step], times: Times, now: datetime) -> list[Down]:
    """By application; no query."""
    by_key = {step.key: step for step in steps}
    spans: dict[str, list[Outage]] = {}
    for outage in plan_schedule.outages(times.plan, times.schedule):
        step = by_key.get(outage.taken_down_by)
        if step is not None and step.component is not None:
            spans.setdefault(step.component.application.name, []).append(outage)
    return [_down(name, found, by_key, now) for name, found in sorted(spans.items())]


def _down(application: str, found: list[Outage], by_key: dict[str, Step], now: datetime) -> Down:
    begun = [by_key[one.taken_down_by].started_at for one in found]
    backs = [by_key.get(one.brought_back_by or "") for one in found]
    since = min((moment for moment in begun if moment is not None), default=None)
    ends = [step.ended_at if step is not None else None for step in backs]
    is_back = since is not None and all(end is not None for end in ends)
    until = max(end for end in ends if end is not None) if is_back else None
    seconds = int(((until or now) - since).total_seconds()) if since else 0
    return Down(application, plan_schedule.seconds_down(found), since, until, max(seconds, 0))
