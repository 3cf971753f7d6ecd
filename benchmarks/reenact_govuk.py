"""Does GOV.UK's busiest day go through the product: 107 changes, forty applications back and forward again?"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks._embedded import embedded_broker, worker
from releaseorch.integrations.reenact.october import Day, reenact, reenact_at_once
from releaseorch.integrations.reenact.october_report import report_of
from releaseorch.integrations.reenact.report import measured
from releaseorch.integrations.scratch import scratch_installation
from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.registry import source_of

IN_RUNS = ("composing", "approving_runs", "engine", "by_hand")


def run(data: Path) -> dict[str, Any]:
    """Live 2 October 2024 again, and once more with each application's last version in one run.

    Either has a database of its own, and broker and worker as the demo has them. Raises `SourceUnreadable`.
    """
    began = time.monotonic()
    document = source_of("govuk").read(data / "govuk", history=True)
    with embedded_broker() as broker:
        at_once = _played(reenact_at_once, document, broker)
        day = _played(reenact, document, broker)
    one_run = {"seconds_of_runs": at_once["seconds_of_runs"], **at_once["runs"][0]}
    return {
        **day,
        "last_versions_in_one_run": one_run,
        "seconds_total": round(time.monotonic() - began, 2),
    }


def _played(live: Callable[..., Day], document: ImportDocument, broker: Mapping[str, str]) -> dict[str, Any]:
    with scratch_installation(), worker(broker):
        told = live(document, workers=0)
        return {**report_of(told), "seconds_of_runs": _in_runs(told), **measured(told.played)}


def _in_runs(told: Day) -> float:
    """From the first composition to the last step's end; filing and approving the requests came before."""
    return round(sum(told.played.seconds[work] for work in IN_RUNS), 2)
