"""A verdict on a request, and counts of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.policies.rules import Demand

PASSED, WARN, BLOCKED = "passed", "warn", "blocked"


@dataclass(frozen=True)
class Check:
    """One verdict; `blocked` means that a verb will be refused, `warn` that somebody should look.

    `demand` is what a policy demands of a rule that isn't kept. Advice never blocks, whoever demands the rule.
    """

    tone: str
    sentence: str
    help: str = ""
    is_advice: bool = False
    demand: Demand | None = None


@dataclass(frozen=True)
class Readiness:
    """Counts of checks, for a glance."""

    passed: int
    warn: int
    blocked: int

    @classmethod
    def of(cls, checks: Iterable[Check]) -> "Readiness":
        tones = [check.tone for check in checks]
        return cls(tones.count(PASSED), tones.count(WARN), tones.count(BLOCKED))


def verdict_sentence(readiness: Readiness) -> str:
    """Such as: 12 passed, 2 to look at, 1 blocked."""
    parts = [_("%(n)d passed") % {"n": readiness.passed}]
    if readiness.warn:
        parts.append(_("%(n)d to look at") % {"n": readiness.warn})
    if readiness.blocked:
        parts.append(_("%(n)d blocked") % {"n": readiness.blocked})
    return ", ".join(parts)
