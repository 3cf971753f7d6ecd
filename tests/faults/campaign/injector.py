"""Breaks things in an order that the seed tells; each fault counts only when it hit.

A fault is a generator that yields the seconds after which it goes on, so that several can be under way at once. All of
it happens in the main thread, which also starts killed processes again.
"""

import argparse
import random
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.campaign import faults, points
from tests.faults.campaign.plant import Fault, Faults, Plant

ORDER_S = 10.0  # how long a crash point may wait for somebody to reach it
TRIES = 20  # of one kind, beyond those that are wanted


@dataclass
class Lane:
    """Faults that come one after the other."""

    left: deque[str]
    present: Fault | None = None
    due: float = 0.0


@dataclass
class Injector:
    plant: Plant
    dice: random.Random
    works: Faults
    wanted: dict[str, int]
    lanes: list[Lane] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    last_at: float = 0.0
    hitting: int = 0  # how many faults met somebody

    @classmethod
    def of(cls, plant: Plant, dice: random.Random, options: argparse.Namespace) -> "Injector":
        chosen = [name for name in options.faults.split(",") if name]
        lanes = faults.lanes(plant)
        works = {name: work for lane in lanes for name, work in lane.items()}
        known = [*faults.CRASHES, *works]
        if unknown := set(chosen) - set(known):
            raise SystemExit(f"There is no fault {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
        wanted = {name: faults.times(name, options.each) for name in chosen or known}
        made = cls(plant, dice, works, wanted if chosen else wanted | faults.by_themselves(options.each))
        for group in (*faults.by_role(), *lanes):
            names = [name for name in group if name in wanted for _time in range(wanted[name])]
            dice.shuffle(names)
            made.lanes.append(Lane(deque(names)))
        return made

    @property
    def is_through(self) -> bool:
        return not any(lane.left or lane.present for lane in self.lanes)

    def tick(self) -> None:
        for lane in self.lanes:
            if time.monotonic() < lane.due:
                continue
            if lane.present is None:
                if not lane.left:
                    continue
                lane.present = self._begun(lane, lane.left.popleft())
            try:
                lane.due = time.monotonic() + next(lane.present)
            except StopIteration:
                lane.present, self.last_at = None, time.monotonic()
                lane.due = self.last_at + self.dice.uniform(0.2, 1.0)

    def end(self) -> None:
        """Whatever is under way comes to its end, and no order stays."""
        for lane in self.lanes:
            lane.left.clear()
            for seconds in lane.present or ():
                time.sleep(seconds)
                self.plant.revive()
        for order in (self.plant.folder / "orders").iterdir():
            order.unlink(missing_ok=True)
        self.last_at = time.monotonic()

    def hits(self) -> dict[str, int]:
        found = Counter(line["point"] for line in points.lines(self.plant.folder / "hits"))
        return {name: found[name] for name in sorted({*found, *self.wanted})}

    def _begun(self, lane: Lane, name: str) -> Fault:
        if name in faults.CRASHES:
            return self._ordered(lane, name)
        return self._tried(lane, name, self.works[name])

    def _tried(self, lane: Lane, name: str, work: Callable[[Plant, random.Random], Fault]) -> Fault:
        """Again later, when it did not hit."""
        before = self.hits()[name]
        yield from work(self.plant, self.dice)
        if self.hits()[name] == before:
            self._again(lane, name)
        else:
            self.hitting += 1

    def _ordered(self, lane: Lane, name: str) -> Fault:
        order = self.plant.folder / "orders" / name
        order.touch()
        until = time.monotonic() + ORDER_S
        while order.exists():
            if time.monotonic() > until:
                order.unlink(missing_ok=True)
                self._again(lane, name)
                return
            yield 0.1
        self.hitting += 1

    def _again(self, lane: Lane, name: str) -> None:
        self.tries[name] += 1
        if self.tries[name] <= TRIES:
            lane.left.append(name)
