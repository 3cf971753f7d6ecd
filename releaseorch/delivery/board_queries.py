"""The release manager's board: a release by application, also with nothing filed; an environment by state."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.delivery import approvals, checks, request_facts
from releaseorch.delivery.alone import Alone, alone
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.request_facts import Facts, facts_of, subject_of
from releaseorch.delivery.states import REQUEST_FINAL, REQUEST_OPEN, RequestState
from releaseorch.delivery.verdicts import BLOCKED, Check, Readiness
from releaseorch.environments.models import Environment, Freeze
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
# Of a request: what a line says, and what its checks and slots read.
COLUMNS = (
    "row_version", "state", "run_id", "title", "requester_id", "filed_by_id", "content_digest", "closed_at",
    "late_since", "late_consent_by_id", "environment_id",
    "application__name", "application__slug", "application__team_id", "release__name",
)  # fmt: skip
FIRST = 12  # of each group of an environment; its last one, production, may have hundreds of drafts

Rank = tuple[int, int, bool]


def _rank(state: str, run_id: int | None, is_changed: bool) -> Rank:
    """Where a request stands on a board, the smallest first; what changed since its approval before its like."""
    group = GROUPS.index(_group(state, run_id))
    urgency = MOST_URGENT.index(S(state)) if GROUPS[group] == ATTENTION else 0
    return group, urgency, not is_changed


def _group(state: str, run_id: int | None) -> str:
    if state == S.APPROVED and run_id is None:
        return READY
    if state in {S.APPROVED, S.PLANNED, S.DEPLOYING}:
        return UNDER_WAY
    return DONE if state in REQUEST_FINAL else ATTENTION


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
        return _group(self.request.state, self.request.run_id)

    @property
    def rank(self) -> Rank:
        return _rank(self.request.state, self.request.run_id, self.is_changed)

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
    def rank(self) -> Rank:
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
    freezes: tuple[Freeze, ...]

    def group(self, name: str) -> list[ApplicationLine]:
        return [line for line in self.lines if line.group == name]


@dataclass(frozen=True)
class EnvironmentBoard:
    """Open requests of an environment; `numbers` says how many there are in each group, shown or not."""

    environment: Environment
    lines: tuple[RequestLine, ...]
    numbers: Mapping[str, int]
    freezes: tuple[Freeze, ...]

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
    requests = _newest_of(release, target)
    changed = _changed_after_approval(one.pk for one in requests if one.state == S.SUBMITTED)
    read, facts = request_lines(requests, changed)
    lines = {line.request.application_id: line for line in read}
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
    return Board(release, target, cut_offs, tuple(found), tuple(_between(found)), _freezes(facts, target))


def environment_board(environment: Environment, *, whole: bool = False) -> EnvironmentBoard:
    """Some open requests of each group, or `whole`: the first `MOST`; those that need somebody first.

    What stands where is known from a few columns of all; facts are read of those that are shown.
    """
    open_now = DeploymentRequest.objects.filter(environment=environment, state__in=sorted(REQUEST_OPEN))
    standing = list(open_now.order_by("-pk").values_list("pk", "state", "run_id"))
    changed = _changed_after_approval(pk for pk, state, _run in standing if state == S.SUBMITTED)
    standing.sort(key=lambda one: _rank(one[1], one[2], one[0] in changed))
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    met: dict[str, int] = defaultdict(int)
    for pk, state, run_id in standing:
        groups[_group(state, run_id)].append((met[state], pk))
        met[state] += 1
    # Of a long group each state has its turn: what failed doesn't hide what waits for approval.
    chosen = (ones if whole else sorted(ones, key=lambda one: one[0])[:FIRST] for ones in groups.values())
    shown = [pk for ones in chosen for _nth, pk in ones][:MOST]
    lines, facts = request_lines(_in_lines(open_now.filter(pk__in=shown), environment), changed)
    return EnvironmentBoard(
        environment,
        tuple(sorted(lines, key=lambda line: line.rank)),
        {name: len(ones) for name, ones in groups.items()},
        _freezes(facts, environment),
    )


def request_lines(
    requests: Sequence[DeploymentRequest], changed: Collection[int]
) -> tuple[list[RequestLine], Facts]:
    """Board lines of requests read by `_in_lines`; the same number of queries for one and for fifty.

    `changed`: those that were changed after they had been approved.
    """
    subjects = {request.pk: subject_of(request) for request in requests}
    facts = facts_of(list(subjects.values()))
    slots = approvals.slots_of_requests(requests, known=facts.policies)
    waits = ledger.open_waits("request", list(subjects))
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
                alone=alone(subjects[request.pk], facts),
                is_changed=request.pk in changed,
            )
        )
    return found, facts


def _in_lines(requests: "QuerySet[DeploymentRequest]", environment: Environment) -> list[DeploymentRequest]:
    """Requests for the environment with what a line and its checks read, the newest first."""
    items = RequestItem.objects.select_related("component", "version").only(
        "request_id",
        "position",
        "component__name",
        "version__text",
        "version__digest",
        "version__blocked_at",
        "version__blocked_reason",
    )
    features = RequestFeature.objects.select_related("feature").only("request_id", *request_facts.FEATURE)
    rows = (
        requests.select_related("application", "release")
        .only(*COLUMNS)
        .prefetch_related(Prefetch("items", items), Prefetch("features", features))
    )
    found = list(rows.order_by("-id")[:MOST])
    for request in found:
        request.environment = environment
    return found


def _newest_of(release: Release, environment: Environment) -> list[DeploymentRequest]:
    """The newest request of each application on its way there."""
    spoken = DeploymentRequest.objects.filter(
        release=release, environment=environment, state__in=sorted(SPEAKS)
    )
    newest = spoken.order_by().values("application_id").annotate(newest=Max("pk")).values("newest")
    return _in_lines(DeploymentRequest.objects.filter(pk__in=newest), environment)


def _changed_after_approval(submitted: Iterable[int]) -> set[int]:
    events = Event.objects.filter(subject_kind="request", subject_id__in=list(submitted))
    return set(events.filter(after__approvals_fell=True).values_list("subject_id", flat=True))


def _freezes(facts: Facts, environment: Environment) -> tuple[Freeze, ...]:
    """Those that concern it, now or soon, whichever application."""
    return tuple(one for one in facts.freezes if one.environment_id in (None, environment.pk))


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
                if one.tone == BLOCKED
            )
