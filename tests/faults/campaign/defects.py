"""Planted defects: one of them is put into each process, and the checker must find it."""

import os
from collections.abc import Callable

VARIABLE = "CAMPAIGN_DEFECT"
DEFECTS: dict[str, Callable[[], None]] = {}


def plant() -> None:
    if name := os.environ.get(VARIABLE):
        DEFECTS[name]()
