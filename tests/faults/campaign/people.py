"""Everybody who works in a campaign: orders are filed, approved, composed, started and watched to their end.

Some runs get a fate of their own: they are cancelled or paused under way, or another run wants the same components.
Much is done by two people at the same moment, or clicked twice by one.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.campaign import points
from tests.faults.campaign.house import House, Order
from tests.faults.campaign.person import GaveUp, Person, Refused, together

DECIDERS = ("olga", "rita")
OVER = {"succeeded", "succeeded_with_exceptions", "stopped", "cancelled", "rejected"}
UNDER_WAY_S, PAUSED_S = 1.0, 2.0


@dataclass
class Hands:
    """The people of one desk, who carry one order after the other."""

    dana: Person
    rita: Person
    sven: Person
    is_logged_in: bool = False


@dataclass
class Team:
    """`broken` says what they could not make sense of."""

    house: House
    ports: list[int]
    folder: Path
    seed: int
    patience_s: float
    over: threading.Event = field(default_factory=threading.Event)
    runs: list[int] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    waiting: list[Order] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, at_once: int) -> None:
        self.waiting = list(self.house.orders)
        works = [self._carry_orders] * at_once + [self._decide] * len(DECIDERS)
        for number, work in enumerate(works):
            thread = threading.Thread(target=self._kept, args=(work, number), daemon=True)
            self.threads.append(thread)
            thread.start()

    @property
    def is_filing(self) -> bool:
        return any(thread.is_alive() for thread in self.threads[: -len(DECIDERS)])

    def person(self, name: str, number: int) -> Person:
        dice, house = random.Random(f"{self.seed} {name} {number}"), self.house
        history = self.folder / "history"
        return Person(name, house.tokens[name], house.password, self.ports, history, dice, self.patience_s)

    def _kept(self, work: Callable[[int], None], number: int) -> None:
        try:
            work(number)
        except Exception as broken:
            self.broken.append(f"{type(broken).__name__}: {broken}")

    def _hit(self, name: str, **said: object) -> None:
        points.hit(self.folder, name, **said)

    def _carry_orders(self, number: int) -> None:
        hands = Hands(*(self.person(name, number) for name in ("dana", "rita", "sven")))
        while self.waiting and not self.over.is_set():
            try:
                order = self.waiting.pop(0)
            except IndexError:
                return
            runs = [self._approved(one, hands) for one in (order, *order.beside)]
            if len(runs) > 1:
                runs = self._started_beside(runs, hands)
            for run in runs:
                self._started(run, hands)
            self._meet(order, runs[0], hands)
            for run in runs:
                self._until(lambda run=run: hands.rita.read(f"runs/{run}")["state"] in OVER, 0.5)  # type: ignore[misc]

    def _until(self, what: Callable[[], bool], pause_s: float) -> None:
        while not self.over.is_set() and not what():
            time.sleep(pause_s)

    def _approved(self, order: Order, hands: Hands) -> int:
        """File, approve and compose; the run's plan is fixed by a double click."""
        dana, rita, sven = hands.dana, hands.rita, hands.sven
        items = [{"component_id": component, "version_id": version} for component, version in order.items]
        wanted = {"application": order.application, "environment": order.environment, "items": items}
        filed = dana.do("requests", **wanted)["id"]
        dana.do(f"requests/{filed}/submit")
        self._by_two(f"requests/{filed}/approve", [rita, sven], "approve", comment="Fine.")
        title = f"{order.application} to {order.environment}"
        run: int = rita.do("runs", requests=[filed], title=title)["id"]
        self._proposed(run, hands)
        self._by_two(f"runs/{run}/approve", [sven], "approve")
        return run

    def _proposed(self, run: int, hands: Hands) -> None:
        rita = hands.rita
        if not hands.is_logged_in:
            rita.log_in()
            hands.is_logged_in = True
        while not self.over.is_set() and (form := rita.form(f"runs/{run}", "propose")):
            if rita.click(f"runs/{run}/propose", form, times=2).count(303) > 1:
                self.broken.append(f"run {run} was proposed twice by a double click")
            elif rita.read(f"runs/{run}")["state"] == "proposed":
                self._hit("double click", run=run)
                if 400 <= rita.click(f"runs/{run}/propose", form)[0] < 500:
                    self._hit("back button", run=run)

    def _started(self, run: int, hands: Hands) -> None:
        """Unless somebody did: the run before may still hold a component, so they try again."""
        self._until(lambda: run in self.runs or self._start_together(run, [hands.sven, hands.rita]), 1.0)

    def _start_together(self, run: int, people: list[Person]) -> bool:
        if not self._by_two(f"runs/{run}/start", people, "start"):
            return False
        self.runs.append(run)
        return True

    def _started_beside(self, runs: list[int], hands: Hands) -> list[int]:
        """Two people start two runs of the same components at the same moment; the one that was started comes first."""
        begun: list[int] = []

        def start(run: int, person: Person) -> None:
            if self._pressed(person, f"runs/{run}/start"):
                begun.append(run)

        def press() -> bool:
            people = (hands.sven, hands.rita)
            together([lambda pair=pair: start(*pair) for pair in zip(runs, people, strict=True)])  # type: ignore[misc]
            return bool(begun)

        self._until(press, 1.0)
        if len(begun) == 1:
            self._hit("two overlapping runs", runs=runs)
        self.runs += begun
        return sorted(runs, key=lambda run: run not in begun)

    def _meet(self, order: Order, run: int, hands: Hands) -> None:
        if order.fate:
            time.sleep(UNDER_WAY_S)
        if run not in self.runs:
            return  # the campaign is over
        if order.fate == "cancelled":
            self._by_two(f"runs/{run}/cancel", [hands.rita, hands.sven], "cancel", reason="Given up.")
        if order.fate == "paused" and self._pressed(hands.rita, f"runs/{run}/pause", reason="Wait."):
            self._hit("run paused", run=run)
            time.sleep(PAUSED_S)
            self._by_two(f"runs/{run}/resume", [hands.rita, hands.sven], "resume", reason="Go on.")

    def _by_two(self, path: str, people: Iterable[Person], verb: str, **body: Any) -> bool:
        """All press the same button at the same moment; whether one of them did it."""
        done: list[bool] = []
        together(
            [lambda person=person: done.append(self._pressed(person, path, **body)) for person in people]  # type: ignore[misc]
        )
        if sorted(done) == [False, True]:
            self._hit(f"two people {verb}", path=path)
        return any(done)

    def _pressed(self, person: Person, path: str, **body: Any) -> bool:
        try:
            person.do(path, **body)
        except Refused:
            return False  # it is written down; somebody was first
        except GaveUp as gone:
            self.broken.append(str(gone))
            return False
        return True

    def _decide(self, number: int) -> None:
        """Each does what is to be done by hand and decides on what went wrong, and is often not the only one."""
        olga = self.person(DECIDERS[number % len(DECIDERS)], number)
        second = self.person("sven", number)
        while not self.over.is_set():
            for step in olga.read("steps", state="needs_decision", limit=100)["results"]:
                self._decision(olga, second, step)
            for step in olga.read("steps", state="ready", kind="manual", limit=100)["results"]:
                if self._pressed(olga, f"steps/{step['id']}/take"):
                    self._pressed(olga, f"steps/{step['id']}/done", note="Told them.")
            for step in olga.read("steps", state="claimed", limit=100)["results"]:
                self._pressed(olga, f"steps/{step['id']}/done", note="Done again.")
            time.sleep(0.3)

    def _decision(self, olga: Person, second: Person, step: dict[str, Any]) -> None:
        kind = olga.dice.choices(["retry", "mark_done", "skip", "take_over"], [65, 15, 15, 5])[0]
        if step["title"] == "Poison":
            kind = "skip"
        path, reason = f"steps/{step['id']}/{kind}", "Looked at it."
        if kind == "skip":
            self._by_two(path, [olga, second], kind, reason=reason)
        else:
            self._pressed(olga, path, reason=reason)
