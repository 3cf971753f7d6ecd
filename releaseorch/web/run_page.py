"""The live page of a run: who must act now, the decisions to take, its timeline, its steps, what was said."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from releaseorch.accounts.models import Person
from releaseorch.catalog import yaml_text
from releaseorch.core import clock
from releaseorch.core.actions import Action
from releaseorch.delivery import plan_changes, plan_schedule, run_queries, signers
from releaseorch.delivery.composing import requests_of
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.notifications.queries import called_of
from releaseorch.runs import bounds, queries
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.queries import RunDetail, detail_of
from releaseorch.runs.states import StepState
from releaseorch.web import run_chart, run_decisions, run_downtime, run_feed, run_rows, run_times
from releaseorch.web.run_times import Times

TEMPLATE = "runs/run.html"
CHANGING = ("approve_change", "decline_change", "withdraw_change")
MOST_DECISIONS = 5
MOST_WAITING = 6
ELSEWHERE = frozenset({"comment", *CHANGING})


@dataclass(frozen=True)
class HeldRequest:
    request: DeploymentRequest
    take_out: Action | None


def context_of(run: DeploymentRun, person: Person, query: Mapping[str, str]) -> dict[str, Any]:
    """A constant number of queries, plus two for each decision shown in full (at most five)."""
    detail = detail_of(run)
    now = clock.now() if detail.run.is_active else None
    present = now or detail.run.ended_at or clock.now()
    times = run_times.times_of(detail.run, detail.steps, detail.links, present)
    attempts = attempts_of(detail.steps)
    actions = {action.verb: action for action in run_queries.actions_for(detail.run, person)}
    requests = requests_of(run)
    undecided = [one.step for one in detail.must_act if one.step.state == StepState.NEEDS_DECISION]
    cards = run_decisions.cards_of(
        undecided[:MOST_DECISIONS], detail.steps, detail.links, attempts, person, present, actions.get("stop")
    )
    shown = detail.must_act[:MOST_WAITING]
    called = called_of({one.step.pk: one.since for one in shown})
    gate = _gate(detail, times)
    downtimes = run_downtime.downtimes_of(detail.steps, times, present)
    return {
        "run": detail.run,
        "detail": detail,
        "actions": [action for verb, action in actions.items() if verb not in ELSEWHERE],
        "comment": actions.get("comment"),
        **_changed(detail.run, actions),
        "held_up": bounds.why_nothing_begins(detail.run) if detail.run.is_held_up else "",
        "must_act": [
            {**vars(one), "look": run_rows.look_of(one.step), "called": called[one.step.pk]} for one in shown
        ],
        "must_act_more": max(len(detail.must_act) - MOST_WAITING, 0),
        "cards": cards,
        "second": [
            one
            for one in queries.second_person_of_run(run, person)
            if one.step.pk not in {card.step.pk for card in cards}
        ],
        "cards_shown": {card.step.pk for card in cards},
        **_facts(detail, times, present),
        "gate": gate,
        "downtimes": downtimes,
        "longest_downtime": max(downtimes, key=lambda one: one.seconds, default=None),
        "chart": run_chart.of_run(detail.steps, attempts, times, now, _gate_at(gate, times)),
        **run_rows.table_of(detail, times, attempts, person, query),
        "requests": [
            HeldRequest(one, run_queries.take_out_action(detail.run, one, person, len(requests)))
            for one in requests
        ],
        "feed": run_feed.feed_of(run),
        "comments": detail.comments,
    }


def _changed(run: DeploymentRun, actions: Mapping[str, Action]) -> dict[str, Any]:
    """The step that waits for approval, with what this person may say to it; nothing where there is none."""
    change = plan_changes.open_change(run) if "approve_change" in actions else None
    if change is None:
        return {"change": None}
    view = plan_changes.view_of(change)
    return {
        "change": view,
        "change_actions": [
            actions[verb] for verb in CHANGING if actions[verb].allowed or verb == CHANGING[0]
        ],
        "change_told": yaml_text.write(view.step.parameters) if view.step and view.step.parameters else "",
        "change_signers": signers.sentences_of(view.slots),
    }


def attempts_of(steps: Iterable[Step]) -> Mapping[int, list[Attempt]]:
    """Step id → its attempts, oldest first; one query."""
    found: dict[int, list[Attempt]] = defaultdict(list)
    rows = Attempt.objects.filter(step__in=[step.pk for step in steps]).select_related("person")
    rows = rows.defer("outputs", "late_report")
    for one in rows.order_by("number"):
        found[one.step_id].append(one)
    return found


def _facts(detail: RunDetail, times: Times, now: datetime) -> dict[str, Any]:
    run = detail.run
    undecided = any(step.state == StepState.NEEDS_DECISION for step in detail.steps)
    waits_for_decision = undecided or run.is_held_up
    end = run.ended_at or (None if waits_for_decision else times.expected_end)
    return {
        "elapsed_s": (now - (run.started_at or now)).total_seconds(),
        "predicted_s": times.schedule.total_s,
        "end": end,
        "late_s": round((end - times.planned_end).total_seconds()) if end else 0,
        "waits_for_decision": waits_for_decision,
    }


def _gate(detail: RunDetail, times: Times) -> Step | None:
    """The first step that can't be undone."""
    key = plan_schedule.point_of_no_return(times.plan, times.schedule)
    return next((step for step in detail.steps if step.key == key), None) if key else None


def _gate_at(gate: Step | None, times: Times) -> datetime | None:
    if gate is None:
        return None
    if gate.started_at is not None:
        return gate.started_at
    span = times.expected.get(gate.pk) or times.planned.get(gate.pk)
    return span[0] if span else None
