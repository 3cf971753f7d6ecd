"""What people were told, against what is there: nothing that was answered with 2xx is lost, nothing counts twice."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.faults.campaign.facts import Facts, Row

PAST = {
    ("requests", ""): "request.created",
    ("requests", "submit"): "request.submitted",
    ("requests", "approve"): "request.approved",
    ("runs", ""): "run.created",
    ("runs", "propose"): "run.proposed",
    ("runs", "approve"): "run.approved",
    ("runs", "start"): "run.started",
    ("runs", "pause"): "run.paused",
    ("runs", "resume"): "run.resumed",
    ("runs", "cancel"): "run.cancelling",
    ("steps", "take"): "step.taken",
    ("steps", "done"): "step.done",
    ("steps", "retry"): "step.retried",
    ("steps", "skip"): "step.skipped",
    ("steps", "mark_done"): "step.marked_done",
    ("steps", "take_over"): "step.taken_over",
}
PATH = re.compile(r"(\w+)(?:/(\d+)/(\w+))?$")


def event_of(line: Row) -> tuple[str, int]:
    """The event that this call makes, and of what."""
    found = PATH.match(line["path"])
    assert found is not None, line
    noun, pk, verb = found[1], found[2], found[3] or ""
    return PAST[noun, verb], int(pk or line.get("id") or 0)


def no_acknowledged_write_is_lost(facts: Facts) -> Iterator[str]:
    """19: each has its event, once; a call that was never answered may have one too."""
    told = Counter((event["verb"], event["subject_id"]) for event in facts.events)
    answered = {line["key"] for line in facts.history if "status" in line}
    certain = Counter(event_of(line) for line in facts.acknowledged)
    unsure = Counter(event_of(line) for line in facts.history if line["key"] not in answered)
    for what in {event_of(line) for line in facts.history} - {(verb, 0) for verb in PAST.values()}:
        if told[what] < certain[what]:
            yield f"{what[0]} of {what[1]} was acknowledged {certain[what]} times, and happened {told[what]} times"
        if told[what] > certain[what] + unsure[what]:
            yield f"{what[0]} of {what[1]} happened {told[what]} times for {certain[what]} acknowledged calls"


def nothing_is_there_that_nobody_asked_for(facts: Facts) -> Iterator[str]:
    """A key that was sent again made no second request, and no second run."""
    for path, rows in (("requests", facts.requests), ("runs", facts.runs)):
        asked = {line["key"] for line in facts.history if line["path"] == path}
        if len(rows) > len(asked):
            yield f"{len(rows)} {path} are there for {len(asked)} calls"


CHECKS = (no_acknowledged_write_is_lost, nothing_is_there_that_nobody_asked_for)
