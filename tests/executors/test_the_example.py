"""The example of docs/executors.md keeps the contract, as it stands there, with a desk that lives in this process."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors import base, redaction, template
from releaseorch.executors.base import Context, Executor
from tests.executors.conformance import Config, Conformance

PAGE = Path(__file__).parents[2] / "docs" / "executors.md"


def example() -> str:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@dataclass
class Written:
    """A ticket: "wait" stays open until it is let go on, "no" is refused, "firm" isn't closed by asking."""

    number: str
    title: str
    key: str
    news: str
    is_open: bool = False
    is_approved: bool = True
    effects: int = 1


@dataclass
class Desk:
    tickets: dict[str, Written] = field(default_factory=dict)
    is_away: bool = False
    Refused = type("Refused", (Exception,), {})
    NoAnswer = type("NoAnswer", (Exception,), {})

    def open(self, title: str, key: str, token: bytes) -> str:
        self._answer()
        if title == "teleport":
            raise self.Refused("The desk does not do this.")
        number = self.find(key) or f"T-{len(self.tickets) + 1}"
        news = f"{title}, signed by {token.decode()}\n"
        written = Written(number, title, key, news, title in {"wait", "firm"}, title != "no")
        self.tickets.setdefault(number, written)
        return number

    def read(self, number: str) -> Written | None:
        self._answer()
        return self.tickets.get(number)

    def close(self, number: str) -> bool:
        ticket = self.tickets.get(number)
        if self.is_away or ticket is None or ticket.title == "firm":
            return False
        ticket.is_open = False
        return True

    def find(self, key: str) -> str | None:
        self._answer()
        return next((one.number for one in self.tickets.values() if one.key == key), None)

    def _answer(self) -> None:
        if self.is_away:
            raise self.NoAnswer


class TestTicket(Conformance):
    @pytest.fixture(autouse=True)
    def open_the_desk(self) -> None:
        self.desk = Desk()
        named = {**vars(base), "template": template, "RedactingSink": redaction.RedactingSink}
        self.named: dict[str, Any] = {**named, "desk": self.desk}
        exec(compile(example(), str(PAGE), "exec"), self.named)

    def new(self) -> Executor:
        made: Executor = self.named["Ticket"]()
        return made

    def succeeding(self) -> Config:
        return {"title": "it went well"}

    def failing(self) -> Config:
        return {"title": "no"}

    def impossible(self) -> Config:
        return {"title": "teleport"}

    def long(self) -> Config:
        return {"title": "wait"}

    def stubborn(self) -> Config:
        return {"title": "firm"}

    def let_go_on(self, context: Context) -> None:
        for ticket in self._tickets(context):
            ticket.effects += ticket.is_open
            ticket.is_open = False

    def effects(self, context: Context) -> int:
        return sum(ticket.effects for ticket in self._tickets(context))

    def lost(self, tmp_path: Path) -> Context:
        context = self.context(self.long(), tmp_path)
        self.new().start(context)
        self.desk.is_away = True
        return context

    def _tickets(self, context: Context) -> list[Written]:
        return [ticket for ticket in self.desk.tickets.values() if ticket.key == context.attempt_id]


def test_it_has_forty_lines() -> None:
    assert len([line for line in example().splitlines() if line.strip()]) == 40
