"""The body of every step, the same for all: it writes down which step it is and when, and does nothing else.

What stands there afterwards is also the proof that each step was done once.
"""

import os
import time
from itertools import pairwise
from pathlib import Path

FILE = "RELEASEORCH_BENCHMARK_STAMPS"  # the variable that names the file
_opened: list[int] = []


def stamp(key: str) -> None:
    if not _opened:
        _opened.append(os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    os.write(_opened[0], f"{key} {time.monotonic_ns()}\n".encode())


def taken_from(file: Path) -> dict[str, int]:
    """Key → nanoseconds, and the file is empty again; raises when a step was done twice."""
    rows = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    file.write_text("")
    found = {key: int(at) for key, at in rows}
    if len(found) != len(rows):
        raise RuntimeError(f"{len(rows) - len(found)} steps were done twice.")
    return found


def hops_ms(found: dict[str, int]) -> list[float]:
    """From each step to the one that was done next."""
    moments = sorted(found.values())
    return [(after - before) / 1e6 for before, after in pairwise(moments)]
