"""Looks at a campaign when it is over: rows by plain SQL, the ledger of effects, the seals, the history of people.

It knows nothing of the product but its tables, and asks none of its queries.
"""

from collections.abc import Callable, Iterator

from tests.faults.campaign import check_effects, check_history, check_rows, check_seals, check_turns
from tests.faults.campaign.facts import Facts
from tests.faults.campaign.plant import Plant

CHECKS: tuple[Callable[[Facts], Iterator[str]], ...] = (
    *check_rows.CHECKS,
    *check_effects.CHECKS,
    *check_seals.CHECKS,
    *check_turns.CHECKS,
    *check_history.CHECKS,
)
MOST_OF_EACH = 5


def broken(plant: Plant) -> list[str]:
    facts = Facts.of(plant)
    found = []
    for check in CHECKS:
        sentences = list(check(facts))
        found += [f"{check.__name__}: {sentence}" for sentence in sentences[:MOST_OF_EACH]]
        if len(sentences) > MOST_OF_EACH:
            found.append(f"{check.__name__}: and {len(sentences) - MOST_OF_EACH} more")
    return found


def counts(plant: Plant) -> dict[str, int]:
    facts = Facts.of(plant)
    return {
        "runs": len(facts.runs),
        "steps": len(facts.steps),
        "attempts": len(facts.attempts),
        "unknown": sum(attempt["state"] == "unknown" for attempt in facts.attempts.values()),
        "late reports": sum(attempt["late_report"] is not None for attempt in facts.attempts.values()),
        "requeued": sum(step["requeues"] for step in facts.steps.values()),
        "decisions": len(facts.decisions),
        "effects": len(facts.effects),
        "acknowledged": len(facts.acknowledged),
        "events": len(facts.events),
    }
