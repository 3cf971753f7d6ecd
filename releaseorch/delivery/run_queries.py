"""Runs with what delivery knows of them: their requests, their approvals, everything a person may do with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from releaseorch.core.paging import LARGEST_ID, Page
from releaseorch.delivery import approvals, composing, plan_queries
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.plan_views import PlanView
from releaseorch.delivery.run_actions import actions_for, take_out_action
from releaseorch.delivery.services.compose_run import problems_of
from releaseorch.runs import queries as engine
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import RunFilter
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

__all__ = [
    "ApprovalsOfRun",
    "RunRow",
    "Selection",
    "actions_for",
    "approvals_of",
    "runs_page",
    "selection_preview",
    "take_out_action",
]


@dataclass(frozen=True)
class RunRow:
    """A run in a list: its requests (those it holds, or held when it ended), and what it waits for."""

    run: DeploymentRun
    requests: int
    applications: tuple[str, ...]
    wait: Interval | None


@dataclass(frozen=True)
class ApprovalsOfRun:
    """The slots of the present round, and every verdict ever given."""

    slots: list[SlotView]
    history: list[Approval]


@dataclass(frozen=True)
class Selection:
    """Requests chosen on the board: what a run of them would be, and why some can't be in it (id → sentence)."""

    requests: tuple[DeploymentRequest, ...]
    problems: Mapping[int, str]
    preview: PlanView | None

    @property
    def fitting(self) -> list[DeploymentRequest]:
        return [request for request in self.requests if request.pk not in self.problems]


def runs_page(cursor: str | None = None, filters: RunFilter | None = None) -> Page[RunRow]:
    """Newest first; three queries."""
    page = engine.runs_page(cursor, filters)
    ids = [run.pk for run in page.items]
    held = DeploymentRequest.objects.filter(run_id__in=ids).order_by("application__name")
    names: dict[int, list[str]] = {}
    for run_id, name in held.values_list("run_id", "application__name"):
        names.setdefault(run_id or 0, []).append(name)
    waits = ledger.open_waits("run", ids)
    rows = [
        RunRow(
            run, len(names.get(run.pk, [])), tuple(dict.fromkeys(names.get(run.pk, []))), waits.get(run.pk)
        )
        for run in page.items
    ]
    return Page(rows, page.older, page.newer)


def approvals_of(run: DeploymentRun, slots: Sequence[SlotView] | None = None) -> ApprovalsOfRun:
    """Who must still approve the run, and who said what in which round; give the slots where they were read already."""
    history = Approval.objects.filter(run=run).select_related("approver").order_by("-at", "-pk")
    found = approvals.slots_of_run(run) if slots is None else list(slots)
    return ApprovalsOfRun(found, list(history))


def selection_preview(request_ids: Sequence[int]) -> Selection:
    """What a run of these requests would be; nothing is written. Requests of several environments have no preview."""
    possible = [pk for pk in request_ids if 0 < pk <= LARGEST_ID]
    found = DeploymentRequest.objects.filter(pk__in=possible).order_by("pk")
    requests = list(found.select_related("application", "environment", "requester", "release", "run"))
    problems = problems_of(requests)
    fitting = [request for request in requests if request.pk not in problems]
    environments = {request.environment_id for request in fitting}
    preview = None
    if len(environments) == 1:
        composition = composing.composition_of(fitting[0].environment, fitting)
        preview = plan_queries.drawn(composition, fitting)
    return Selection(tuple(requests), problems, preview)
