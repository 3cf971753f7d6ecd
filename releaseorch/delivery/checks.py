"""What speaks for and against a request right now: drawn while it is typed, on its page, and as counts on the board."""

from collections.abc import Iterable
from dataclasses import replace

from releaseorch.delivery.request_facts import Facts, Subject, facts_of
from releaseorch.delivery.rules import RULES
from releaseorch.delivery.verdicts import BLOCKED, PASSED, WARN, Check
from releaseorch.policies.models import Stage
from releaseorch.policies.rules import Demand


def checks_of(subject: Subject, facts: Facts | None = None) -> list[Check]:
    """All verdicts on the subject, the blocking ones first."""
    known = facts if facts is not None else facts_of([subject])
    demands = known.demands(subject)
    found = [
        _judged(check, demands.get(rule) if rule else None, subject.stage)
        for rule, verdicts in RULES
        for check in verdicts(subject, known, demands.get(rule) if rule else None)
    ]
    order = [BLOCKED, WARN, PASSED]
    return sorted(found, key=lambda check: order.index(check.tone))


def refusals(checks: Iterable[Check]) -> list[str]:
    """Why the next door is closed by rules that policies demand."""
    return [
        f"{check.sentence} {check.demand.who}"
        for check in checks
        if check.demand is not None and check.tone == BLOCKED
    ]


def _judged(check: Check, demand: Demand | None, stage: Stage) -> Check:
    """What isn't kept blocks at its door and those after it; before, its help says from when on it will."""
    if demand is None or check.tone != WARN or check.is_advice:
        return check
    blocks = demand.blocks_at(stage)
    said = demand.who if blocks else demand.ahead
    return replace(
        check, tone=BLOCKED if blocks else WARN, help=f"{check.help} {said}".strip(), demand=demand
    )
