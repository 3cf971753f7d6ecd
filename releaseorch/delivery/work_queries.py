"""What one person comes for: what needs them now, what they wait for, the features they follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q, prefetch_related_objects

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.delivery import approvals, plan_changes, request_facts
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.followed_queries import Followed, FollowedFeature, followed
from releaseorch.delivery.models import DeploymentRequest, PlanChange
from releaseorch.delivery.request_queries import RequestRow, lines_of
from releaseorch.delivery.states import REQUEST_FINAL, REQUEST_OPEN, RequestState
from releaseorch.features.models import ReleaseMilestone
from releaseorch.features.states import MilestoneKind
from releaseorch.runs import queries as run_queries
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import WorkOfPerson
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

NOW, SHOWN = 20, 8  # how many rows of what needs the person, and of each other part
RECENT = timedelta(days=7)
# The states in which the requester has the move, the most urgent first.
URGENCY = {
    state: n for n, state in enumerate((RequestState.FAILED, RequestState.SENT_BACK, RequestState.DRAFT))
}


@dataclass(frozen=True)
class ToApprove:
    """An approval that this person can give: of a request or of a run, in which slot, since and until when."""

    subject: DeploymentRequest | DeploymentRun
    slot: SlotView
    wait: Interval | None
    deadline: datetime | None
    change: PlanChange | None = None  # of a run under way: what is added to it

    @property
    def is_run(self) -> bool:
        return isinstance(self.subject, DeploymentRun)

    @property
    def since(self) -> datetime | None:
        if self.change is not None:
            return self.change.proposed_at
        return self.wait.started_at if self.wait else None


@dataclass(frozen=True)
class Numbers:
    """How many there are of each part, of which `MyWork` holds the first ones."""

    now: int
    my_move: int
    waiting: int
    over: int
    team_requests: int
    to_compose: int

    @property
    def open(self) -> int:
        """My requests that aren't over, whoever has the move."""
        return self.my_move + self.waiting


@dataclass(frozen=True)
class MyWork:
    """The page Mine: the first rows of each part, and how many there are."""

    numbers: Numbers
    to_approve: tuple[ToApprove, ...]
    steps: WorkOfPerson
    to_compose: tuple[RequestRow, ...]  # approved requests in no run, for release managers
    held_up: tuple[
        DeploymentRun, ...
    ]  # runs past their window or in a freeze: this person says how they go on
    under_way: tuple[DeploymentRun, ...]  # all runs that are, whoever acts in them
    run_drafts: tuple[DeploymentRun, ...]  # runs that wait for this person to propose them
    my_move: tuple[RequestRow, ...]  # my requests that wait for me
    waiting: tuple[RequestRow, ...]  # my requests that wait for somebody or something else
    over: tuple[RequestRow, ...]  # my requests that ended in the last week
    followed: Followed
    teams: tuple[Team, ...]
    applications: tuple[Application, ...]  # of these teams, where nothing needs the person
    team_requests: tuple[RequestRow, ...]  # under way in my teams' applications, not mine

    @property
    def needs_me(self) -> int:
        """How many things wait for this person."""
        return self.numbers.now

    @property
    def shown_now(self) -> int:
        """How many of them are here."""
        steps = self.steps
        own = len(self.held_up) + len(self.to_approve) + len(self.my_move) + len(self.run_drafts)
        of_steps = (steps.asked, steps.to_decide, steps.second, steps.mine, steps.to_take)
        return own + sum(len(part) for part in of_steps)

    @property
    def features(self) -> tuple[FollowedFeature, ...]:
        return self.followed.features

    @property
    def features_over(self) -> tuple[FollowedFeature, ...]:
        return self.followed.over


