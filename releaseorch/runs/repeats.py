"""What "again from here" means for a step that is over: what would begin again, and what speaks against it.

Only `Again.of` reads rows, with three queries; nothing here writes any.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.catalog.states import EffectClass, Reversible
from releaseorch.runs import graph, outcomes
from releaseorch.runs.models import Step
from releaseorch.runs.states import STEP_MOVES, STEP_PASSED, RunState, StepState

AT_WORK = frozenset({StepState.RUNNING, StepState.CLAIMED})
NAMED = 5


@dataclass(frozen=True)
class Again:
    """A step and everything after it, in order; what is not needed counts for nobody, so nothing is after it."""

    first: Step
    after: Sequence[Step]
    unknown: frozenset[int]
    steps: Mapping[int, Step]
    before: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, first: Step) -> "Again":
        run = first.run
        steps = {one.pk: one for one in run.steps.all()}
        links = list(run.links.values_list("before_id", "after_id"))
        successors, before = graph.successors_of(steps, links), {pk: list[int]() for pk in steps}
        for one, other in links:
            before[other].append(one)
        after = sorted((steps[pk] for pk in _behind(first.pk, successors, steps)), key=lambda one: one.number)
        unknown = frozenset(outcomes.unknown(run).values_list("pk", flat=True))
        return cls(first, after, unknown, steps, before)

    @property
    def begun(self) -> list[Step]:
        """What begins again, the first step included: it had begun, or could have."""
        return [self.first, *(one for one in self.after if one.state in STEP_MOVES["repeat"].sources)]

    def why_not(self) -> list[str]:
        """A sentence for all that forbids it, whoever asks."""
        if self.first.run.state not in {RunState.RUNNING, RunState.PAUSED}:
            return [_("The run is %(state)s.") % {"state": self.first.run.get_state_display()}]
        at_work = _("Step %(step)s is being worked on. Let it end first.")
        unknown = _("Nobody knows how step %(step)s ended. Decide on it first.")
        final = _("Step %(step)s can't be undone and isn't declared safe to repeat.")
        return [
            *(at_work % {"step": one} for one in self.after if one.state in AT_WORK),
            *(unknown % {"step": one} for one in self.after if one.pk in self.unknown),
            *(final % {"step": one} for one in self.begun if _is_final(one)),
        ]

    def consequence(self) -> str:
        """What begins again, and of what nobody declared that it may be repeated."""
        begun = _("Begins again: %(steps)s.") % {"steps": _names(self.begun)}
        doubtful = [one for one in self.begun if _is_doubtful(one)]
        if not doubtful:
            return begun
        return begun + " " + _("Not declared safe to repeat: %(steps)s.") % {"steps": _names(doubtful)}

    def open_predecessors(self) -> dict[int, int]:
        """Step id → how many it waits for, once all of this is set back; of dropped ones what stood before them."""
        back = {one.pk for one in self.begun}

        def is_passed(pk: int) -> bool:
            if self.steps[pk].state == StepState.CANCELLED:
                return all(is_passed(earlier) for earlier in self.before[pk])
            return pk not in back and self.steps[pk].state in STEP_PASSED

        return {one.pk: sum(not is_passed(pk) for pk in self.before[one.pk]) for one in self.after}


def _behind(first: int, successors: Mapping[int, Iterable[int]], steps: Mapping[int, Step]) -> set[int]:
    found: set[int] = set()
    waiting = [first]
    while waiting:
        for pk in successors.get(waiting.pop(), ()):
            if pk not in found and steps[pk].state != StepState.NOT_NEEDED:
                found.add(pk)
                waiting.append(pk)
    return found


def _is_doubtful(step: Step) -> bool:
    """A tool did something that it may not do twice; people who are asked again see what they did."""
    return not step.is_manual and step.effect_class == EffectClass.UNSAFE and step.started_at is not None


def _is_final(step: Step) -> bool:
    return _is_doubtful(step) and step.reversible == Reversible.NO and step.state == StepState.SUCCEEDED


def _names(steps: Sequence[Step]) -> str:
    named = ", ".join(str(one) for one in steps[:NAMED])
    if len(steps) <= NAMED:
        return named
    return _("%(names)s and %(n)d more") % {"names": named, "n": len(steps) - NAMED}
