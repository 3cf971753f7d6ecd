"""What must hold over the rows when a campaign is over."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.campaign.facts import Facts

ACTIVE = {"running", "paused", "cancelling"}
RUN_FINAL = {"succeeded", "succeeded_with_exceptions", "stopped", "rejected", "cancelled"}
STEP_FINAL = {"succeeded", "skipped", "failed", "cancelled", "not_needed"}
PASSED = {"succeeded", "skipped", "not_needed"}
AT_WORK = {"running", "claimed"}
WAITING = {"ready", "claimed", "running", "needs_decision"}
# After the end of a lease: the grace and a round of the housekeeper.
LOST_S = 50.0


def one_active_attempt(facts: Facts) -> Iterator[str]:
    """1 and 2: one where somebody works, none elsewhere, with the step's present token."""
    attempts = facts.attempts_of()
    for pk, step in facts.steps.items():
        active = [attempt for attempt in attempts[pk] if attempt["state"] == "running"]
        if len(active) != (step["state"] in AT_WORK):
            yield f"step {pk} is {step['state']} with {len(active)} active attempts"
        if any(attempt["token"] != step["token"] for attempt in active):
            yield f"step {pk}: its attempt holds another token"


def tokens_go_up(facts: Facts) -> Iterator[str]:
    """9: each attempt has a token of its own, larger than those before."""
    for pk, attempts in facts.attempts_of().items():
        tokens = [attempt["token"] for attempt in sorted(attempts, key=lambda one: one["number"])]
        if tokens != sorted(set(tokens)) or tokens[-1] > facts.steps[pk]["token"]:
            yield f"step {pk} has the tokens {tokens}"


def unknown_was_decided(facts: Facts) -> Iterator[str]:
    """5: an outcome that nobody knew was decided on by a person, before anything followed."""
    decided = {decision["attempt_id"] for decision in facts.decisions}
    for pk, attempt in facts.attempts.items():
        state = facts.steps[attempt["step_id"]]["state"]
        if attempt["state"] == "unknown" and pk not in decided and state != "needs_decision":
            yield f"step {attempt['step_id']} is {state}, and nobody decided on its unknown attempt"


def requeued_at_most_thrice(facts: Facts) -> Iterator[str]:
    """7: and each time an attempt without intent ended."""
    attempts = facts.attempts_of()
    for pk, step in facts.steps.items():
        lost = sum(
            attempt["state"] == "errored" and attempt["effect_started_at"] is None for attempt in attempts[pk]
        )
        if step["requeues"] > 3 or step["requeues"] > lost:
            yield f"step {pk} was requeued {step['requeues']} times with {lost} attempts that never began"


def ready_when_all_before_is_over(facts: Facts) -> Iterator[str]:
    """8, and nothing is left behind."""
    before = facts.before()
    for pk, step in facts.steps.items():
        is_open = [one for one in before[pk] if facts.steps[one]["state"] not in PASSED | {"cancelled"}]
        is_begun = step["state"] in WAITING | {"succeeded", "skipped"}
        if is_begun and is_open:
            yield f"step {pk} is {step['state']} before step {is_open[0]} is over"
        run = facts.runs[step["run_id"]]
        if run["state"] in ACTIVE and step["state"] == "pending" and not is_open:
            yield f"step {pk} waits for nothing and is not ready"


def runs_end(facts: Facts) -> Iterator[str]:
    """Over with nothing open, under way with something open; approved ones were started."""
    is_open = Counter(step["run_id"] for step in facts.steps.values() if step["state"] not in STEP_FINAL)
    for pk, run in facts.runs.items():
        if run["state"] in RUN_FINAL and is_open[pk]:
            yield f"run {pk} is {run['state']} with {is_open[pk]} open steps"
        if run["state"] in {"running", "cancelling"} and not is_open[pk]:
            yield f"run {pk} is {run['state']} with nothing open"


def whatever_is_open_is_with_a_person(facts: Facts) -> Iterator[str]:
    """Long enough after a fault nothing waits for a machine any more."""
    for pk, attempt in facts.attempts.items():
        if attempt["state"] == "running" and facts.is_long_ago(attempt["lease_until"], facts.pace(LOST_S)):
            yield f"step {attempt['step_id']} has been running since attempt {pk}, whose worker is gone"
    for pk, step in facts.steps.items():
        by_machine = step["kind"] == "automated" and not step["is_taken_over"]
        is_begun = facts.runs[step["run_id"]]["state"] == "running"
        was_there = (pk, step["token"]) in facts.ready_when_quiet
        if is_begun and by_machine and step["state"] == "ready" and was_there:
            yield f"step {pk} is ready, and nobody begins it"


def everything_open_waits_for_somebody(facts: Facts) -> Iterator[str]:
    """20: one open primary interval for whatever is not over, none for what is."""
    waits = Counter(
        (wait["subject_kind"], wait["subject_id"])
        for wait in facts.waits
        if wait["ended_at"] is None and wait["is_primary"]
    )
    for name, rows, open_states, final in (
        ("run", facts.runs, ACTIVE, RUN_FINAL),
        ("step", facts.steps, WAITING, STEP_FINAL),
    ):
        for pk, row in rows.items():
            if row["state"] in open_states and waits[name, pk] != 1:
                yield f"{name} {pk} is {row['state']} and waits for {waits[name, pk]} at once"
            if row["state"] in final and waits[name, pk]:
                yield f"{name} {pk} is {row['state']} and still waits"


def no_component_held_twice(facts: Facts) -> Iterator[str]:
    """14: and what is over holds nothing."""
    held = Counter(
        (target["environment_id"], target["component_id"]) for target in facts.targets if target["is_active"]
    )
    for place, number in held.items():
        if number > 1:
            yield f"component and environment {place} are held by {number} runs"
    for target in facts.targets:
        if target["is_active"] and facts.runs[target["run_id"]]["state"] not in ACTIVE:
            yield f"run {target['run_id']} is over and holds component {target['component_id']}"


def logs_without_gaps(facts: Facts) -> Iterator[str]:
    """18: each chunk begins where the one before ended."""
    ends: Counter[int] = Counter()
    for chunk in facts.log:
        if chunk["offset"] != ends[chunk["attempt_id"]]:
            yield f"the log of attempt {chunk['attempt_id']} has a gap at {chunk['offset']}"
        ends[chunk["attempt_id"]] = chunk["offset"] + len(chunk["data"])


def no_end_before_its_beginning(facts: Facts) -> Iterator[str]:
    """13: also when the clock of whoever ended it was behind."""
    for name, begin, end, rows in (
        ("attempt", "started_at", "ended_at", facts.attempts.values()),
        ("step", "started_at", "ended_at", facts.steps.values()),
        ("run", "started_at", "ended_at", facts.runs.values()),
        ("wait", "started_at", "ended_at", facts.waits),
        ("installation", "since", "until", facts.installations),
    ):
        for row in rows:
            if row[begin] is not None and row[end] is not None and row[end] < row[begin]:
                yield f"{name} {row['id']} ended {(row[begin] - row[end]).total_seconds():.0f} s before it began"


CHECKS = (
    one_active_attempt,
    tokens_go_up,
    unknown_was_decided,
    requeued_at_most_thrice,
    ready_when_all_before_is_over,
    runs_end,
    whatever_is_open_is_with_a_person,
    everything_open_waits_for_somebody,
    no_component_held_twice,
    logs_without_gaps,
    no_end_before_its_beginning,
)
