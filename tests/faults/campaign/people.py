"""People at work through the API: they file, approve, start and decide, and write down what was answered to them.

Each call has a key. Who gets no answer asks again with the same key, at the other web process too, so a call counts
once however often it was sent; what was answered with 2xx must never be lost.
"""

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.campaign import points
from tests.faults.campaign.house import House, Order

PATIENCE_S = 60.0
PAUSE_S = 0.2
DECIDERS = ("olga", "rita")
OVER = {"succeeded", "succeeded_with_exceptions", "stopped", "cancelled", "rejected"}


class GaveUp(Exception):
    """Nobody answered for so long that the campaign is broken."""


class Refused(Exception):
    """An answer of 4xx: somebody was first, or it isn't allowed now."""


@dataclass
class Person:
    """One token, one connection, one history."""

    name: str
    token: str
    ports: list[int]
    history: Path
    dice: random.Random
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        self.client = httpx.Client(headers=headers, timeout=10, trust_env=False)

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        return self._until_answered(lambda url: self.client.get(url + path, params=query))[1]

    def do(self, path: str, **body: Any) -> dict[str, Any]:
        """POST once; raises `Refused`."""
        key = uuid.uuid4().hex
        said = {"key": key, "who": self.name, "path": path}
        points.write_down(self.history, {**said, "asked": time.time()})
        headers = {"Idempotency-Key": key}
        status, answer = self._until_answered(
            lambda url: self.client.post(url + path, json=body, headers=headers)
        )
        kept = {"id": answer.get("id"), "state": answer.get("state")}
        points.write_down(self.history, {**said, "status": status, **kept, "answered": time.time()})
        if status >= 400:
            raise Refused(f"{path}: {status} {answer}")
        return answer

    def _until_answered(self, call: Callable[[str], httpx.Response]) -> tuple[int, dict[str, Any]]:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                answer = call(f"http://127.0.0.1:{self.dice.choice(self.ports)}/api/v1/")
                if answer.status_code < 500:
                    return answer.status_code, answer.json()
            except httpx.TransportError:
                pass
            time.sleep(PAUSE_S)
        raise GaveUp(f"{self.name} got no answer for {PATIENCE_S:g} s")


@dataclass
class Team:
    """Everybody who works in a campaign; `broken` says what they could not make sense of."""

    house: House
    ports: list[int]
    folder: Path
    seed: int
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
        dice = random.Random(f"{self.seed} {name} {number}")
        return Person(name, self.house.tokens[name], self.ports, self.folder / "history", dice)

    def _kept(self, work: Callable[[int], None], number: int) -> None:
        try:
            work(number)
        except Exception as broken:
            self.broken.append(f"{type(broken).__name__}: {broken}")

    def _carry_orders(self, number: int) -> None:
        """File, approve, compose, start, and watch to the end, one order after the other."""
        dana, rita, sven = (self.person(name, number) for name in ("dana", "rita", "sven"))
        while self.waiting and not self.over.is_set():
            try:
                order = self.waiting.pop(0)
            except IndexError:
                return
            run = self._started(order, dana, rita, sven)
            while not self.over.is_set() and rita.read(f"runs/{run}")["state"] not in OVER:
                time.sleep(0.5)

    def _started(self, order: Order, dana: Person, rita: Person, sven: Person) -> int:
        items = [{"component_id": component, "version_id": version} for component, version in order.items]
        filed = dana.do(
            "requests", application=order.application, environment=order.environment, items=items
        )["id"]
        dana.do(f"requests/{filed}/submit")
        rita.do(f"requests/{filed}/approve", comment="Fine.")
        run: int = rita.do("runs", requests=[filed], title=f"{order.application} to {order.environment}")[
            "id"
        ]
        rita.do(f"runs/{run}/propose")
        sven.do(f"runs/{run}/approve")
        while not self.over.is_set() and not self._start_together(run, [sven, rita]):
            time.sleep(1)  # the run before still holds a component
        self.runs.append(run)
        return run

    def _start_together(self, run: int, people: list[Person]) -> bool:
        """All press *start* at the same moment; one of them does it."""
        done: list[bool] = []

        def press(person: Person) -> None:
            try:
                person.do(f"runs/{run}/start")
            except Refused:
                done.append(False)
            except GaveUp as gone:
                self.broken.append(str(gone))
            else:
                done.append(True)

        pressing = [threading.Thread(target=press, args=[person]) for person in people]
        for thread in pressing:
            thread.start()
        for thread in pressing:
            thread.join()
        if sorted(done) == [False, True]:
            points.write_down(self.folder / "hits", {"point": "two people at once", "run": run})
        return any(done)

    def _decide(self, number: int) -> None:
        """Each does what is to be done by hand and decides on what went wrong, and is often not the only one."""
        olga = self.person(DECIDERS[number % len(DECIDERS)], number)
        while not self.over.is_set():
            for step in olga.read("steps", state="needs_decision", limit=100)["results"]:
                self._attempted(lambda step=step: self._decision(olga, step))  # type: ignore[misc]
            for step in olga.read("steps", state="ready", kind="manual", limit=100)["results"]:
                self._attempted(lambda step=step: self._by_hand(olga, step["id"]))  # type: ignore[misc]
            for step in olga.read("steps", state="claimed", limit=100)["results"]:
                self._attempted(lambda step=step: olga.do(f"steps/{step['id']}/done", note="Done again."))  # type: ignore[misc]
            time.sleep(0.3)

    def _attempted(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Refused:
            return  # it is written down; somebody was first

    def _by_hand(self, olga: Person, step: int) -> None:
        olga.do(f"steps/{step}/take")
        olga.do(f"steps/{step}/done", note="Told them.")

    def _decision(self, olga: Person, step: dict[str, Any]) -> None:
        kind = olga.dice.choices(["retry", "mark_done", "skip", "take_over"], [70, 15, 10, 5])[0]
        if step["title"] == "Poison":
            kind = "skip"
        olga.do(f"steps/{step['id']}/{kind}", reason="Looked at it.")
