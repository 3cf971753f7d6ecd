"""Does a real week go through the product as it happened, and what does the engine cost per step?"""

import time
from pathlib import Path
from typing import Any

from releaseorch.integrations.reenact.reenactment import reenact
from releaseorch.integrations.reenact.report import measured, report_of
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.integrations.sources.registry import source_of


def run(data: Path) -> dict[str, Any]:
    """Live Wikimedia's week of 10–16 June 2024 again in a database of its own. Raises `SourceUnreadable`."""
    began = time.monotonic()
    document = source_of("wikimedia").read(data / "wikimedia", history=True)
    with scratch_installation():
        told = reenact(document)
        report = report_of(told) | measured(told.played)
    return {**report, "seconds_total": round(time.monotonic() - began, 2)}
