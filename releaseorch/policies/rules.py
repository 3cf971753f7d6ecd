"""Which rules a request keeps somewhere: those of all policies that match and count now, each by the strictest."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from releaseorch.policies.models import ApprovalPolicy, Rule, Stage
from releaseorch.policies.slots import matching


@dataclass(frozen=True)
class Demand:
    """A rule that is to be kept: who breaks it is refused from the door `blocks_from` on, and warned before."""

    rule: Rule
    blocks_from: Stage
    hours: int | None = None  # so long the version must have been there, of SOAKED alone
    policies: tuple[str, ...] = ()  # the names of those that ask for it

    def blocks_at(self, stage: Stage) -> bool:
        return self.blocks_from.place <= stage.place

    @property
    def who(self) -> str:
        """Which policies ask for it, in words."""
        return _("%(policies)s demands it.") % {"policies": _(" and ").join(self.policies)}

    @property
    def ahead(self) -> str:
        """From when on it blocks, for who is only warned."""
        return _("It blocks %(when)s: %(policies)s demands it.") % {
            "when": self.blocks_from.label,
            "policies": _(" and ").join(self.policies),
        }


def demanded(
    policies: Iterable[ApprovalPolicy], environment_id: int, application_ids: Collection[int]
) -> dict[Rule, Demand]:
    """What these policies, read with their rules, demand there: the earliest door and the most hours win."""
    found: dict[Rule, Demand] = {}
    for entry in matching(policies, environment_id, application_ids):
        for row in entry.rules.all():
            asked = Demand(Rule(row.rule), Stage(row.blocks_from), row.hours, (entry.name,))
            kept = found.get(asked.rule)
            found[asked.rule] = asked if kept is None else _stricter(kept, asked)
    return found


def _stricter(one: Demand, other: Demand) -> Demand:
    return replace(
        one,
        blocks_from=min(one.blocks_from, other.blocks_from, key=lambda stage: stage.place),
        hours=max(one.hours or 0, other.hours or 0) or None,
        policies=(*one.policies, *other.policies),
    )
