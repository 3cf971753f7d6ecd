"""What happens in the next days: runs, freezes, reservations, releases and their cut-offs, and where they clash."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import ahead
from releaseorch.environments.models import Freeze, Reservation
from releaseorch.features.models import Release, ReleaseMilestone
from releaseorch.features.states import ReleaseState
from releaseorch.runs import expectations
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START, STEP_OPEN, StepState

SPAN = timedelta(days=30)
RUN, FREEZE, RESERVATION, RELEASE, CUT_OFF = "run", "freeze", "reservation", "release", "cut-off"
OVER = (ReleaseState.COMPLETED, ReleaseState.COMPLETED_WITH_EXCEPTIONS, ReleaseState.ABANDONED)


@dataclass(frozen=True)
class Wanted:
    """What the calendar shows; None means all of them."""

    environment_id: int | None = None
    application_id: int | None = None


@dataclass(frozen=True)
class Entry:
    """One thing with its beginning; `subject` is its row, `clashes` says in sentences what stands against it."""

    kind: str
    starts_at: datetime
    ends_at: datetime | None
    subject: DeploymentRun | Freeze | Reservation | Release | ReleaseMilestone
    applications: Sequence[str] = ()
    clashes: Sequence[str] = ()


@dataclass
class _Known:
    """What is read once for all runs of the calendar."""

    freezes: Sequence[Freeze] = ()
    reservations: Sequence[Reservation] = ()
    requests: Mapping[int, list[DeploymentRequest]] = field(default_factory=dict)
    steps: Mapping[int, list[Step]] = field(default_factory=dict)
    links: Mapping[int, list[tuple[int, int]]] = field(default_factory=dict)


def calendar(wanted: Wanted) -> list[Entry]:
    """Everything that is under way or begins within 30 days, by its beginning; seven queries."""
    now = clock.now()
    runs = _runs(wanted, now, now + SPAN)
    known = _read(runs, now + SPAN)
    entries = [
        *(_run(run, known, now) for run in runs),
        *_freezes(wanted, known),
        *_reservations(wanted, known),
        *_releases(wanted, now, now + SPAN),
    ]
    return sorted(entries, key=lambda entry: (entry.starts_at, entry.kind, entry.subject.pk))


def _runs(wanted: Wanted, now: datetime, until: datetime) -> list[DeploymentRun]:
    ahead_of_us = Q(state__in=sorted(RUN_BEFORE_START), window_from__lte=until) & (
        Q(window_until=None) | Q(window_until__gt=now)
    )
    runs = DeploymentRun.objects.filter(Q(state__in=sorted(RUN_ACTIVE)) | ahead_of_us)
    if wanted.environment_id is not None:
        runs = runs.filter(environment_id=wanted.environment_id)
    if wanted.application_id is not None:
        requests = DeploymentRequest.objects.filter(application_id=wanted.application_id)
        runs = runs.filter(pk__in=requests.values("run_id"))
    return list(runs.select_related("environment", "composed_by").order_by("pk"))


def _read(runs: Sequence[DeploymentRun], until: datetime) -> _Known:
    requests: dict[int, list[DeploymentRequest]] = defaultdict(list)
    held = DeploymentRequest.objects.filter(run__in=runs).select_related("application")
    for request in held.order_by("application__name", "pk"):
        requests[request.run_id or 0].append(request)
    return _Known(
        list(ahead.freezes_ahead(until)),
        ahead.reservations_ahead(None, until),
        requests,
        *_work_left(runs),
    )


def _work_left(
    runs: Sequence[DeploymentRun],
) -> tuple[dict[int, list[Step]], dict[int, list[tuple[int, int]]]]:
    """The open steps of each run, and what they wait for; one query."""
    steps: dict[int, dict[int, Step]] = defaultdict(dict)
    links: dict[int, list[tuple[int, int]]] = defaultdict(list)
    fields = ("pk", "run_id", "state", "expected_s", "started_at")
    rows = Step.objects.filter(run__in=runs, state__in=sorted(STEP_OPEN)).order_by("number")
    for *values, before in rows.values_list(*fields, "predecessors__before_id"):
        step = Step(**dict(zip(fields, values, strict=True)))
        steps[step.run_id].setdefault(step.pk, step)
        if before is not None:
            links[step.run_id].append((before, step.pk))
    return {run: list(found.values()) for run, found in steps.items()}, links


def _run(run: DeploymentRun, known: _Known, now: datetime) -> Entry:
    starts_at = run.started_at or max(run.window_from or now, now)
    applications = {request.application_id for request in known.requests.get(run.pk, ())}
    names = [request.application.name for request in known.requests.get(run.pk, ())]
    clashes = [] if run.started_at else list(_clashes(run, applications, starts_at, known))
    return Entry(RUN, starts_at, _ends_at(run, known, starts_at), run, list(dict.fromkeys(names)), clashes)


def _ends_at(run: DeploymentRun, known: _Known, starts_at: datetime) -> datetime | None:
    """As predicted; None when that depends on a decision."""
    steps = known.steps.get(run.pk, [])
    if any(step.state == StepState.NEEDS_DECISION for step in steps):
        return None
    is_open = {step.pk for step in steps}
    links = [pair for pair in known.links.get(run.pk, ()) if is_open.issuperset(pair)]
    begins = clock.now() if run.started_at else starts_at
    return begins + expectations.span_of(steps, links)


def _clashes(run: DeploymentRun, applications: set[int], starts_at: datetime, known: _Known) -> Iterable[str]:
    """Why it could not start at that moment, as far as is known today."""
    for freeze in known.freezes:
        is_inside = freeze.starts_at <= starts_at < freeze.ends_at
        if is_inside and ahead.concerns(freeze, run.environment_id, applications):
            yield _("Starts inside a freeze: %(reason)s") % {"reason": freeze.reason}
    insiders = {run.composed_by_id, *(request.requester_id for request in known.requests.get(run.pk, ()))}
    for kept in known.reservations:
        is_inside = kept.starts_at <= starts_at < kept.expires_at
        is_meant = kept.application_id is None or kept.application_id in applications
        if (
            is_inside
            and is_meant
            and kept.environment_id == run.environment_id
            and kept.owner_id not in insiders
        ):
            yield _("Kept by %(who)s then: %(reason)s") % {"who": kept.owner, "reason": kept.reason}


def _freezes(wanted: Wanted, known: _Known) -> Iterable[Entry]:
    for one in known.freezes:
        if _fits(wanted, one.environment_id, one.application_id):
            yield Entry(FREEZE, one.starts_at, one.ends_at, one)


def _reservations(wanted: Wanted, known: _Known) -> Iterable[Entry]:
    for one in known.reservations:
        if _fits(wanted, one.environment_id, one.application_id):
            yield Entry(RESERVATION, one.starts_at, one.expires_at, one)


def _releases(wanted: Wanted, now: datetime, until: datetime) -> Iterable[Entry]:
    """Releases lead to every environment, so that no filter by environment hides them."""
    meant = (
        Q() if wanted.application_id is None else Q(application=None) | Q(application=wanted.application_id)
    )
    ahead_of_us = Q(target_date__gt=now, target_date__lte=until)
    open_ones = Release.objects.filter(meant).exclude(state__in=OVER).select_related("application")
    rows = open_ones.filter(ahead_of_us | Q(milestones__at__gt=now, milestones__at__lte=until)).annotate(
        cut_off=F("milestones__pk"), cut_off_kind=F("milestones__kind"), cut_off_at=F("milestones__at")
    )
    told: set[int] = set()
    for release in rows:
        date = release.target_date
        if date is not None and now < date <= until and release.pk not in told:
            told.add(release.pk)
            yield Entry(RELEASE, date, None, release)
        if release.cut_off_at is not None and now < release.cut_off_at <= until:
            cut_off = ReleaseMilestone(
                pk=release.cut_off, release=release, kind=release.cut_off_kind, at=release.cut_off_at
            )
            yield Entry(CUT_OFF, cut_off.at, None, cut_off)


def _fits(wanted: Wanted, environment_id: int | None, application_id: int | None) -> bool:
    """Whether it concerns what is wanted; what is said of no one environment or application concerns each."""
    return (wanted.environment_id is None or environment_id in (None, wanted.environment_id)) and (
        wanted.application_id is None or application_id in (None, wanted.application_id)
    )
