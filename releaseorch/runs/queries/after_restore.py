"""What whoever releases the hold looks at: the runs that aren't over, and what the mark outside the database says."""

from dataclasses import dataclass, field
from typing import Any

from releaseorch.catalog.states import StepKind
from releaseorch.core.models import Hold
from releaseorch.runs import restored
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, StepState

UNSURE = frozenset({StepState.RUNNING, StepState.NEEDS_DECISION})
TO_COME = frozenset({StepState.READY, StepState.PENDING})


@dataclass
class OpenRun:
    """A run that isn't over by what the restored rows say; `to_come` counts the automated steps that would begin."""

    run: DeploymentRun
    unsure: list[Step] = field(default_factory=list)
    to_come: int = 0

    @property
    def was_under_way(self) -> bool:
        return self.run.state in RUN_ACTIVE


def open_runs(of: Hold) -> list[OpenRun]:
    """Those under way first; two queries beside that for the runs."""
    runs = DeploymentRun.objects.select_related("environment").in_bulk(restored.runs_in_doubt(of))
    found = {pk: OpenRun(run) for pk, run in runs.items()}
    steps = Step.objects.filter(run__in=list(found), kind=StepKind.AUTOMATED, is_taken_over=False)
    for step in steps.filter(state__in=UNSURE).order_by("id"):
        found[step.run_id].unsure.append(step)
    for run_id in steps.filter(state__in=TO_COME).values_list("run_id", flat=True):
        found[run_id].to_come += 1
    return sorted(found.values(), key=lambda one: (not one.was_under_way, one.run.pk))


def happened_since(of: Hold) -> dict[str, Any]:
    """What is known from outside: the last seal of the database as it was found, and the mark, with its moment.

    `lost` is how many seals came after; None when no mark was there to tell.
    """
    found, mark = of.evidence.get("found") or {}, of.evidence.get("mark") or {}
    has_both = "seq" in found and "seq" in mark
    return {
        "found": found.get("seq"),
        "mark": mark.get("seq"),
        "mark_at": mark.get("at"),
        "place": of.evidence.get("place", ""),
        "backup": of.evidence.get("backup") or {},
        "lost": max(0, mark["seq"] - found["seq"]) if has_both else None,
    }
