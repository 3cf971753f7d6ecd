"""What happens to messages on their way, as files in the campaign's folder tell the processes that send them.

`repeat`: each is sent as often as the file says. `hold`: each is kept in the folder `held` instead of being sent, as by
a network that took it and has not delivered it yet.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import current_app
from celery.signals import after_task_publish
from kombu import Producer

from tests.faults.campaign import points

_is_repeating = threading.local()


def begin() -> None:
    after_task_publish.connect(_repeat, weak=False)
    Producer.publish = _held_or(Producer.publish)


def _repeat(sender: str, body: Any, routing_key: str = "", **_said: Any) -> None:
    try:
        times = int((points.folder() / "repeat").read_text())
    except (OSError, ValueError):
        return
    if getattr(_is_repeating, "now", False) or not isinstance(body, tuple):
        return
    _is_repeating.now = True
    try:
        for _time in range(times - 1):
            current_app.send_task(sender, args=body[0], queue=routing_key or None)
        points.write_down(points.folder() / "hits", {"point": "message repeated", "args": list(body[0])})
    finally:
        _is_repeating.now = False


def _held_or(publish: Callable[..., Any]) -> Callable[..., Any]:
    def published(self: Producer, body: Any, routing_key: str = "", **how: Any) -> Any:
        task = (how.get("headers") or {}).get("task", "")
        if not task.startswith("exec.") or not (points.folder() / "hold").exists():
            return publish(self, body, routing_key=routing_key, **how)
        said = {"task": task, "args": list(body[0]), "queue": routing_key}
        file = points.folder() / "held" / f"{time.monotonic_ns()}.{os.getpid()}.{threading.get_ident()}"
        half = file.with_suffix(".half")
        half.write_text(json.dumps(said))
        half.rename(file)
        return None

    return published


def let_go(folder: Path, *, backwards: bool = False) -> int:
    """Deliver what was held, in the order in which it was sent or the other way round; returns how many there were."""
    held = sorted((file for file in (folder / "held").iterdir() if file.suffix != ".half"), reverse=backwards)
    for file in held:
        said = json.loads(file.read_text())
        current_app.send_task(said["task"], args=said["args"], queue=said["queue"] or None)
        file.unlink()
    return len(held)