def my_work(person: Person, now: int = NOW) -> MyWork:
    """The first rows of each part, of what needs the person `now` in all; about forty queries, whatever there is."""
    requests = _requests(person)
    under_way = run_queries.runs_under_way()
    steps = run_queries.work_of(person, under_way)
    held_up = run_queries.held_up_runs(person, under_way)
    drafts, proposed = _not_begun(person)
    approvable = _approvable(person, proposed)
    needing = [
        len(steps.asked), len(steps.to_decide), len(steps.second), len(steps.mine), len(steps.to_take),
        len(approvable), len(requests["my_move"]), len(drafts), len(held_up),
    ]  # fmt: skip
    asked, to_decide, second, mine, to_take, approve, move, draft, held = shares(needing, now)
    rows = _rows({part: ids[: move if part == "my_move" else SHOWN] for part, ids in requests.items()})
    teams = policy.team_ids(person)
    return MyWork(
        numbers=Numbers(now=sum(needing), **{part: len(ids) for part, ids in requests.items()}),
        to_approve=tuple(_in_full(approvable[:approve])),
        steps=replace(
            steps, asked=steps.asked[:asked], to_decide=steps.to_decide[:to_decide], second=steps.second[:second],
            mine=steps.mine[:mine], to_take=steps.to_take[:to_take],
        ),
        held_up=tuple(held_up[:held]),
        run_drafts=tuple(drafts[:draft]),
        under_way=tuple(under_way),
        followed=followed(person, SHOWN),
        teams=tuple(Team.objects.filter(pk__in=teams)),
        applications=() if any(needing) else tuple(
            Application.objects.filter(team__in=teams).only("name", "slug")[: NOW + 1]
        ),
        **rows,
    )  # fmt: skip


def shares(numbers: Sequence[int], most: int) -> list[int]:
    """How many of each to show so that there are `most` in all: none is left out because another has many."""
    found = [0] * len(numbers)
    left = min(most, sum(numbers))
    while left:
        for place, number in enumerate(numbers):
            if left and found[place] < number:
                found[place] += 1
                left -= 1
    return found


def _requests(person: Person) -> dict[str, list[int]]:
    """The ids of the requests of each part, the most urgent first; three queries that read no row in full."""
    since = clock.now() - RECENT
    mine = [Q(requester=person), Q(filed_by=person)]
    columns = ("pk", "state", "closed_at")
    # Said once for each of both, so that an index finds what is open or has just ended, not what somebody ever filed.
    own = list(
        DeploymentRequest.objects.filter(
            reduce(or_, (who & when for who in mine for when in (Q(closed_at=None), Q(closed_at__gt=since))))
        )
        .order_by("-id")
        .values_list(*columns)
    )
    my_move = sorted((one for one in own if one[1] in URGENCY), key=lambda one: URGENCY[RequestState(one[1])])
    over = [one for one in own if one[1] in REQUEST_FINAL and one[2] is not None]
    of_teams = DeploymentRequest.objects.filter(
        application__team__in=policy.team_ids(person), state__in=sorted(REQUEST_OPEN - {RequestState.DRAFT})
    ).exclude(reduce(or_, mine))
    composes = any(grant.role == Role.RELEASE_MANAGER for grant in policy.grants_of(person))
    loose = DeploymentRequest.objects.filter(state=RequestState.APPROVED, run=None) if composes else None
    return {
        "my_move": [pk for pk, *_rest in my_move],
        "waiting": [pk for pk, state, _at in own if state in REQUEST_OPEN and state not in URGENCY],
        "over": [pk for pk, *_rest in sorted(over, key=lambda one: one[2], reverse=True)],
        "team_requests": list(of_teams.order_by("-id").values_list("pk", flat=True)),
        "to_compose": list(loose.order_by("-id").values_list("pk", flat=True)) if loose is not None else [],
    }


def _rows(ids: Mapping[str, Sequence[int]]) -> dict[str, tuple[RequestRow, ...]]:
    """What the rows of each part say; three queries for all of them.

    Where a row says what it waits for, it doesn't say what it would deploy.
    """
    wanted = DeploymentRequest.objects.filter(pk__in={pk for ones in ids.values() for pk in ones})
    requests = list(request_facts.with_names(wanted).only(*OF_ROWS))
    waits = ledger.open_waits("request", [request.pk for request in requests])
    with_lines = [one for one in requests if one.pk not in waits or one.pk in ids["my_move"]]
    prefetch_related_objects(with_lines, request_facts.lines())
    found = {one.pk: RequestRow(one, (), waits.get(one.pk)) for one in requests}
    found |= {one.pk: replace(found[one.pk], lines=lines_of(one)) for one in with_lines}
    return {part: tuple(found[pk] for pk in ones if pk in found) for part, ones in ids.items()}


