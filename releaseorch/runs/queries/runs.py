"""Runs: one with everything about it, and pages of many."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from releaseorch.core import paging
from releaseorch.core.paging import Page
from releaseorch.runs import expectations
from releaseorch.runs.models import Comment, DeploymentRun, RunTarget, Step
from releaseorch.runs.queries.work import MustAct, must_act_of
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RUN_ACTIVE, RUN_FINAL, STEP_FINAL
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval


@dataclass(frozen=True)
class RunFilter:
    """What a list of runs shows; None or empty means all. `open_only`: neither over nor given up."""

    environment_id: int | None = None
    states: tuple[str, ...] = ()
    component_id: int | None = None
    open_only: bool = False


@dataclass(frozen=True)
class RunDetail:
    """A run as its page shows it; `waits` are the open waits of its steps by id, `held_up` what stands behind each."""

    run: DeploymentRun
    steps: list[Step]
    links: list[tuple[int, int]]
    counts: Mapping[str, int]
    waits: Mapping[int, Interval]
    wait: Interval | None
    must_act: list[MustAct]
    held_up: Mapping[int, int]
    comments: list[Comment]

    @property
    def expected_end(self) -> datetime | None:
        return expectations.expected_end_of(self.run, self.steps, self.links)

    @property
    def done(self) -> int:
        return sum(count for state, count in self.counts.items() if state in STEP_FINAL)


def run_detail(run_id: int) -> RunDetail:
    """Six queries, however many steps; raises `DeploymentRun.DoesNotExist`."""
    rows = DeploymentRun.objects.select_related("environment", "composed_by", "edited_by")
    return detail_of(rows.get(pk=run_id))


def detail_of(run: DeploymentRun) -> RunDetail:
    """The same of a run that was read already, with its environment and its people; five queries."""
    steps = steps_of(run)
    links = list(run.links.order_by("id").values_list("before_id", "after_id"))
    waits = ledger.open_waits("step", [step.pk for step in steps])
    held_up = expectations.held_up(steps, links)
    return RunDetail(
        run=run,
        steps=steps,
        links=links,
        counts=Counter(str(step.state) for step in steps),
        waits=waits,
        wait=ledger.open_waits("run", [run.pk]).get(run.pk),
        must_act=must_act_of(steps, waits, held_up),
        held_up=held_up,
        comments=list(run.comments.select_related("person")),
    )


def steps_of(run: DeploymentRun) -> list[Step]:
    """The steps in their order, with the names a list shows; one query."""
    rows = list(run.steps.select_related(*WITH_NAMES).order_by("number"))
    for row in rows:
        row.run = run
    return rows


def runs_page(cursor: str | None = None, filters: RunFilter | None = None) -> Page[DeploymentRun]:
    """Newest first, with `steps_total` and `steps_done` on each; two queries: steps are counted for this page only."""
    wanted = filters or RunFilter()
    rows = DeploymentRun.objects.select_related("environment", "composed_by")
    if wanted.environment_id is not None:
        rows = rows.filter(environment_id=wanted.environment_id)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.component_id is not None:
        rows = rows.filter(pk__in=RunTarget.objects.filter(component_id=wanted.component_id).values("run_id"))
    if wanted.open_only:
        rows = rows.exclude(state__in=RUN_FINAL)
    page = paging.page_of(rows, cursor)
    _count_steps(page.items)
    return page


def runs_under_way() -> list[DeploymentRun]:
    """All active runs as in `runs_page`, newest first; two queries. They hold what they change, so they are few."""
    active = DeploymentRun.objects.filter(state__in=RUN_ACTIVE).values(
        "pk"
    )  # the index of states has all of it
    found = list(DeploymentRun.objects.filter(pk__in=active).select_related("environment").order_by("-pk"))
    _count_steps(found)
    return found


def _count_steps(runs: Sequence[DeploymentRun]) -> None:
    """Put `steps_total` and `steps_done` on each; one query."""
    counted = Step.objects.filter(run__in=[run.pk for run in runs]).order_by().values_list("run_id")
    is_done = Count("pk", filter=Q(state__in=STEP_FINAL))
    numbers = {pk: (total, done) for pk, total, done in counted.annotate(total=Count("pk"), done=is_done)}
    for run in runs:
        run.steps_total, run.steps_done = numbers.get(run.pk, (0, 0))  # type: ignore[attr-defined]
