"""What executor tests stand on: a log that remembers, contexts, waiting with a deadline, a small HTTP server."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from releaseorch.executors.base import Context, Executor, Result, Running

DEADLINE_S = 15.0
SECRET = b"hunter2-hunter2"


@dataclass
class Log:
    """A log sink that keeps every chunk; `gaps` says after how many bytes how many were skipped."""

    chunks: list[bytes] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        self.chunks.append(data)

    def skip(self, count: int) -> None:
        self.gaps.append((len(self.content), count))

    @property
    def content(self) -> bytes:
        return b"".join(self.chunks)


def context_for(config: Mapping[str, Any], work_dir: Path, **more: Any) -> Context:
    """Build the context of one attempt in its own folder."""
    given: dict[str, Any] = {
        "attempt_id": "41-1",
        "step_key": "deploy",
        "log": Log(),
        "secrets": {"token": SECRET},
    }
    return Context(config=config, work_dir=work_dir / "attempt", **(given | more))


def log_of(context: Context) -> bytes:
    assert isinstance(context.log, Log)
    return context.log.content


def until(condition: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """Ask again until the answer is true; the test fails when the deadline passes."""
    end = time.monotonic() + deadline_s
    while not (answer := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return answer


def happens(condition: Callable[[], Any], within_s: float = 0.15) -> bool:
    """Whether it becomes true in a short while."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def poll_to_end(executor: Executor, context: Context, result: Result) -> Result:
    """Poll until the attempt is over."""
    end = time.monotonic() + DEADLINE_S
    while isinstance(result, Running):
        assert time.monotonic() < end, f"still running: {log_of(context)!r}"
        time.sleep(0.01)
        result = executor.poll(context, result.external_id)
    return result


def carry_out(executor: Executor, context: Context) -> Result:
    return poll_to_end(executor, context, executor.start(context))


@dataclass
class FarSide:
    """A real HTTP server that remembers what it was asked; paths decide how it answers."""

    port: int
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    failures_left: int = 0
    release: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def far_side() -> Iterator[FarSide]:
    """Serve until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    side = FarSide(server.server_port)
    server.side = side  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield side
    finally:
        side.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        side: FarSide = self.server.side  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        side.requests.append((self.command, self.path, dict(self.headers), body))
        getattr(self, "answer_" + self.path.strip("/").split("/")[0], self.answer_ok)(side, body)

    do_POST = do_PUT = do_GET

    def answer_ok(self, side: FarSide, body: bytes) -> None:
        self.reply(200, json.dumps({"status": "ok", "version": "2.3.1", "parts": [{"up": True}]}).encode())

    def answer_echo(self, side: FarSide, body: bytes) -> None:
        self.reply(200, json.dumps(dict(self.headers)).encode() + b"\n" + body)

    def answer_missing(self, side: FarSide, body: bytes) -> None:
        self.reply(404, b"no such thing")

    def answer_flaky(self, side: FarSide, body: bytes) -> None:
        side.failures_left -= 1
        self.reply(503 if side.failures_left >= 0 else 200, b"{}")

    def answer_redirect(self, side: FarSide, body: bytes) -> None:
        self.reply(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"})

    def answer_huge(self, side: FarSide, body: bytes) -> None:
        self.reply(200, b"x" * (3 * 1024 * 1024))

    def answer_stuck(self, side: FarSide, body: bytes) -> None:
        side.release.wait(DEADLINE_S)

    def answer_drip(self, side: FarSide, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        while not side.release.wait(0.05):
            self.wfile.write(b".")

    def answer_cut(self, side: FarSide, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"half of it")

    def reply(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the executor hung up, as it should

    def log_message(self, format: str, *args: Any) -> None:
        return
