"""The http executor keeps the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from releaseorch.executors import outbound
from releaseorch.executors.base import Context, Unknown
from releaseorch.executors.http.executor import HttpExecutor
from tests.executors.conformance import Config, Conformance
from tests.executors.stage import FarSide, far_side


class TestHttp(Conformance):
    parameters = {"what": "well"}

    @pytest.fixture(autouse=True)
    def serve(self) -> Iterator[None]:
        with far_side() as self.side:
            yield

    side: FarSide

    def new(self) -> HttpExecutor:
        return HttpExecutor(outbound.Guard("127.0.0.1:*"))

    def succeeding(self) -> Config:
        return {
            "method": "POST",
            "url": self.side.url("/echo"),
            "text": "it went ${what}",
            "secret_headers": {"Authorization": {"secret": "token", "prefix": "Bearer "}},
        }

    def failing(self) -> Config:
        return {"method": "POST", "url": self.side.url("/missing")}

    def impossible(self) -> Config:
        return {"method": "POST", "url": "http://127.0.0.1:1/"}

    def long(self) -> Config:
        self.side.failures_left = 10_000
        return {"url": self.side.url("/flaky"), "wait_s": 30}

    def let_go_on(self, context: Context) -> None:
        self.side.failures_left = 0

    def effects(self, context: Context) -> int:
        return len(self.side.requests)

    def lost(self, tmp_path: Path) -> Context:
        context = self.context({"method": "POST", "url": self.side.url("/stuck"), "timeout_s": 0.2}, tmp_path)
        assert isinstance(self.new().start(context), Unknown)
        return context

    def answer_lost(self, tmp_path: Path) -> Context:
        # A health check may be sent again; what matters is a request that may have changed something.
        return self.lost(tmp_path)

    def stubborn(self) -> Config:
        return {"method": "POST", "url": self.side.url("/echo")}
