"""Messages that arrive several times: while the file `repeat` lies in the folder, each is sent as often as it says."""

import threading
from typing import Any

from celery import current_app
from celery.signals import after_task_publish

from tests.faults.campaign import points

_is_repeating = threading.local()


def begin() -> None:
    after_task_publish.connect(_repeat, weak=False)


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
            current_app.send_task(sender, args=body[0])
        points.write_down(points.folder() / "hits", {"point": "message repeated", "args": list(body[0])})
    finally:
        _is_repeating.now = False
