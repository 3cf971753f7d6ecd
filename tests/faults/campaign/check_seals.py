"""The chain over what happened, computed here once more from the rows."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from tests.faults.campaign.facts import Facts, Row

GENESIS = "0" * 64
SEALED_S = 5.0  # after that each event has its seal


def seals_fit(facts: Facts) -> Iterator[str]:
    events = {event["id"]: event for event in facts.events}
    previous = GENESIS
    for number, seal in enumerate(facts.seals, start=1):
        if seal["seq"] != number or seal["previous_hash"] != previous:
            yield f"seal {seal['seq']} doesn't follow the one before"
        if seal["hash"] != hashlib.sha256(previous.encode() + _content(events[seal["event_id"]])).hexdigest():
            yield f"event {seal['event_id']} is not what was sealed"
        previous = seal["hash"]


def everything_is_sealed(facts: Facts) -> Iterator[str]:
    sealed = {seal["event_id"] for seal in facts.seals}
    late = [event for event in facts.events if facts.is_long_ago(event["at"], SEALED_S)]
    missing = {event["id"] for event in late} - sealed
    if missing:
        yield f"{len(missing)} events are not sealed"


def each_claim_has_its_event(facts: Facts) -> Iterator[str]:
    """16: state and audit are one transaction."""
    told = Counter(event["subject_id"] for event in facts.events if event["verb"] == "step.claimed")
    by_machine = Counter(
        attempt["step_id"] for attempt in facts.attempts.values() if attempt["person_id"] is None
    )
    for step in {*told, *by_machine}:
        if told[step] != by_machine[step]:
            yield f"step {step} was claimed {by_machine[step]} times, and {told[step]} events say so"


def each_run_has_its_events(facts: Facts) -> Iterator[str]:
    """16: began and ended once."""
    told = Counter(
        (event["subject_id"], event["verb"]) for event in facts.events if event["subject_kind"] == "run"
    )
    for pk, run in facts.runs.items():
        if run["ended_at"] is not None and told[pk, f"run.{run['state']}"] != 1:
            yield f"run {pk} is {run['state']}, and not exactly one event says so"
        if run["started_at"] is not None and told[pk, "run.started"] != 1:
            yield f"run {pk} was started, and not exactly one event says so"


def _read(kept: Any) -> Any:
    """SQLite keeps JSON as text."""
    return json.loads(kept) if isinstance(kept, str) else kept


def _content(event: Row) -> bytes:
    content = {
        "id": event["id"],
        "at": event["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [event["actor_kind"], event["actor_id"], event["actor_name"]],
        "verb": event["verb"],
        "subject": [event["subject_kind"], event["subject_id"], event["subject_name"]],
        "before": _read(event["before"]),
        "after": _read(event["after"]),
        "reason": event["reason"],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


CHECKS = (seals_fit, everything_is_sealed, each_claim_has_its_event, each_run_has_its_events)
