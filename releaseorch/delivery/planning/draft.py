"""The plan while it is put together: steps with a rank for reading, links with their reasons."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from releaseorch.delivery.planning.plan import StepOut

Rank = tuple[int, int, int, int]


class Draft:
    """Steps and links under construction; links may be redundant until the plan is finished."""

    def __init__(self) -> None:
        self.steps: dict[str, StepOut] = {}
        self.ranks: dict[str, Rank] = {}
        self.whys: dict[tuple[str, str], str] = {}
        self._before: dict[str, dict[str, None]] = {}
        self._after: dict[str, dict[str, None]] = {}

    def add(self, step: StepOut, rank: Rank) -> str:
        """Add a step and return its key, made different when another step already has it."""
        key, number = step.key, 2
        while key in self.steps:
            key, number = f"{step.key}~{number}", number + 1
        self.steps[key] = step if key == step.key else replace(step, key=key)
        self.ranks[key] = rank
        self._before[key], self._after[key] = {}, {}
        return key

    def link(self, before: Iterable[str], after: Iterable[str], why: str) -> None:
        """Put every step of `before` in front of every step of `after`; the first reason given stays."""
        followers = tuple(after)
        for first in before:
            for second in followers:
                self.whys.setdefault((first, second), why)
                self._after[first][second] = None
                self._before[second][first] = None

    def first_of(self, keys: Collection[str]) -> list[str]:
        """Return those of the steps that wait for none of the others."""
        inside = frozenset(keys)
        return [key for key in keys if inside.isdisjoint(self._before[key])]

    def last_of(self, keys: Collection[str]) -> list[str]:
        """Return those of the steps that none of the others waits for."""
        inside = frozenset(keys)
        return [key for key in keys if inside.isdisjoint(self._after[key])]

    def predecessors_of(self, keys: Collection[str]) -> list[str]:
        """Return the steps outside that any of these waits for directly."""
        inside = frozenset(keys)
        found = dict.fromkeys(before for key in keys for before in self._before[key])
        return [key for key in found if key not in inside]

    def unlink(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take links out again."""
        for first, second in pairs:
            del self.whys[first, second]
            del self._after[first][second]
            del self._before[second][first]
