"""Edits of a plan, as pure functions: a plan and an edit give another plan, or a sentence why they can't."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.catalog.states import Phase, StepKind
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery.states import EditKind
from releaseorch.runs import graph
from releaseorch.runs.plans import PlanIn, PlanLink, PlanStep

Payload = Mapping[str, Any]
EDITABLE = ("title", "instructions", "parameters", "team_id", "expected_s")


def apply(plan: PlanIn, kind: str, payload: Payload, reason: str) -> PlanIn:
    """The plan after the edit.

    Raises `NotAllowed` when a step it names is gone or it makes no sense here, `Invalid` when the steps would wait
    for each other (the cycle is named by titles).
    """
    edited = _EDITS[EditKind(kind)](plan, payload, reason)
    _refuse_cycle(edited)
    return edited


def new_key(plan: PlanIn, earlier: Iterable[str] = ()) -> str:
    """A key that no step of the plan has, nor one of those that were in it earlier."""
    taken, number = {*plan.by_key, *earlier}, 1
    while f"added-{number}" in taken:
        number += 1
    return f"added-{number}"


def step_named(plan: PlanIn, key: str) -> PlanStep:
    """The step of that key; raises `NotAllowed`."""
    step = plan.by_key.get(key)
    if step is None:
        raise NotAllowed(_("The step “%(key)s” is not in this plan any more.") % {"key": key})
    return step


def with_step(
    plan: PlanIn, step: PlanStep, before: Iterable[str], after: Iterable[str], reason: str
) -> tuple[PlanStep, list[PlanLink]]:
    """The step, read in the phase of its neighbours, and its links; raises `Invalid` when steps would form a cycle."""
    before, after = list(before), list(after)
    placed = replace(step, phase=_phase_beside(plan, before, after))
    links = _links_of(placed.key, before, after, reason)
    _refuse_cycle(PlanIn((*plan.steps, placed), (*plan.links, *links)))
    return placed, links


def _add_step(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    """The anchors that still exist are enough; when none of them does, the step has lost its place."""
    before, after = _anchors(plan, payload)
    step = PlanStep(
        key=payload["key"],
        title=payload["title"],
        kind=StepKind.MANUAL.value,
        phase=_phase_beside(plan, before, after),
        instructions=payload.get("instructions", ""),
        team_id=payload.get("team_id"),
        expected_s=payload.get("expected_s", 600),
        added_because=reason[:300],
    )
    return PlanIn((*plan.steps, step), (*plan.links, *_links_of(step.key, before, after, reason)))


def _remove_step(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    """What stood before the step stays before what stood after it."""
    key = step_named(plan, payload["step"]).key
    return PlanIn(tuple(step for step in plan.steps if step.key != key), _bridged(plan, key))


def _move_step(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    step = step_named(plan, payload["step"])
    if step.kind != StepKind.MANUAL:
        raise NotAllowed(
            _("“%(step)s” stands where its procedure and the dependencies put it. Add a link instead.")
            % {"step": step.title}
        )
    before, after = _anchors(plan, payload)
    if step.key in before or step.key in after:
        raise Invalid({"after": _("A step can't stand before or after itself.")})
    moved = replace(step, phase=_phase_beside(plan, before, after))
    steps = tuple(moved if one.key == step.key else one for one in plan.steps)
    return PlanIn(steps, _unique([*_bridged(plan, step.key), *_links_of(step.key, before, after, reason)]))


def _add_link(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    before, after = step_named(plan, payload["before"]), step_named(plan, payload["after"])
    if (before.key, after.key) in plan.pairs:
        raise NotAllowed(
            _("“%(after)s” waits for “%(before)s” already.") % {"after": after.title, "before": before.title}
        )
    if not (before.is_needed and after.is_needed):
        raise NotAllowed(
            _("A step that is not needed is never carried out; a link to it would change nothing.")
        )
    return PlanIn(plan.steps, (*plan.links, PlanLink(before.key, after.key, reason[:300])))


def _remove_link(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    pair = (step_named(plan, payload["before"]).key, step_named(plan, payload["after"]).key)
    kept = tuple(link for link in plan.links if (link.before, link.after) != pair)
    if len(kept) == len(plan.links):
        raise NotAllowed(_("These two steps don't wait for each other directly."))
    return PlanIn(plan.steps, kept)


def _edit_step(plan: PlanIn, payload: Payload, reason: str) -> PlanIn:
    step = step_named(plan, payload["step"])
    changes = {name: payload["changes"][name] for name in EDITABLE if name in payload["changes"]}
    if "parameters" in changes and step.kind == StepKind.MANUAL:
        raise NotAllowed(
            _("“%(step)s” is done by hand; it has instructions, no parameters.") % {"step": step.title}
        )
    edited = replace(step, **changes)
    return PlanIn(tuple(edited if one.key == step.key else one for one in plan.steps), plan.links)


_EDITS: dict[EditKind, Callable[[PlanIn, Payload, str], PlanIn]] = {
    EditKind.ADD_STEP: _add_step,
    EditKind.REMOVE_STEP: _remove_step,
    EditKind.MOVE_STEP: _move_step,
    EditKind.ADD_LINK: _add_link,
    EditKind.REMOVE_LINK: _remove_link,
    EditKind.EDIT_STEP: _edit_step,
}


def _anchors(plan: PlanIn, payload: Payload) -> tuple[list[str], list[str]]:
    """Keys that the step stands before, and those it stands after, as far as they are in the plan."""
    present = plan.by_key
    wanted_before, wanted_after = payload.get("before", []), payload.get("after", [])
    before = [key for key in wanted_before if key in present]
    after = [key for key in wanted_after if key in present]
    if (wanted_before or wanted_after) and not (before or after):
        raise NotAllowed(_("The steps that it stood beside are not in this plan any more."))
    return before, after


def _phase_beside(plan: PlanIn, before: list[str], after: list[str]) -> str:
    """Read an added step in the phase of its first neighbour."""
    present = plan.by_key
    neighbour = next((present[key] for key in [*before, *after]), None)
    return neighbour.phase if neighbour else Phase.PREPARE.value


def _links_of(key: str, before: Iterable[str], after: Iterable[str], reason: str) -> list[PlanLink]:
    why = reason[:300]
    return [PlanLink(key, other, why) for other in before] + [PlanLink(other, key, why) for other in after]


def _bridged(plan: PlanIn, key: str) -> tuple[PlanLink, ...]:
    """The links without that step, and through it."""
    firsts = [link for link in plan.links if link.after == key]
    seconds = [link for link in plan.links if link.before == key]
    kept = [link for link in plan.links if key not in (link.before, link.after)]
    through = [PlanLink(first.before, second.after, second.why) for first in firsts for second in seconds]
    return _unique([*kept, *through])


def _unique(links: Iterable[PlanLink]) -> tuple[PlanLink, ...]:
    found: dict[tuple[str, str], PlanLink] = {}
    for link in links:
        found.setdefault((link.before, link.after), link)
    return tuple(found.values())


def _refuse_cycle(plan: PlanIn) -> None:
    titles = {step.key: step.title for step in plan.steps}
    cycle = graph.find_cycle(titles, plan.pairs)
    if cycle is not None:
        named = graph.name_cycle(f"“{titles[key]}”" for key in cycle)
        raise Invalid({"": _("These steps would wait for each other: %(cycle)s.") % {"cycle": named}})
