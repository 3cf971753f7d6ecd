"""The wall clock of one process of the product, which may go wrong by as many seconds as its file says.

Leases are measured by the database and fences by the monotonic clock, so what the wall clock says decides nothing.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from tests.faults.campaign import points

NAME = "CAMPAIGN_NAME"
LOOKS_EVERY_S = 0.5
AHEAD, BEHIND = "clock ahead", "clock behind"


def file_of(folder: Path, name: str) -> Path:
    return folder / "clocks" / name


class _Clock:
    """`by` is how many seconds it is wrong."""

    def __init__(self) -> None:
        self._file = file_of(points.folder(), os.environ.get(NAME, ""))
        self._by, self._looked = 0.0, float("-inf")

    @property
    def by(self) -> float:
        if time.monotonic() - self._looked > LOOKS_EVERY_S:
            self._looked = time.monotonic()
            try:
                self._by = float(self._file.read_text())
            except (OSError, ValueError):
                self._by = 0.0
        return self._by


_clock: _Clock | None = None


def begin() -> None:
    """From now on this process asks its own clock what time it is."""
    global _clock
    clock = _clock = _Clock()
    true_time, true_now = time.time, timezone.now

    def wrong_time() -> float:
        return true_time() + clock.by

    def wrong_now() -> datetime:
        return true_now() + timedelta(seconds=clock.by)

    time.time, timezone.now = wrong_time, wrong_now


def tell() -> None:
    """Something was just written by this process; that counts as a hit when its clock is wrong."""
    if _clock is not None and _clock.by:
        points.taken(AHEAD if _clock.by > 0 else BEHIND)
