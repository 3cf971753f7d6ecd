"""The page of a run that hasn't started: its plan, what is wrong with it, who must approve it, and its forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action
from releaseorch.delivery import plan_queries, run_queries, signers
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.plan_views import PlanView, RequestLine, StepLine
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.web import plan_forms, run_chart, run_feed

TEMPLATE = "runs/plan.html"
ELSEWHERE = frozenset({"add_step", "add_request", "comment"})  # drawn beside what they are about
WAY = (RunState.DRAFT, RunState.PROPOSED, RunState.APPROVED, RunState.RUNNING, RunState.SUCCEEDED)


@dataclass(frozen=True)
class Group:
    """Steps of a layer or a phase; times count from the start of the run."""

    ident: str
    label: str
    starts_s: int
    lasts_s: int
    steps: Sequence[StepLine]


@dataclass(frozen=True)
class HeldRequest:
    line: RequestLine
    take_out: Action | None


@dataclass(frozen=True)
class Slot:
    """An approval slot, what stands in this person's way (empty: nothing), and who could fill it."""

    view: SlotView
    why_not: str
    people: Sequence[Person]


@dataclass(frozen=True)
class Way:
    """A stage of a run's life: behind (True), now, or to come (None)."""

    label: str
    state: str
    is_now: bool


def context_of(run: DeploymentRun, person: Person, query: Mapping[str, str]) -> dict[str, Any]:
    plan = plan_queries.plan_view(run)
    actions = {action.verb: action for action in run_queries.actions_for(run, person, plan)}
    by = "phase" if query.get("by") == "phase" else "layer"
    line = next((one for one in plan.steps if one.key == query.get("step")), None)
    add = actions.get("add_step")
    return {
        "run": run,
        "plan": plan,
        "actions": [action for verb, action in actions.items() if verb not in ELSEWHERE],
        "comment": actions.get("comment"),
        "add_request": actions.get("add_request"),
        "add_step": plan_forms.with_team_and_time(add) if add else None,
        "wait": ledger.open_waits("run", [run.pk]).get(run.pk),
        "slots": _slots(run, plan.slots, person),
        "history": run_queries.approvals_of(run, plan.slots).history,
        "requests": [
            HeldRequest(one, run_queries.take_out_action(run, one.request, person, len(plan.requests)))
            for one in plan.requests
        ],
        "by": by,
        "groups": groups_of(plan, by),
        "chart": run_chart.of_plan(plan),
        "way": way_of(run),
        "some_critical": len(plan.critical_path) < len(plan.needed_steps),
        "is_draft": run.state == RunState.DRAFT,
        "line": line if run.state == RunState.DRAFT else None,
        "forms": plan_forms.forms_of(run, plan, line, add.why_not) if line and add else [],
        "longest_downtime": max(plan.downtimes, key=lambda one: one.seconds, default=None),
        "ends_at": run.window_from + timedelta(seconds=plan.expected_s) if run.window_from else None,
        "feed": run_feed.feed_of(run),
        "comments": list(run.comments.select_related("person")),
    }


def groups_of(plan: PlanView, by: str) -> list[Group]:
    """The steps to be carried out, by layer (at the same time) or by phase of the procedures."""
    if by == "phase":
        return [_group(f"phase-{one.phase}", one.label.capitalize(), one.steps) for one in plan.phases]
    return [
        _group(f"layer-{one.number}", _("Layer %(n)d") % {"n": one.number}, one.steps) for one in plan.layers
    ]


def way_of(run: DeploymentRun) -> list[Way]:
    """Where a run that is still on its way stands; nothing for one that was given up."""
    if run.state in {RunState.REJECTED, RunState.CANCELLED}:
        return []
    now = RunState.APPROVED if run.state == RunState.SCHEDULED else RunState(run.state)
    here = WAY.index(now) if now in WAY else len(WAY) - 1
    words = [_("Draft"), _("Proposed"), _("Approved"), _("Running"), _("Over")]
    return [
        Way(word, "succeeded" if place < here else "person" if place == here else "", place == here)
        for place, word in enumerate(words)
    ]


def _group(ident: str, label: str, steps: Sequence[StepLine]) -> Group:
    starts = min(step.starts_s for step in steps)
    ends = max(step.starts_s + step.expected_s for step in steps)
    return Group(ident, label, starts, ends - starts, steps)


def _slots(run: DeploymentRun, slots: Sequence[SlotView], person: Person) -> list[Slot]:
    """While nothing is asked yet, nothing stands in anybody's way but the order."""
    asks = run.state == RunState.PROPOSED
    people = signers.signers_of(slots) if run.state in {RunState.DRAFT, RunState.PROPOSED} else {}
    return [
        Slot(slot, slot.why_not(person) if asks and slot.missing else "", people.get(slot.name, []))
        for slot in slots
    ]
