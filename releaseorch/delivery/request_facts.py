"""What is known around requests, read for many of them at once: the same number of queries for one and for fifty."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Max, Prefetch, Q, QuerySet

from releaseorch.catalog.models import Application, Component, ComponentDependency, ComponentVersion
from releaseorch.core import clock
from releaseorch.core.models import known_by
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.states import REQUEST_OPEN, RequestState
from releaseorch.environments import ahead, arrivals, inventory
from releaseorch.environments.models import Environment, Freeze, Installation, Reservation
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, Release, ReleaseFeature
from releaseorch.features.states import FeatureStatus
from releaseorch.policies import slots
from releaseorch.policies.models import ApprovalPolicy, Rule, Stage
from releaseorch.policies.models import Subject as About
from releaseorch.policies.rules import Demand, demanded

# Requests whose content may still reach the environment, or has just done so.
UNDER_WAY = REQUEST_OPEN - {RequestState.DRAFT, RequestState.FAILED}
COUNTS_AS_FILED = UNDER_WAY | {RequestState.DEPLOYED, RequestState.DEPLOYED_WITH_EXCEPTIONS}

# What comes next for a request, other than the start of its run.
NEXT_DOOR = {
    RequestState.DRAFT: Stage.SUBMIT,
    RequestState.SENT_BACK: Stage.SUBMIT,
    RequestState.SUBMITTED: Stage.APPROVE,
    RequestState.APPROVED: Stage.PROPOSE,
    RequestState.FAILED: Stage.PROPOSE,
}

FEATURE = ("feature__key", "feature__title")  # what is said of a feature here
# What is said of a reservation and of a freeze here, beside where they are.
KEPT = ("expires_at", "reason", "environment_id", "application_id", "owner__name")
FROZEN = ("starts_at", "ends_at", "reason", "environment_id", "application__name", "set_by__name")
# Of the line of a request everything; of what it deploys what pages and rules say.
OF_ITEMS = (
    *(field.attname for field in RequestItem._meta.concrete_fields), "component__name", "version__text",
    "version__digest", "version__built_at", "version__registered_at", "version__blocked_at", "version__blocked_reason",
    "team__name",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A request, or one that is being typed in (`request_id` 0)."""

    request_id: int = 0
    application: Application
    environment: Environment
    release: Release | None
    items: Sequence[RequestItem | ItemDraft]
    features: Sequence[Feature] = ()
    late_since: datetime | None = None  # filed after that cut-off
    is_let_in: bool = False
    stage: Stage = Stage.SUBMIT  # the door it comes to next
    run_id: int | None = None

    @property
    def components(self) -> list[Component]:
        return [item.component for item in self.items if item.component is not None]

    @property
    def versions(self) -> list[ComponentVersion]:
        return [item.version for item in self.items if item.version is not None]


@dataclass(frozen=True)
class Ran:
    """A version has been in an environment, since when, and whether it still is."""

    environment: Environment
    since: datetime
    is_there: bool


class Coming(NamedTuple):
    """A line of a request that may still reach the environment; without a version it takes the component away."""

    request_id: int
    version: str | None


class There(NamedTuple):
    """What a place in an environment has of a component now; without a version, nothing any more."""

    environment_id: int
    component_id: int
    since: datetime
    source_name: str
    version_id: int | None
    version: str | None  # its text
    uncertain_with_id: int | None


class Part(NamedTuple):
    """What a feature touches; of the application its name and slug were read."""

    application: Application
    status: FeatureStatus


class Need(NamedTuple):
    """A component needs another one in the same environment; both by name."""

    component: str
    needs_id: int
    needs: str


