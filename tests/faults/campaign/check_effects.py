"""What happened outside the database, against what the rows say of it."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.campaign.facts import Facts

# All are written on one host by its monotonic clock, by scripts to a hundredth of a second.
SLACK_S = 0.01


def no_effect_twice(facts: Facts) -> Iterator[str]:
    """4 and 5: an attempt has one effect at most, and a step one more only for each retry of a person."""
    retries = Counter(decision["step_id"] for decision in facts.decisions if decision["kind"] == "retry")
    begun = Counter(effect["attempt"] for effect in facts.effects if effect["what"] == "begun")
    for attempt, number in begun.items():
        if number > 1:
            yield f"attempt {attempt} had {number} effects"
    of_step = Counter(facts.attempts[attempt]["step_id"] for attempt in begun if attempt in facts.attempts)
    for step, number in of_step.items():
        if number > 1 + retries[step]:
            yield f"step {step} had {number} effects with {retries[step]} retries"


def no_effect_without_intent(facts: Facts) -> Iterator[str]:
    """7: whatever happened outside was announced before."""
    for effect in facts.effects:
        attempt = facts.attempts.get(effect["attempt"])
        if attempt is None:
            yield f"attempt {effect['attempt']} had an effect and has no row"
        elif attempt["effect_started_at"] is None:
            yield f"attempt {effect['attempt']} had an effect without an intent"


def success_is_true(facts: Facts) -> Iterator[str]:
    """What succeeded had its whole effect; what provably did nothing had none."""
    seen = {(effect["attempt"], effect["what"]) for effect in facts.effects}
    for pk, attempt in facts.attempts.items():
        if attempt["person_id"] is not None:
            continue
        if attempt["state"] == "succeeded" and not {(pk, "begun"), (pk, "ended")} <= seen:
            yield f"attempt {pk} succeeded without its whole effect"
        if attempt["state"] == "errored" and (pk, "begun") in seen:
            yield f"attempt {pk} could not be run, it says, and had an effect"


def stopped_is_true(facts: Facts) -> Iterator[str]:
    """11: what was stopped had not begun, or says itself that it was stopped.

    A script that has lost its wrapper is killed, and can say nothing any more: then it must not have come to its end.
    """
    seen = {(effect["attempt"], effect["what"]) for effect in facts.effects}
    scripts = {effect["attempt"] for effect in facts.effects if not effect["step"]}
    for pk, attempt in facts.attempts.items():
        is_by_tool = attempt["state"] == "cancelled" and attempt["person_id"] is None
        if not is_by_tool or (pk, "begun") not in seen or (pk, "stopped") in seen:
            continue
        if pk not in scripts:
            yield f"attempt {pk} was stopped, it says, and its tool was never told"
        elif (pk, "ended") in seen:
            yield f"attempt {pk} was stopped, it says, and its script came to its end"


def in_order(facts: Facts) -> Iterator[str]:
    """8: an effect begins after those of all steps before it have ended; what nobody knew of may straggle."""
    ended = {effect["attempt"]: effect["at"] for effect in facts.effects if effect["what"] == "ended"}
    begun = {effect["attempt"]: effect["at"] for effect in facts.effects if effect["what"] == "begun"}
    done: dict[int, float] = {}
    for pk, attempt in facts.attempts.items():
        if attempt["state"] == "succeeded" and pk in ended:
            done[attempt["step_id"]] = ended[pk]
    before = facts.before()
    for pk, at in begun.items():
        if pk not in facts.attempts:
            continue
        step = facts.attempts[pk]["step_id"]
        for earlier in before[step]:
            if done.get(earlier, 0.0) > at + SLACK_S:
                yield f"step {step} began before step {earlier}, which stands before it, had ended"


def most_was_done(facts: Facts) -> Iterator[str]:
    """A campaign in which tools did next to nothing shows nothing."""
    by_tool = [attempt for attempt in facts.attempts.values() if attempt["person_id"] is None]
    well = sum(attempt["state"] == "succeeded" for attempt in by_tool)
    if well < len(by_tool) / 2:
        yield f"{well} of {len(by_tool)} attempts of tools succeeded"


CHECKS = (
    most_was_done,
    no_effect_twice,
    no_effect_without_intent,
    success_is_true,
    stopped_is_true,
    in_order,
)
