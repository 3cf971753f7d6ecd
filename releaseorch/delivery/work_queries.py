"""What one person comes for: what needs them now, what they wait for, the features they follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.delivery import approvals, request_facts
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.request_queries import RequestRow, rows_of
from releaseorch.delivery.states import REQUEST_FINAL, REQUEST_OPEN, RequestState
from releaseorch.environments import arrivals
from releaseorch.environments.arrivals import Arrival
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, FeatureScope, ReleaseMilestone
from releaseorch.features.states import FeatureStatus, MilestoneKind
from releaseorch.runs import queries as run_queries
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import WorkOfPerson
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

MOST = 200
RECENT = timedelta(days=7)
REQUESTERS_MOVE = frozenset({RequestState.DRAFT, RequestState.SENT_BACK, RequestState.FAILED})


@dataclass(frozen=True)
class ToApprove:
    """An approval that this person can give: of a request or of a run, in which slot, since and until when."""

    subject: DeploymentRequest | DeploymentRun
    slot: SlotView
    wait: Interval | None
    deadline: datetime | None

    @property
    def is_run(self) -> bool:
        return isinstance(self.subject, DeploymentRun)


@dataclass(frozen=True)
class FollowedFeature:
    """A feature that the person owns or tests: where it stands, and where its parts have arrived."""

    feature: Feature
    is_owner: bool
    is_tester: bool
    scopes: tuple[FeatureScope, ...]
    arrived: tuple[Arrival, ...]
    is_over: bool  # live wherever it wasn't dropped, and in no release under way


@dataclass(frozen=True)
class MyWork:
    """Everything of the page Mine."""

    to_approve: tuple[ToApprove, ...]
    steps: WorkOfPerson
    to_compose: tuple[RequestRow, ...]  # approved requests in no run, for release managers
    run_drafts: tuple[DeploymentRun, ...]  # runs that wait for this person to propose them
    my_move: tuple[RequestRow, ...]  # my requests that wait for me
    waiting: tuple[RequestRow, ...]  # my requests that wait for somebody or something else
    over: tuple[RequestRow, ...]  # my requests that ended in the last week
    features: tuple[FollowedFeature, ...]  # not live yet, or of a release under way
    features_over: tuple[FollowedFeature, ...]
    teams: tuple[Team, ...]
    applications: tuple[Application, ...]
    team_requests: tuple[RequestRow, ...]  # under way in my teams' applications, not mine

    @property
    def needs_me(self) -> int:
        """How many things wait for this person."""
        steps = self.steps
        own = len(self.to_approve) + len(self.my_move) + len(self.run_drafts)
        return own + len(steps.mine) + len(steps.to_take) + len(steps.to_decide) + len(steps.asked)


def my_work(person: Person) -> MyWork:
    """About thirty queries, whatever there is to do."""
    mine = Q(requester=person) | Q(filed_by=person)
    own = _rows(DeploymentRequest.objects.filter(mine, state__in=sorted(REQUEST_OPEN)))
    over = DeploymentRequest.objects.filter(
        mine, state__in=sorted(REQUEST_FINAL), closed_at__gt=clock.now() - RECENT
    )
    teams = Team.objects.filter(pk__in=policy.team_ids(person))
    applications = Application.objects.filter(team__in=policy.team_ids(person))
    team_requests = DeploymentRequest.objects.filter(
        application__team__in=policy.team_ids(person), state__in=sorted(REQUEST_OPEN - {RequestState.DRAFT})
    ).exclude(mine)
    features = followed(person)
    return MyWork(
        to_approve=tuple(to_approve(person)),
        steps=run_queries.work_of(person),
        to_compose=tuple(_to_compose(person)),
        run_drafts=tuple(DeploymentRun.objects.filter(state=RunState.DRAFT, edited_by=person)[:MOST]),
        my_move=tuple(row for row in own if row.request.state in REQUESTERS_MOVE),
        waiting=tuple(row for row in own if row.request.state not in REQUESTERS_MOVE),
        over=tuple(_rows(over)),
        features=tuple(one for one in features if not one.is_over),
        features_over=tuple(one for one in features if one.is_over),
        teams=tuple(teams),
        applications=tuple(applications),
        team_requests=tuple(_rows(team_requests)),
    )


def to_approve(person: Person) -> list[ToApprove]:
    """Requests and runs with an open slot that the person may fill now; the nearest deadline first."""
    requests = list(
        DeploymentRequest.objects.filter(state=RequestState.SUBMITTED)
        .select_related("application__team", "environment", "release", "requester")
        .order_by("submitted_at", "id")[:MOST]
    )
    runs = list(
        DeploymentRun.objects.filter(state=RunState.PROPOSED)
        .select_related("environment", "composed_by", "edited_by")
        .order_by("proposed_at", "id")[:MOST]
    )
    closes = _approval_closes(requests)
    of_requests, of_runs = approvals.slots_of_requests(requests), approvals.slots_of_runs(runs)
    request_waits = ledger.open_waits("request", [request.pk for request in requests])
    run_waits = ledger.open_waits("run", [run.pk for run in runs])
    found = [
        ToApprove(request, slot, request_waits.get(request.pk), closes.get(request.release_id or 0))
        for request in requests
        if (slot := _fillable(of_requests[request.pk], person)) is not None
    ]
    found += [
        ToApprove(run, slot, run_waits.get(run.pk), run.window_from)
        for run in runs
        if (slot := _fillable(of_runs[run.pk], person)) is not None
    ]
    return sorted(found, key=lambda one: (one.deadline is None, one.deadline or clock.now()))


def followed(person: Person) -> list[FollowedFeature]:
    """The features that the person owns or tests, with where they have arrived; six queries."""
    mine = Feature.objects.filter(Q(owner=person) | Q(tester=person)).prefetch_related("releases")
    features = list(mine.order_by("key")[:MOST])
    last = in_use().order_by("-rank", "name").first()
    arrived = arrivals.of_features([feature.pk for feature in features])
    scopes: dict[int, list[FeatureScope]] = {feature.pk: [] for feature in features}
    for scope in FeatureScope.objects.filter(feature__in=features).select_related("application", "feature"):
        scopes[scope.feature_id].append(scope)
    return [
        FollowedFeature(
            feature,
            feature.owner_id == person.pk,
            feature.tester_id == person.pk,
            tuple(scopes[feature.pk]),
            tuple(arrived[feature.pk]),
            all(release.is_over for release in feature.releases.all())
            and _is_live(scopes[feature.pk], arrived[feature.pk], last),
        )
        for feature in features
    ]


def _is_live(scopes: Sequence[FeatureScope], arrived: Sequence[Arrival], last: Environment | None) -> bool:
    """Everything that wasn't dropped is in the last environment; a feature that touches nothing yet is not live."""
    there = {one.component.application_id for one in arrived if one.environment == last}
    wanted = {scope.application_id for scope in scopes if scope.status != FeatureStatus.DROPPED}
    return bool(scopes) and wanted <= there


def _fillable(slots: Sequence[SlotView], person: Person) -> SlotView | None:
    return next((slot for slot in slots if not slot.why_not(person)), None)


def _approval_closes(requests: Sequence[DeploymentRequest]) -> dict[int, datetime]:
    found = ReleaseMilestone.objects.filter(
        kind=MilestoneKind.APPROVAL,
        release__in={request.release_id for request in requests if request.release_id},
    )
    return dict(found.values_list("release_id", "at"))


def _to_compose(person: Person) -> list[RequestRow]:
    if not any(grant.role == Role.RELEASE_MANAGER for grant in policy.grants_of(person)):
        return []
    return _rows(DeploymentRequest.objects.filter(state=RequestState.APPROVED, run=None))


def _rows(requests: QuerySet[DeploymentRequest]) -> list[RequestRow]:
    return rows_of(list(request_facts.with_lines(requests).order_by("-id")[:MOST]))
