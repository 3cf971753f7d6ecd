"""Totals of a plan for pages: how many steps, how much by hand, how long at best, and its layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from releaseorch.runs import graph


class StepLike(Protocol):
    """What a preview reads of a step: computed (`StepOut`) or stored."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def expected_seconds(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """Counts of the steps to be carried out; `not_needed` ones are counted apart and stand in no layer."""

    steps: int
    manual_steps: int
    automated_steps: int
    not_needed: int
    critical_path: tuple[str, ...]
    critical_path_seconds: int
    work_seconds: int
    steps_without_duration: int
    layers: tuple[tuple[str, ...], ...]

    @property
    def width(self) -> int:
        """How many steps can be under way at the same time, at most by layers."""
        return max(map(len, self.layers), default=0)


def preview_of(steps: Iterable[StepLike], links: Iterable[Sequence[str]]) -> Preview:
    """Return the totals; `links` are (before, after, …). Seconds are expectations, unknown ones count as 0.

    Raises `runs.graph.CycleFound` when an edited plan has no order.
    """
    every = list(steps)
    needed = [step for step in every if step.state != "not_needed"]
    keys = [step.key for step in needed]
    inside = frozenset(keys)
    pairs = [(link[0], link[1]) for link in links if link[0] in inside and link[1] in inside]
    durations = {step.key: step.expected_seconds or 0 for step in needed}
    chain = graph.longest_chain(keys, pairs, durations)
    manual = sum(step.kind == "manual" for step in needed)
    return Preview(
        steps=len(needed),
        manual_steps=manual,
        automated_steps=len(needed) - manual,
        not_needed=len(every) - len(needed),
        critical_path=chain.nodes,
        critical_path_seconds=chain.length,
        work_seconds=sum(durations.values()),
        steps_without_duration=sum(step.expected_seconds is None for step in needed),
        layers=tuple(tuple(layer) for layer in graph.layers(keys, pairs)),
    )