@dataclass
class Facts:
    """Everything the checks and pages ask about their subjects."""

    environments: list[Environment] = field(default_factory=list)
    ran: dict[int, list[Ran]] = field(default_factory=lambda: defaultdict(list))  # version id
    held: dict[int, list[Feature]] = field(default_factory=lambda: defaultdict(list))  # version id
    expected: dict[tuple[int, int], list[Feature]] = field(default_factory=lambda: defaultdict(list))
    parts: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))  # feature id
    there: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    needs: dict[int, list[Need]] = field(default_factory=lambda: defaultdict(list))  # component id
    installed: dict[tuple[int, int], list[There]] = field(default_factory=lambda: defaultdict(list))
    deploying: dict[tuple[int, int], list[Coming]] = field(default_factory=lambda: defaultdict(list))
    filed: dict[tuple[int, int], int] = field(default_factory=dict)  # the newest request
    together: dict[int, dict[int, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # run id → its requests, each with its application
    policies: Sequence[ApprovalPolicy] = ()  # those of requests that count now
    reservations: dict[int, list[Reservation]] = field(
        default_factory=lambda: defaultdict(list)
    )  # environment id
    freezes: list[Freeze] = field(default_factory=list)
    still_to_come: dict[tuple[int, int, int], list[Application]] = field(
        default_factory=dict
    )  # kept by `elsewhere`

    def demands(self, subject: Subject) -> Mapping[Rule, Demand]:
        """What the policies demand of it."""
        return demanded(self.policies, subject.environment.pk, [subject.application.pk])

    def before(self, environment: Environment) -> list[Environment]:
        """The environments one rank before, in promotion order."""
        ranks = [one.rank for one in self.environments if one.rank < environment.rank]
        return [one for one in self.environments if ranks and one.rank == max(ranks)]

    def delivered(self, subject: Subject) -> list[Feature]:
        """The features that the versions of the subject hold, each once."""
        return _once(feature for version in subject.versions for feature in self.held[version.pk])

    def wanted(self, subject: Subject) -> list[Feature]:
        """What is expected of the subject: named by it, or in the release for its application."""
        key = (subject.release.pk if subject.release else 0, subject.application.pk)
        return _once([*subject.features, *self.expected[key]])

    def elsewhere(self, feature: Feature, subject: Subject) -> list[Application]:
        """The other applications that the feature touches and whose part isn't in the environment yet."""
        place = (subject.environment.pk, subject.application.pk, feature.pk)
        if place not in self.still_to_come:
            besides = {subject.application.pk, *self.there[(subject.environment.pk, feature.pk)]}
            self.still_to_come[place] = [
                part.application
                for part in self.parts[feature.pk]
                if part.application.pk not in besides and part.status != FeatureStatus.DROPPED
            ]
        return self.still_to_come[place]

    def part(self, feature: Feature, application: Application) -> Part | None:
        return next((one for one in self.parts[feature.pk] if one.application == application), None)


def subject_of(request: DeploymentRequest) -> Subject:
    """A request as a subject; its items, features and relations are prefetched by `with_subjects`."""
    return Subject(
        request_id=request.pk,
        application=request.application,
        environment=request.environment,
        release=request.release,
        items=list(request.items.all()),
        features=[line.feature for line in request.features.all()],
        late_since=request.late_since,
        is_let_in=request.late_consent_by_id is not None,
        stage=NEXT_DOOR.get(RequestState(request.state), Stage.START),
        run_id=request.run_id,
    )


def with_subjects(requests: QuerySet[DeploymentRequest]) -> QuerySet[DeploymentRequest]:
    """The queryset with all that `subject_of` reads, and who wants it."""
    items = RequestItem.objects.select_related("component", "version", "team").only(*OF_ITEMS)
    features = RequestFeature.objects.select_related("feature").only("request_id", *FEATURE)
    found = requests.select_related("application", "environment", "release", "requester")
    return found.prefetch_related(Prefetch("items", items), Prefetch("features", features))


def with_lines(requests: QuerySet[DeploymentRequest]) -> QuerySet[DeploymentRequest]:
    """The queryset with what a row of a list says: who wants what where; one query more."""
    return with_names(requests).prefetch_related(lines())


def with_names(requests: QuerySet[DeploymentRequest]) -> QuerySet[DeploymentRequest]:
    """The queryset with whose request it is, of which application, and where to."""
    return requests.select_related("application", "environment", "requester")


def lines() -> "Prefetch[str]":
    """Of the lines of requests, what a row of a list says; one query."""
    items = RequestItem.objects.select_related("component", "version").order_by("position", "pk")
    return Prefetch("items", items.only("request_id", "title", "component__name", "version__text"))


def facts_of(subjects: Sequence[Subject], known: Sequence[ApprovalPolicy] | None = None) -> Facts:
    """Read all facts of the subjects; about sixteen queries, whatever their number.

    `known`, the policies of requests, saves their queries when they were read already.
    """
    facts = Facts(policies=slots.policies_for(About.REQUEST) if known is None else known)
    environments = {subject.environment.pk for subject in subjects}
    versions = {version.pk for subject in subjects for version in subject.versions}
    components = {component.pk: component for subject in subjects for component in subject.components}
    _read_versions(facts, versions)
    _read_features(facts, subjects, environments)
    _read_components(facts, components, environments)
    _read_others(facts, subjects, environments)
    _read_runs(facts, {subject.run_id for subject in subjects if subject.run_id is not None})
    return facts


def of_versions(versions: set[int]) -> Facts:
    """Only where these versions ran and which features they hold; three queries."""
    facts = Facts()
    _read_versions(facts, versions)
    return facts


def installed_in(environment: Environment, components: Collection[int]) -> Mapping[int, list[There]]:
    """What the environment has now of these components, by component; one query."""
    found: dict[int, list[There]] = defaultdict(list)
    for row in _installed([environment.pk], components):
        found[row.component_id].append(row)
    return found


def _installed(environments: Collection[int], components: Collection[int]) -> list[There]:
    rows = inventory.open_at(None).filter(inventory.of_components(components), environment__in=environments)
    columns = (
        "environment_id", "component_id", "since", "source_name", "version_id", "version__text", "uncertain_with_id",
    )  # fmt: skip
    return [There(*row) for row in rows.order_by("environment_id", "id").values_list(*columns)]


def _read_versions(facts: Facts, versions: set[int]) -> None:
    places = {one.pk: one for one in Environment.objects.all()}  # retired ones too: versions ran there
    facts.environments = [one for one in places.values() if not one.is_retired]
    rows = Installation.objects.filter(version__in=versions).order_by("since", "id")
    seen: dict[tuple[int, int], Ran] = {}
    for version_id, place_id, since, until in rows.values_list(
        "version_id", "environment_id", "since", "until"
    ):
        key = (version_id or 0, place_id)
        earlier = seen.get(key)
        is_there = until is None or (earlier is not None and earlier.is_there)
        seen[key] = Ran(places[place_id], earlier.since if earlier else since, is_there)
    for (version_id, _place), ran in sorted(seen.items(), key=lambda pair: pair[1].environment.rank):
        facts.ran[version_id].append(ran)
    held = FeatureInVersion.objects.filter(version__in=versions).select_related("feature")
    for line in held.only("version_id", *FEATURE).order_by("feature__key"):
        facts.held[line.version_id].append(line.feature)


def _read_features(facts: Facts, subjects: Sequence[Subject], environments: set[int]) -> None:
    releases = {subject.release.pk for subject in subjects if subject.release}
    # Of a release only what touches the subjects' applications is asked for: it may hold features of fifty others.
    theirs = FeatureScope.objects.filter(application__in={subject.application.pk for subject in subjects})
    inside = ReleaseFeature.objects.filter(release__in=releases, feature__in=theirs.values("feature"))
    named = inside.select_related("feature").only("release_id", *FEATURE)
    lines = list(named.order_by("feature__key"))
    features = {line.feature_id for line in lines}
    features |= {feature.pk for subject in subjects for feature in subject.features}
    features |= {feature.pk for held in facts.held.values() for feature in held}
    touched = FeatureScope.objects.filter(feature__in=features).order_by("application__name", "pk")
    columns = ("feature_id", "status", "application_id", "application__name", "application__slug")
    known: dict[int, Application] = {}  # many features touch the same applications
    for feature_id, status, pk, name, slug in touched.values_list(*columns):
        if pk not in known:
            known[pk] = known_by(Application, id=pk, name=name, slug=slug)
        facts.parts[feature_id].append(Part(known[pk], FeatureStatus(status)))
    for line in lines:
        for part in facts.parts[line.feature_id]:
            if part.status != FeatureStatus.DROPPED:
                facts.expected[(line.release_id, part.application.pk)].append(line.feature)
    facts.there.update(arrivals.applications_there(features, environments))


def _read_components(facts: Facts, components: Mapping[int, Component], environments: set[int]) -> None:
    links = ComponentDependency.objects.filter(component__in=list(components)).order_by("needs__name")
    for component_id, needs_id, name in links.values_list("component_id", "needs_id", "needs__name"):
        facts.needs[component_id].append(Need(components[component_id].name, needs_id, name))
    wanted = components.keys() | {link.needs_id for links in facts.needs.values() for link in links}
    for row in _installed(environments, wanted):
        facts.installed[(row.environment_id, row.component_id)].append(row)
    # By what is under way, which stays little; what these components were ever part of grows by the year.
    under_way = DeploymentRequest.objects.filter(environment__in=environments, state__in=sorted(UNDER_WAY))
    places = dict(under_way.order_by().values_list("pk", "environment_id"))
    items = RequestItem.objects.filter(request__in=list(places), component__in=wanted).order_by("request_id")
    for component_id, request_id, version in items.values_list("component_id", "request_id", "version__text"):
        facts.deploying[(places[request_id], component_id or 0)].append(Coming(request_id, version))


def _read_others(facts: Facts, subjects: Sequence[Subject], environments: set[int]) -> None:
    now = clock.now()
    places = {subject.environment.pk: subject.environment for subject in subjects}
    own = {subject.application.pk: subject.application for subject in subjects}
    kept = Reservation.objects.filter(
        Q(application=None) | Q(application__in=own), environment__in=environments, released_at=None,
        starts_at__lte=now, expires_at__gt=now,
    )  # fmt: skip
    for reservation in kept.select_related("owner").only(*KEPT):
        reservation.environment = places[reservation.environment_id]
        reservation.application = own.get(reservation.application_id or 0)
        facts.reservations[reservation.environment_id].append(reservation)
    freezes = ahead.freezes_ahead(now + ahead.SEEN_AHEAD).select_related(None)
    freezes = freezes.filter(Q(environment=None) | Q(environment__in=environments))
    for freeze in freezes.select_related("application", "set_by").only(*FROZEN):
        freeze.environment = places.get(freeze.environment_id or 0)
        facts.freezes.append(freeze)
    applications = {
        application.pk
        for subject in subjects
        for feature in facts.delivered(subject)
        for application in facts.elsewhere(feature, subject)
    }
    if not applications:
        return
    filed = DeploymentRequest.objects.filter(
        environment__in=environments, application__in=applications, state__in=sorted(COUNTS_AS_FILED)
    )
    newest = filed.order_by().values_list("environment_id", "application_id").annotate(newest=Max("pk"))
    for place_id, application_id, request_id in newest:
        facts.filed[(place_id, application_id)] = request_id


def _read_runs(facts: Facts, runs: set[int]) -> None:
    if not runs:
        return
    held = DeploymentRequest.objects.filter(run__in=runs).order_by()
    for run_id, request_id, application_id in held.values_list("run_id", "pk", "application_id"):
        facts.together[run_id or 0][request_id] = application_id


def _once(features: Iterable[Feature]) -> list[Feature]:
    return list({feature.pk: feature for feature in features}.values())
