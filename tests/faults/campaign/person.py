"""One person at work: by the API with a token, or in a browser with a session; each keeps a history of their own.

Each call has a key. Who gets no answer asks again with the same key, at the other web process too, so a call counts
once however often it was sent; what was answered with 2xx must never be lost. A button of a page has no
key: who gets no answer looks at the page.
"""

import contextlib
import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults.campaign import points

PAUSE_S = 0.2
FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class GaveUp(Exception):
    """Nobody answered for so long that the campaign is broken."""


class Refused(Exception):
    """An answer of 4xx: somebody was first, or it isn't allowed now."""


@dataclass
class Person:
    """One token, one session, one connection, one history."""

    name: str
    token: str
    password: str
    ports: list[int]
    history: Path
    dice: random.Random
    patience_s: float
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(timeout=10, trust_env=False)

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        return self._by_api(lambda url: self.client.get(url + path, params=query, headers=self._headers))[1]

    def do(self, path: str, **body: Any) -> dict[str, Any]:
        """POST once; raises `Refused`."""
        key = self._asks(path)
        headers = {**self._headers, "Idempotency-Key": key}
        status, answer = self._by_api(lambda url: self.client.post(url + path, json=body, headers=headers))
        self._was_answered(path, key, status, {"id": answer.get("id"), "state": answer.get("state")})
        if status >= 400:
            raise Refused(f"{path}: {status} {answer}")
        return answer

    def log_in(self) -> None:
        until = time.monotonic() + self.patience_s
        while time.monotonic() < until:
            form = self._until_answered(lambda url: self.client.get(f"{url}/login"))
            said = {**_hidden(form.text), "username": self.name, "password": self.password}
            answer = self._until_answered(lambda url: self.client.post(f"{url}/login", data=said))  # noqa: B023
            if answer.status_code < 400:
                return
        raise GaveUp(f"{self.name} could not log in: {answer.status_code}")

    def form(self, page: str, verb: str) -> dict[str, str] | None:
        """What the button of a verb on a page would send; None when there is no such button."""
        text = self._until_answered(lambda url: self.client.get(f"{url}/{page}")).text
        found = re.search(rf'<form[^>]* action="/{page}/{verb}">(.*?)</form>', text, re.DOTALL)
        return _hidden(found[1]) if found else None

    def click(self, path: str, form: dict[str, str], times: int = 1) -> list[int]:
        """Press a button so many times at once; returns the answers that came, 0 for each that did not."""
        answers: list[int] = []

        def press() -> None:
            key, status = self._asks(path), 0
            with contextlib.suppress(httpx.TransportError):
                status = self.client.post(
                    f"http://127.0.0.1:{self.dice.choice(self.ports)}/{path}", data=form
                ).status_code
            if 0 < status < 500:
                self._was_answered(path, key, 200 if status == 303 else status, {})
            answers.append(status if status < 500 else 0)

        together([press] * times)
        return answers

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _asks(self, path: str) -> str:
        key = uuid.uuid4().hex
        points.write_down(self.history, {"key": key, "who": self.name, "path": path, "asked": time.time()})
        return key

    def _was_answered(self, path: str, key: str, status: int, kept: dict[str, Any]) -> None:
        said = {"key": key, "who": self.name, "path": path, "status": status}
        points.write_down(self.history, {**said, **kept, "answered": time.time()})

    def _by_api(self, call: Callable[[str], httpx.Response]) -> tuple[int, dict[str, Any]]:
        answer = self._until_answered(lambda url: call(f"{url}/api/v1/"))
        return answer.status_code, answer.json()

    def _until_answered(self, call: Callable[[str], httpx.Response]) -> httpx.Response:
        until = time.monotonic() + self.patience_s
        while time.monotonic() < until:
            try:
                answer = call(f"http://127.0.0.1:{self.dice.choice(self.ports)}")
                if answer.status_code < 500:
                    return answer
            except httpx.TransportError:
                pass
            time.sleep(PAUSE_S)
        raise GaveUp(f"{self.name} got no answer for {self.patience_s:g} s")


def together(works: list[Callable[[], object]]) -> None:
    """All at the same moment; returns when all have ended."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _hidden(text: str) -> dict[str, str]:
    return dict(FIELD.findall(text))