def _not_begun(person: Person) -> tuple[list[DeploymentRun], list[DeploymentRun]]:
    """Drafts that the person edits, the newest first; what others propose, the longest first; one query."""
    drafts, proposed = Q(state=RunState.DRAFT, edited_by=person), Q(state=RunState.PROPOSED)
    rows = DeploymentRun.objects.filter(drafts | (proposed & ~Q(composed_by=person) & ~Q(edited_by=person)))
    found = list(rows.order_by("proposed_at", "pk"))
    return (
        sorted((run for run in found if run.state == RunState.DRAFT), key=lambda run: run.pk, reverse=True),
        [run for run in found if run.state == RunState.PROPOSED],
    )


def _approvable(person: Person, runs: Sequence[DeploymentRun]) -> list[ToApprove]:
    """What the person may approve, read only in part: what holds up a run under way first, then by deadline."""
    requests = list(
        DeploymentRequest.objects.filter(state=RequestState.SUBMITTED)
        .exclude(requester=person)
        .select_related("application")
        .only(*OF_SLOTS)
        .order_by("submitted_at", "id")
    )
    closes = _approval_closes(requests)
    of_requests, of_runs = approvals.slots_of_requests(requests), approvals.slots_of_runs(runs)
    found = [
        ToApprove(request, slot, None, closes.get(request.release_id or 0))
        for request in requests
        if (slot := _fillable(of_requests[request.pk], person)) is not None
    ]
    found += [
        ToApprove(run, slot, None, run.window_from)
        for run in runs
        if (slot := _fillable(of_runs[run.pk], person)) is not None
    ]
    found += _changes(person)
    return sorted(
        found, key=lambda one: (one.change is None, one.deadline is None, one.deadline or clock.now())
    )


def _changes(person: Person) -> list[ToApprove]:
    """Steps that others added to runs under way, which stand still meanwhile; one query where there are none."""
    changes = plan_changes.open_changes()
    slots = approvals.slots_of_changes(changes) if changes else {}
    return [
        ToApprove(one.run, slot, None, one.run.window_until, one)
        for one in changes
        if (slot := _fillable(slots[one.run_id], person)) is not None
    ]


OF_ROWS = (
    "title", "state", "last_reason", "closed_at", "row_version", "application__name", "environment__name",
    "requester__name",
)  # fmt: skip
OF_SLOTS = (
    "application__team", "environment", "release", "requester", "filed_by", "content_digest", "state", "row_version",
)  # fmt: skip


def _in_full(chosen: Sequence[ToApprove]) -> list[ToApprove]:
    """With what a row says, and since when it waits; four queries."""
    requests = DeploymentRequest.objects.select_related(
        "application", "environment", "release", "requester"
    ).in_bulk([one.subject.pk for one in chosen if not one.is_run])
    runs = DeploymentRun.objects.select_related("environment").in_bulk(
        [one.subject.pk for one in chosen if one.is_run]
    )
    request_waits, run_waits = ledger.open_waits("request", requests), ledger.open_waits("run", runs)
    return [
        replace(one, subject=runs.get(one.subject.pk, one.subject), wait=run_waits.get(one.subject.pk))
        if one.is_run
        else replace(
            one, subject=requests.get(one.subject.pk, one.subject), wait=request_waits.get(one.subject.pk)
        )
        for one in chosen
    ]


def _fillable(slots: Sequence[SlotView], person: Person) -> SlotView | None:
    return next((slot for slot in slots if not slot.why_not(person)), None)


def _approval_closes(requests: Sequence[DeploymentRequest]) -> dict[int, datetime]:
    found = ReleaseMilestone.objects.filter(
        kind=MilestoneKind.APPROVAL,
        release__in={request.release_id for request in requests if request.release_id},
    )
    return dict(found.values_list("release_id", "at"))
