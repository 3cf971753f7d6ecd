"""The release manager's board: a release by application, also with nothing filed; an environment by state."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.delivery import approvals, checks, request_facts
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.checks import Alone, Check, Readiness
from releaseorch.delivery.models import DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.request_facts import facts_of, subject_of
from releaseorch.delivery.states import REQUEST_OPEN, RequestState
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import FeatureScope, Release, ReleaseMilestone
from releaseorch.features.states import FeatureStatus, MilestoneKind
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

S = RequestState
# A line of the board is about the newest request that still says something.
SPEAKS = REQUEST_OPEN | {S.DEPLOYED, S.DEPLOYED_WITH_EXCEPTIONS}
ATTENTION, READY, UNDER_WAY, DONE = "attention", "ready", "under_way", "done"
GROUPS = (ATTENTION, READY, UNDER_WAY, DONE)
# Within what needs somebody: what somebody stopped first, then what waits for a word, then what isn't filed yet.
MOST_URGENT = (S.FAILED, S.SENT_BACK, S.SUBMITTED, S.DRAFT)
MOST = 500


@dataclass(frozen=True)
class RequestLine:
    """A request on a board, readiness at a glance."""

    request: DeploymentRequest
    checks: tuple[Check, ...]
    readiness: Readiness
    slots: tuple[SlotView, ...]
    wait: Interval | None
    alone: Alone
    is_changed: bool  # what would be deployed was changed after it had been approved

    @property
    def group(self) -> str:
        if self.request.state == S.APPROVED and self.request.run_id is None:
            return READY
        if self.request.state in {S.APPROVED, S.PLANNED, S.DEPLOYING}:
            return UNDER_WAY
        return DONE if self.request.is_final else ATTENTION

    @property
    def rank(self) -> tuple[int, int, bool]:
        """Where it stands on a board, the smallest first; what changed since its approval before its like."""
        urgency = MOST_URGENT.index(S(self.request.state)) if self.group == ATTENTION else 0
        return GROUPS.index(self.group), urgency, not self.is_changed

    @property
    def can_be_grouped(self) -> bool:
        return self.group == READY


@dataclass(frozen=True)
class ApplicationLine:
    """An application of a release: how many of its features are ready, and its request, or nothing filed."""

    application: Application
    scopes: tuple[FeatureScope, ...]
    line: RequestLine | None
    late_since: datetime | None  # nothing filed, and filing is closed since then

    @property
    def features_ready(self) -> int:
        return sum(scope.status == FeatureStatus.READY for scope in self.scopes)

    @property
    def group(self) -> str:
        return self.line.group if self.line is not None else ATTENTION

    @property
    def rank(self) -> tuple[int, int, bool]:
        """Where it stands on a board: nothing filed comes last while filing is open, first once it is late."""
        if self.line is not None:
            return self.line.rank
        return GROUPS.index(ATTENTION), -1 if self.late_since else len(MOST_URGENT), True


@dataclass(frozen=True)
class CutOff:
    """A cut-off of the release, and what it still concerns."""

    milestone: ReleaseMilestone
    is_over: bool
    sentence: str

    @property
    def label(self) -> str:
        return str(self.milestone.get_kind_display())


@dataclass(frozen=True)
class Board:
    """One release on its way to one environment; lines that need somebody first."""

    release: Release
    environment: Environment
    cut_offs: tuple[CutOff, ...]
    lines: tuple[ApplicationLine, ...]
    between: tuple[Check, ...]

    def group(self, name: str) -> list[ApplicationLine]:
        return [line for line in self.lines if line.group == name]


@dataclass(frozen=True)
class EnvironmentBoard:
    """All open requests of an environment."""

    environment: Environment
    lines: tuple[RequestLine, ...]

    def group(self, name: str) -> list[RequestLine]:
        return [line for line in self.lines if line.group == name]


def board(release: Release, environment: Environment | None = None) -> Board | None:
    """The release on its way to `environment` (the last one unless given); None without any environment.

    About twenty queries, whatever the number of applications.
    """
    target = environment or in_use().order_by("-rank", "name").first()
    if target is None:
        return None
    scopes: dict[Application, list[FeatureScope]] = defaultdict(list)
    wanted = FeatureScope.objects.filter(feature__lines__release=release).exclude(
        status=FeatureStatus.DROPPED
    )
    for scope in wanted.select_related("feature", "application__team").order_by(
        "application__name", "feature__key"
    ):
        scopes[scope.application].append(scope)
    lines = {line.request.application_id: line for line in request_lines(_newest_of(release, target))}
    for line in lines.values():
        scopes.setdefault(line.request.application, [])
    milestones = list(release.milestones.all())
    filing = next((one.at for one in milestones if one.kind == MilestoneKind.FILING), None)
    late = filing if filing is not None and filing < clock.now() else None
    found = [
        ApplicationLine(application, tuple(ones), line, late if line is None else None)
        for application, ones in scopes.items()
        for line in [lines.get(application.pk)]
    ]
    found.sort(key=lambda line: (line.rank, line.application.name))
    cut_offs = tuple(_cut_off(milestone, found) for milestone in milestones)
    return Board(release, target, cut_offs, tuple(found), tuple(_between(found)))


def environment_board(environment: Environment) -> EnvironmentBoard:
    """The open requests of an environment, those that need somebody first."""
    requests = DeploymentRequest.objects.filter(environment=environment, state__in=sorted(REQUEST_OPEN))
    lines = request_lines(_in_lines(requests))
    return EnvironmentBoard(environment, tuple(sorted(lines, key=lambda line: line.rank)))


def request_lines(requests: Sequence[DeploymentRequest]) -> list[RequestLine]:
    """Board lines of requests read by `_in_lines`; the same number of queries for one and for fifty."""
    subjects = {request.pk: subject_of(request) for request in requests}
    facts = facts_of(list(subjects.values()))
    slots = approvals.slots_of_requests(requests)
    waits = ledger.open_waits("request", list(subjects))
    changed = _changed_after_approval(requests)
    found = []
    for request in requests:
        verdicts = tuple(checks.checks_of(subjects[request.pk], facts))
        found.append(
            RequestLine(
                request=request,
                checks=verdicts,
                readiness=Readiness.of(verdicts),
                slots=tuple(slots[request.pk]),
                wait=waits.get(request.pk),
                alone=checks.alone(subjects[request.pk], facts),
                is_changed=request.pk in changed,
            )
        )
    return found


def _in_lines(requests: "QuerySet[DeploymentRequest]") -> list[DeploymentRequest]:
    """With what a line and its checks read, the newest first."""
    items = RequestItem.objects.select_related("component", "version").only(
        "request_id",
        "position",
        "component__name",
        "version__text",
        "version__blocked_at",
        "version__blocked_reason",
    )
    features = RequestFeature.objects.select_related("feature").only("request_id", *request_facts.FEATURE)
    found = (
        requests.select_related("application", "environment", "release")
        .defer("note", "application__tags", "application__on_call_note", "environment__parameters")
        .prefetch_related(Prefetch("items", items), Prefetch("features", features))
    )
    return list(found.order_by("-id")[:MOST])


def _newest_of(release: Release, environment: Environment) -> list[DeploymentRequest]:
    """The newest request of each application on its way there."""
    spoken = DeploymentRequest.objects.filter(
        release=release, environment=environment, state__in=sorted(SPEAKS)
    )
    newest = spoken.order_by().values("application_id").annotate(newest=Max("pk")).values("newest")
    return _in_lines(DeploymentRequest.objects.filter(pk__in=newest))


def _changed_after_approval(requests: Sequence[DeploymentRequest]) -> set[int]:
    waiting = [request.pk for request in requests if request.state == S.SUBMITTED]
    events = Event.objects.filter(subject_kind="request", subject_id__in=waiting, after__approvals_fell=True)
    return set(events.values_list("subject_id", flat=True))


def _cut_off(milestone: ReleaseMilestone, lines: Sequence[ApplicationLine]) -> CutOff:
    over = milestone.at <= clock.now()
    requests = [line.line for line in lines if line.line is not None]
    if milestone.kind == MilestoneKind.FILING:
        filed = sum(line.request.state != S.DRAFT for line in requests)
        said = _("%(filed)d of %(all)d applications filed") % {"filed": filed, "all": len(lines)}
    elif milestone.kind == MilestoneKind.APPROVAL:
        undecided = sum(line.request.state in {S.DRAFT, S.SUBMITTED, S.SENT_BACK} for line in requests)
        said = _("%(n)d requests not decided") % {"n": undecided}
    else:
        loose = sum(line.group == READY for line in requests)
        said = _("%(n)d approved requests are in no run") % {"n": loose}
    return CutOff(milestone, over, said)


def _may_still_file(line: ApplicationLine) -> bool:
    return line.line is None and line.late_since is None


def _between(lines: Sequence[ApplicationLine]) -> Iterable[Check]:
    """What still stands between the release and its date, the most urgent first."""
    for entry in sorted(lines, key=_may_still_file):
        line = entry.line
        if line is None:
            sentence = ngettext(
                "%(application)s has %(n)d feature in this release and filed nothing.",
                "%(application)s has %(n)d features in this release and filed nothing.",
                len(entry.scopes),
            )
            yield Check("person", sentence % {"application": entry.application, "n": len(entry.scopes)})
            continue
        said = {"application": entry.application, "id": line.request.pk}
        if line.is_changed:
            sentence = _(
                "%(application)s changed request #%(id)d after approval: look at it again and decide."
            )
            yield Check("changed", sentence % said)
        elif line.group == ATTENTION and line.wait is not None:
            yield Check("person", f"{entry.application}: {line.wait.sentence}")
        if line.group != DONE:
            yield from (
                Check(one.tone, f"{entry.application}: {one.sentence}", one.help)
                for one in line.checks
                if one.tone == checks.BLOCKED
            )
