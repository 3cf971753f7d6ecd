"""A feature through its applications, and a release as features by applications: where each part has arrived."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.delivery.models import DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.states import REQUEST_OPEN, RequestState
from releaseorch.environments import arrivals
from releaseorch.environments.arrivals import Arrival
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, Release, ReleaseMilestone

SPEAKS = REQUEST_OPEN | {RequestState.DEPLOYED, RequestState.DEPLOYED_WITH_EXCEPTIONS}
EVENTS_SHOWN = 30  # the audit has all of them
REQUESTS_SHOWN = 50  # the list of requests has all of them


@dataclass(frozen=True)
class FeaturePart:
    """A feature's part in one application."""

    scope: FeatureScope
    versions: tuple[ComponentVersion, ...]  # that hold it, the newest first
    arrived: tuple[Arrival, ...]  # in promotion order
    requests: tuple[
        DeploymentRequest, ...
    ] = ()  # that are about it, the newest first; of one feature in full only

    @property
    def furthest(self) -> Environment | None:
        """The environment furthest on in the promotion order that it has reached."""
        return self.arrived[-1].environment if self.arrived else None


@dataclass(frozen=True)
class FeatureDetail:
    feature: Feature
    parts: tuple[FeaturePart, ...]
    releases: tuple[Release, ...]
    environments: tuple[Environment, ...]
    events: tuple[Event, ...]

    @property
    def complete_in(self) -> list[Environment]:
        """The environments in which every part has arrived: there it can be tried."""
        return [
            environment
            for environment in self.environments
            if self.parts
            and all(any(one.environment == environment for one in part.arrived) for part in self.parts)
        ]


@dataclass(frozen=True)
class ReleaseDetail:
    """A release as a matrix; `parts[feature id][application id]` is a cell."""

    release: Release
    milestones: tuple[ReleaseMilestone, ...]
    features: tuple[Feature, ...]
    applications: tuple[Application, ...]
    parts: dict[int, dict[int, FeaturePart]]
    environments: tuple[Environment, ...]
    requests: tuple[DeploymentRequest, ...]

    @property
    def could_have_gone_alone(self) -> list[Feature]:
        """Features that touch one application only."""
        return [feature for feature in self.features if len(self.parts[feature.pk]) == 1]


def feature_detail(feature_id: int) -> FeatureDetail | None:
    """One feature in full, None when there is none; ten queries."""
    feature = Feature.objects.select_related("owner", "tester").filter(pk=feature_id).first()
    if feature is None:
        return None
    parts = _with_requests(feature, parts_of([feature.pk])[feature.pk])
    events = Event.objects.filter(subject_kind="feature", subject_id=feature.pk).order_by("-id")[
        :EVENTS_SHOWN
    ]
    return FeatureDetail(feature, tuple(parts), tuple(feature.releases.all()), tuple(in_use()), tuple(events))


def release_detail(release_id: int) -> ReleaseDetail | None:
    """One release in full, None when there is none; the number of queries doesn't grow with it."""
    release = Release.objects.select_related("application").filter(pk=release_id).first()
    if release is None:
        return None
    features = list(release.features.order_by("key"))
    parts = parts_of([feature.pk for feature in features])
    cells = {pk: {part.scope.application_id: part for part in ones} for pk, ones in parts.items()}
    applications = {part.scope.application for ones in parts.values() for part in ones}
    requests = DeploymentRequest.objects.filter(release=release, state__in=sorted(SPEAKS))
    return ReleaseDetail(
        release=release,
        milestones=tuple(release.milestones.all()),
        features=tuple(features),
        applications=tuple(sorted(applications, key=lambda application: application.name)),
        parts=cells,
        environments=tuple(in_use()),
        requests=tuple(requests.select_related("application", "environment", "requester")[:REQUESTS_SHOWN]),
    )


def parts_of(feature_ids: Collection[int]) -> dict[int, list[FeaturePart]]:
    """The parts of each feature, by application name, without their requests; four queries."""
    versions: dict[tuple[int, int], list[ComponentVersion]] = defaultdict(list)
    lines = FeatureInVersion.objects.filter(feature__in=feature_ids).select_related("version__component")
    named = lines.only(
        "feature_id", "version__text", "version__component__name", "version__component__application_id"
    )
    for line in named.order_by("-version__registered_at", "-version_id"):
        versions[(line.feature_id, line.version.component.application_id)].append(line.version)
    arrived: dict[tuple[int, int], list[Arrival]] = defaultdict(list)
    for feature_id, ones in arrivals.of_features(feature_ids).items():
        for one in ones:
            arrived[(feature_id, one.component.application_id)].append(one)
    found: dict[int, list[FeaturePart]] = {pk: [] for pk in feature_ids}
    scopes = FeatureScope.objects.filter(feature__in=feature_ids).select_related("application__team")
    for scope in scopes.order_by("application__name"):
        key = (scope.feature_id, scope.application_id)
        found[scope.feature_id].append(FeaturePart(scope, tuple(versions[key]), tuple(arrived[key])))
    return found


def _with_requests(feature: Feature, parts: Sequence[FeaturePart]) -> list[FeaturePart]:
    """Each part with what was filed of it: for the feature, or for a version that holds it; one query."""
    versions = [version.pk for part in parts for version in part.versions]
    holding = RequestItem.objects.filter(version__in=versions).order_by().values("request_id")
    named = RequestFeature.objects.filter(feature=feature).order_by().values("request_id")
    about = DeploymentRequest.objects.filter(pk__in=holding.union(named), state__in=sorted(SPEAKS))
    requests: dict[int, list[DeploymentRequest]] = defaultdict(list)
    for request in about.select_related("environment", "run").order_by("-id"):
        requests[request.application_id].append(request)
    return [replace(part, requests=tuple(requests[part.scope.application_id])) for part in parts]
