"""Expanding a procedure for one component: its steps, once or per target, with the order inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from releaseorch.delivery.planning.inputs import PHASES, ComponentIn, PlacementIn, ProcedureStepIn, TargetIn
from releaseorch.delivery.planning.sentences import phase_word
from releaseorch.delivery.planning.wishes import Wish
from releaseorch.runs import graph
from releaseorch.words import gettext as _

REMOVING_PHASES = frozenset({"stop", "contract"})

Link = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps that one component goes through, and their order; `problems` are sentences about the procedure."""

    steps: tuple[ProcedureStepIn, ...]
    links: dict[Link, str]
    segments: dict[str, int]
    name: str
    problems: tuple[str, ...]

    def keys_at_the_end_of(self, keys: Sequence[str]) -> list[str]:
        """Return those of the step keys that no other of them waits for."""
        inside = frozenset(keys)
        waited_for = {before for before, after in self.links if after in inside}
        return [key for key in keys if key not in waited_for]

    def keys_at_the_start_of(self, keys: Sequence[str]) -> list[str]:
        """Return those of the step keys that wait for no other of them."""
        inside = frozenset(keys)
        waiting = {after for before, after in self.links if before in inside}
        return [key for key in keys if key not in waiting]

    def keys_rolling(self, segment: int) -> list[str]:
        """Return the steps per target that go target by target together."""
        return [step.key for step in self.steps if step.per_target and self.segments[step.key] == segment]


def recipe_for(wish: Wish) -> Recipe:
    """Return how this wish is carried out; a component without a fitting procedure is done by hand."""
    procedure = wish.component.procedure
    steps = _chosen_steps(wish)
    name = ""
    if procedure and steps:
        named = {"name": procedure.name, "version": procedure.version}
        name = _("procedure %(name)s v%(version)d") % named
    if not steps:
        steps = (_step_by_hand(wish),)
    steps = tuple(sorted(steps, key=lambda step: PHASES.index(step.phase)))
    known = {step.key for step in procedure.steps} if procedure else set()
    problems = [
        _("%(step)s waits for %(missing)s, which the procedure doesn't have")
        % {"step": step.key, "missing": key}
        for step in steps
        for key in step.after
        if known and key not in known
    ]
    links = _links(steps, name)
    keys = [step.key for step in steps]
    for tangle in graph.find_tangles(keys, links):
        inside = {link: why for link, why in links.items() if link[0] in tangle and link[1] in tangle}
        cycle = graph.find_cycle(tangle, inside) or tangle
        problems.append(_("its steps wait for each other: %(cycle)s") % {"cycle": graph.name_cycle(cycle)})
        links = {link: why for link, why in links.items() if link not in inside}
    steps = _with_installer(steps, links, wish)
    return Recipe(steps, links, _segments(steps, links), name, tuple(problems))


def waves_for(component: ComponentIn, placements: Sequence[PlacementIn]) -> list[list[TargetIn]]:
    """Return the component's targets in order; those of one inner list go at the same time."""
    ordered = sorted(
        placements, key=lambda placement: (placement.order, placement.target.name, placement.target.id)
    )
    if component.procedure and component.procedure.rollout == "group":
        return [[placement.target for placement in ordered]] if ordered else []
    waves: list[list[TargetIn]] = []
    group = ""
    for placement in ordered:
        if waves and placement.group and placement.group == group:
            waves[-1].append(placement.target)
        else:
            waves.append([placement.target])
        group = placement.group
    return waves


def _chosen_steps(wish: Wish) -> tuple[ProcedureStepIn, ...]:
    procedure = wish.component.procedure
    if procedure is None:
        return ()
    if wish.kind == "remove":
        return tuple(step for step in procedure.steps if step.phase in REMOVING_PHASES)
    return procedure.steps


def _step_by_hand(wish: Wish) -> ProcedureStepIn:
    named = {"component": wish.component.name, "subject": wish.subject, "version": wish.version_text}
    if wish.kind == "remove":
        title = _("Remove %(component)s by hand") % named
        said = _("Remove %(component)s from this environment.") % named
        return ProcedureStepIn(key="remove", phase="contract", kind="manual", title=title, instructions=said)
    return ProcedureStepIn(
        key="deploy",
        phase="deploy",
        kind="manual",
        title=_("Deploy %(subject)s by hand") % named,
        instructions=_("No procedure is known for %(component)s. Install version %(version)s.") % named,
        installs=True,
    )


def _links(steps: Sequence[ProcedureStepIn], name: str) -> dict[Link, str]:
    """Order by `after` inside the whole procedure, and put each phase behind the one before it."""
    chosen = {step.key for step in steps}
    links = {
        (before, step.key): _("The %(procedure)s says that %(step)s comes after %(before)s.")
        % {"procedure": name, "step": step.key, "before": before}
        for step in steps
        for before in step.after
        if before in chosen
    }
    phases = [
        [step.key for step in steps if step.phase == phase]
        for phase in PHASES
        if any(step.phase == phase for step in steps)
    ]
    phase_of = {step.key: step.phase for step in steps}
    for earlier, later in pairwise(phases):
        for pair in _joints(earlier, later, links):
            words = {"first": phase_word(phase_of[pair[0]]), "second": phase_word(phase_of[pair[1]])}
            links.setdefault(pair, _("The phase %(first)s comes before the phase %(second)s.") % words)
    return links


def _joints(earlier: Sequence[str], later: Sequence[str], links: dict[Link, str]) -> Iterator[Link]:
    ends = [key for key in earlier if not any((key, other) in links for other in earlier if other != key)]
    starts = [key for key in later if not any((other, key) in links for other in later if other != key)]
    # Where a phase is a cycle by itself, nothing is first or last: order all of it, the cycle is reported anyway.
    for before in ends or earlier:
        for after in starts or later:
            yield before, after


def _with_installer(
    steps: tuple[ProcedureStepIn, ...], links: dict[Link, str], wish: Wish
) -> tuple[ProcedureStepIn, ...]:
    """Make sure that something changes the inventory: the last steps of a removal, or of the phase deploy."""
    recipe = Recipe(steps, links, {}, "", ())
    if wish.kind == "remove":
        last = recipe.keys_at_the_end_of([step.key for step in steps])
        return tuple(replace(step, installs=step.key in last) for step in steps)
    if any(step.installs for step in steps):
        return steps
    deploying = [step.key for step in steps if step.phase == "deploy"] or [step.key for step in steps]
    last = recipe.keys_at_the_end_of(deploying)
    return tuple(replace(step, installs=step.key in last) for step in steps)


def _segments(steps: Sequence[ProcedureStepIn], links: dict[Link, str]) -> dict[str, int]:
    """Number the stretches of steps per target between steps that happen once.

    Steps of one stretch roll together over the targets; rolling across a step that happens once would make
    the first target's later steps wait for the last target's earlier ones and the other way round.
    """
    is_per_target = {step.key: step.per_target for step in steps}
    before: dict[str, list[str]] = {step.key: [] for step in steps}
    for first, second in links:
        before[second].append(first)
    segments: dict[str, int] = {}
    for key in graph.order(before, links):
        segments[key] = max(
            (segments[first] + (not (is_per_target[first] and is_per_target[key])) for first in before[key]),
            default=0,
        )
    return segments
