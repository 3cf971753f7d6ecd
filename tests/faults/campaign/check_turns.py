"""What must hold over the order of events: who had a turn, who was told, what stands in the inventory since.

Events are put in order by their number, which no clock decides: those of one run are written with its row locked.
"""

from collections import Counter
from collections.abc import Iterator

from tests.faults.campaign.facts import Facts, Row

BEGINS = {"step.claimed", "step.taken"}
INSTALLED = {"step.succeeded", "step.done", "step.marked_done"}
SAYS_NOTHING = {"step.reattached", "step.late_report", "step.reassigned"}
TOLD_S = 10.0


def nothing_begins_in_a_pause(facts: Facts) -> Iterator[str]:
    """A paused run begins nothing; what is under way may end."""
    paused: set[int] = set()
    for event in facts.events:
        if event["verb"] == "run.paused":
            paused.add(event["subject_id"])
        elif event["subject_kind"] == "run":
            paused.discard(event["subject_id"])
        elif event["verb"] in BEGINS and facts.steps[event["subject_id"]]["run_id"] in paused:
            yield f"step {event['subject_id']} began while its run was paused"


def runs_take_turns(facts: Facts) -> Iterator[str]:
    """14: two runs never work on one component of an environment by turns."""
    present: dict[tuple[int, int], int] = {}
    before: dict[tuple[int, int], set[int]] = {}
    for event in facts.events:
        if event["verb"] not in BEGINS:
            continue
        step = facts.steps[event["subject_id"]]
        if step["component_id"] is None:
            continue
        place, run = _place(facts, step), step["run_id"]
        if run in before.setdefault(place, set()):
            yield f"runs {run} and {present[place]} were at work on component and environment {place} at once"
        if present.get(place, run) != run:
            before[place].add(present[place])
        present[place] = run


def everything_is_told(facts: Facts) -> Iterator[str]:
    """16: whoever asked for an event is told of it."""
    late = {event["id"] for event in facts.events if facts.is_long_ago(event["at"], TOLD_S)}
    missing = [row for row in facts.outbox if row["delivered_at"] is None and row["event_id"] in late]
    if missing:
        yield f"{len(missing)} of {len(facts.outbox)} were not told of an event: {missing[0]['handler']}"


def inventory_is_one_line(facts: Facts) -> Iterator[str]:
    """One open row for a place."""
    rows = Counter(
        (row["environment_id"], row["component_id"], row["target_id"])
        for row in facts.installations
        if row["until"] is None
    )
    for place, number in rows.items():
        if number > 1:
            yield f"{place} has {number} open rows in the inventory"


def inventory_is_true(facts: Facts) -> Iterator[str]:
    """What the last step that installs there did, stands in the inventory."""
    last: dict[tuple[int, int], tuple[str, Row]] = {}
    for event in facts.events:
        if event["subject_kind"] == "step" and event["verb"] not in SAYS_NOTHING:
            step = facts.steps[event["subject_id"]]
            if step["installs"]:
                last[_place(facts, step)] = (event["verb"], step)
    there = {
        (row["environment_id"], row["component_id"]): row
        for row in facts.installations
        if row["until"] is None
    }
    for place, (verb, step) in last.items():
        found = there.get(place)
        if verb not in INSTALLED:
            continue
        if found is None or (found["version_id"], found["uncertain_with_id"]) != (step["version_id"], None):
            yield f"the inventory doesn't say what step {step['id']} installed at {place}"


def _place(facts: Facts, step: Row) -> tuple[int, int]:
    return facts.runs[step["run_id"]]["environment_id"], step["component_id"]


CHECKS = (
    nothing_begins_in_a_pause,
    runs_take_turns,
    everything_is_told,
    inventory_is_one_line,
    inventory_is_true,
)
