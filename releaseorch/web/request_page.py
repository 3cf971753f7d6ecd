"""What the page of a request shows besides what the queries give: its way, what can be added, its plan as a chart."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.actions import Action
from releaseorch.delivery import request_form, signers
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.plan_views import PlanView
from releaseorch.delivery.request_queries import ItemLine, RequestDetail
from releaseorch.delivery.states import ItemPlacement
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.waiting.models import Blocker
from releaseorch.web import filing_choices, request_feed, times
from releaseorch.web.charts import Bar, Chart, Lane, Part

WAY = (R.DRAFT, R.SUBMITTED, R.APPROVED, R.PLANNED, R.DEPLOYING, R.DEPLOYED)
# Where a state that isn't on the straight way stands.
ASIDE = {R.SENT_BACK: R.SUBMITTED, R.DEPLOYED_WITH_EXCEPTIONS: R.DEPLOYED, R.FAILED: R.DEPLOYED}
STOPPED = frozenset({R.REJECTED, R.WITHDRAWN, R.EXPIRED, R.SUPERSEDED})
# So many features of a group, steps, comments and events are shown at first; `?all=1` shows all.
SHOWN = 10
# Lines are changed one by one on the page only while nobody has approved anything.
BY_LINE = frozenset({R.DRAFT, R.SENT_BACK})
PART_KINDS = {
    Blocker.PERSON: "human",
    Blocker.ROLE: "human",
    Blocker.TEAM: "team",
    Blocker.POLICY: "human",
    Blocker.WINDOW: "window",
    Blocker.FREEZE: "window",
    Blocker.RUN: "window",
    Blocker.RESERVATION: "team",
    Blocker.DEPENDENCY: "others",
    Blocker.LIMIT: "work",
    Blocker.WORKER: "work",
    Blocker.OUTSIDE: "others",
}


@dataclass(frozen=True)
class Stop:
    """One stop on the way of a request."""

    state: R
    is_past: bool
    is_now: bool


def context(person: Person, detail: RequestDetail, actions: Mapping[str, Action]) -> dict[str, Any]:
    request = detail.request
    by_line = request.state in BY_LINE and "edit" in actions and actions["edit"].allowed
    return {
        "way": _way(request),
        "by_line": by_line,
        "addable": _addable(detail) if by_line else [],
        "teams": filing_choices.teams() if by_line else [],
        "placements": list(ItemPlacement),
        "deploying": [line for line in detail.items if line.item.component_id],
        "by_hand": [_manual(line, detail) for line in detail.items if not line.item.component_id],
        "next_environment": _next(request),
        "ledger": _parts(detail),
        "fell": detail.changed_since_approval,
        "slots": _slots(detail),
        "feed": request_feed.feed_of(detail.events),
    }


def _way(request: DeploymentRequest) -> list[Stop]:
    state = R(request.state)
    if state in STOPPED:
        return []
    now = WAY.index(ASIDE.get(state, state))
    stops = [*WAY]
    stops[now] = state
    return [Stop(stop, place < now, place == now) for place, stop in enumerate(stops)]


def _addable(detail: RequestDetail) -> list[tuple[str, list[ComponentVersion]]]:
    """Components that are in no line yet, each with its versions that may be used."""
    there = {line.item.component_id for line in detail.items}
    choices = request_form.component_choices(detail.request.application, detail.request.environment)
    return [
        (choice.component.name, [one.version for one in choice.versions if not one.version.is_blocked])
        for choice in choices
        if choice.component.pk not in there
    ]


def _manual(line: ItemLine, detail: RequestDetail) -> tuple[ItemLine, str]:
    """A manual line and where it stands, in words."""
    where = ItemPlacement(line.item.placement or ItemPlacement.AFTER)
    anchor = next((one.item for one in detail.items if one.item.pk == line.item.anchor_id), None)
    said = {"anchor": anchor.component if anchor is not None else _("everything else")}
    sentences = {
        ItemPlacement.BEFORE: _("before %(anchor)s"),
        ItemPlacement.AFTER: _("after %(anchor)s"),
        ItemPlacement.WITH: _("along with %(anchor)s"),
    }
    return line, sentences[where] % said


def _next(request: DeploymentRequest) -> Environment | None:
    """Where the same lines could go next, once they are deployed."""
    if request.state not in {R.DEPLOYED, R.DEPLOYED_WITH_EXCEPTIONS}:
        return None
    return in_use().filter(rank__gt=request.environment.rank).order_by("rank", "name").first()


def _slots(detail: RequestDetail) -> list[tuple[SlotView, list[Person]]]:
    """Each slot with the people who could fill it, while it is still asked for."""
    if detail.request.is_final:
        return [(slot, []) for slot in detail.slots]
    people = signers.signers_of(detail.slots)
    return [(slot, people.get(slot.name, [])) for slot in detail.slots]


def _parts(detail: RequestDetail) -> list[Part]:
    """The time so far by what it waited for, the longest first."""
    spent: dict[Blocker, float] = {}
    for wait in detail.waits:
        kind = Blocker(wait.blocker_kind)
        spent[kind] = spent.get(kind, 0) + ((wait.ended_at or clock.now()) - wait.started_at).total_seconds()
    longest = sorted(spent.items(), key=lambda pair: -pair[1])
    return [
        Part(PART_KINDS[kind], seconds, f"{kind.label} {times.duration(seconds)}")
        for kind, seconds in longest
        if seconds >= 1
    ]


def chart(plan: PlanView) -> Chart:
    """The steps of the preview by application, counted from its start."""
    start = clock.now()
    lanes: dict[str, list[Bar]] = defaultdict(list)
    for step in plan.needed_steps:
        begins = start + timedelta(seconds=step.starts_s)
        ends = begins + timedelta(seconds=max(1, step.expected_s))
        title = f"{step.number}. {step.title}"
        lanes[step.application or _("By hand")].append(Bar("next", begins, ends, step.is_critical, title))
    last = plan.point_of_no_return
    gate = start + timedelta(seconds=last.starts_s + last.expected_s) if last is not None else None
    said = _("%(n)d steps in %(span)s") % {
        "n": len(plan.needed_steps),
        "span": times.duration(plan.expected_s),
    }
    end = start + timedelta(seconds=max(60, plan.expected_s))
    return Chart(
        [Lane(name, bars) for name, bars in lanes.items()], start, end, said, gate=gate, relative=True
    )
