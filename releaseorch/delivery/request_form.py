"""What the form of a new request offers: features of the release, versions of the components, ways to fill it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.delivery import checks, request_facts
from releaseorch.delivery.drafts import ItemDraft, RequestDraft
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.request_facts import Ran, Subject, There
from releaseorch.delivery.states import REQUEST_FINAL, ItemKind, RequestState
from releaseorch.delivery.verdicts import Check
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, Release
from releaseorch.features.states import FeatureStatus, ReleaseState

NEWEST = 30
HABIT = 10  # so many requests say what somebody usually files for
OPEN_RELEASES = (ReleaseState.PLANNING, ReleaseState.LOCKED, ReleaseState.IN_PROGRESS)


@dataclass(frozen=True)
class FeatureChoice:
    """A feature of the application in the release, with its status and the newest versions that hold it."""

    feature: Feature
    scope: FeatureScope
    held_by: tuple[ComponentVersion, ...]


@dataclass(frozen=True)
class VersionChoice:
    """A version that can be picked: what it holds, where it ran, whether it is there already."""

    version: ComponentVersion
    features: tuple[Feature, ...]
    ran: tuple[Ran, ...]
    is_there: bool


@dataclass(frozen=True)
class ComponentChoice:
    """A component of the application: what the environment has of it, and its newest versions."""

    component: Component
    there: tuple[There, ...]
    versions: tuple[VersionChoice, ...]

    @property
    def there_text(self) -> str:
        return ", ".join(sorted({row.version for row in self.there if row.version is not None}))


def applications_of(person: Person) -> QuerySet[Application]:
    """The applications that the person may file for, those of their own teams first."""
    within = policy.within(person, "request.create", team="team", application="pk")
    found, teams = Application.objects.filter(within, retired_at=None), policy.team_ids(person)
    if not teams:  # nothing to put first; the bare number that would be left means a column to PostgreSQL
        return found.order_by("name")
    return found.order_by(Case(When(team__in=teams, then=0), default=1), "name")


def usual_application(person: Person) -> Application | None:
    """The one that most of the person's last requests were for, among those they may file for; else the first."""
    theirs = applications_of(person).select_related("team")
    recent = DeploymentRequest.objects.filter(requester=person).order_by("-id")[:HABIT]
    counted = Counter(recent.values_list("application_id", flat=True))
    known = theirs.filter(pk__in=list(counted))
    return max(known, key=lambda application: counted[application.pk], default=None) or theirs.first()


def releases_open(application: Application | None = None) -> QuerySet[Release]:
    """Releases that can be filed for, the nearest date first."""
    for_it = Q(application=None) if application is None else Q(application=None) | Q(application=application)
    return Release.objects.filter(for_it, state__in=OPEN_RELEASES).order_by("target_date", "name")


def features_of(application: Application, release: Release) -> list[FeatureChoice]:
    """The features of the application in the release, with statuses; two queries."""
    scopes = (
        FeatureScope.objects.filter(application=application, feature__lines__release=release)
        .exclude(status=FeatureStatus.DROPPED)
        .select_related("feature", "application")
        .order_by("feature__key")
    )
    lines = FeatureInVersion.objects.filter(
        feature__in=[scope.feature_id for scope in scopes], version__component__application=application
    ).select_related("version__component")
    newest: dict[tuple[int, int], ComponentVersion] = {}
    for line in lines.order_by("version__registered_at", "version_id"):
        newest[(line.feature_id, line.version.component_id)] = line.version
    held: dict[int, list[ComponentVersion]] = defaultdict(list)
    for (feature_id, _component), version in newest.items():
        held[feature_id].append(version)
    return [FeatureChoice(scope.feature, scope, tuple(held[scope.feature_id])) for scope in scopes]


def component_choices(
    application: Application, environment: Environment, wanted: Collection[int] | None = None
) -> list[ComponentChoice]:
    """Every component of the application, with its newest versions (only for the `wanted` ones, None: for all).

    The same number of queries for any number of them.
    """
    components = _components_of(application)
    chosen = [one for one in components if wanted is None or one.pk in wanted]
    versions = _newest_versions(chosen)
    known = request_facts.of_versions({one.pk for ones in versions.values() for one in ones})
    there = request_facts.installed_in(environment, [component.pk for component in chosen])
    return [
        ComponentChoice(
            component,
            tuple(there[component.pk]),
            tuple(
                VersionChoice(
                    version,
                    tuple(known.held[version.pk]),
                    tuple(known.ran[version.pk]),
                    any(row.version_id == version.pk for row in there[component.pk]),
                )
                for version in versions.get(component.pk, ())
            ),
        )
        for component in components
    ]


def versions_of(component: Component, environment: Environment) -> list[VersionChoice]:
    """The newest versions of one component, as `component_choices` gives them."""
    choices = component_choices(component.application, environment, [component.pk])
    return next((list(choice.versions) for choice in choices if choice.component.pk == component.pk), [])


def newest_missing(application: Application, environment: Environment) -> list[ItemDraft]:
    """A line per component whose newest usable version isn't there; four queries."""
    components = _components_of(application)
    usable = _newest_versions(components, 1, ComponentVersion.objects.filter(blocked_at=None))
    there = request_facts.installed_in(environment, [component.pk for component in components])
    return [
        ItemDraft(component=component, version=version)
        for component in components
        for version in usable[component.pk]
        if all(row.version_id != version.pk for row in there[component.pk])
    ]


def _components_of(application: Application) -> list[Component]:
    return list(application.components.filter(retired_at=None).order_by("name"))


def _newest_versions(
    components: Sequence[Component], most: int = NEWEST, among: QuerySet[ComponentVersion] | None = None
) -> dict[int, list[ComponentVersion]]:
    """The newest `most` versions of each component; two queries.

    Where a component has more, the oldest one that counts is looked up first: an index leads to it, and the thousands
    before it are never read.
    """
    rows = ComponentVersion.objects.all() if among is None else among
    by_id = {component.pk: component for component in components}
    last = rows.filter(component=OuterRef("pk")).order_by("-registered_at").values("registered_at")
    bounds = (
        Component.objects.filter(pk__in=by_id).annotate(oldest=Subquery(last[most - 1 : most])).order_by()
    )
    oldest = {pk: at for pk, at in bounds.values_list("pk", "oldest") if at is not None}
    wanted = Q(component__in=by_id.keys() - oldest.keys())
    for pk, at in oldest.items():
        wanted |= Q(component=pk, registered_at__gte=at)
    found: dict[int, list[ComponentVersion]] = {pk: [] for pk in by_id}
    for version in rows.filter(wanted).order_by("-registered_at", "-id"):
        if len(found[version.component_id]) < most:
            version.component = by_id[version.component_id]
            found[version.component_id].append(version)
    return found


def next_environment(application: Application) -> Environment | None:
    """Where the application goes next: the first environment, by rank, that lacks what the one before has."""
    environments = list(in_use())
    have: dict[int, dict[int, set[int | None]]] = defaultdict(lambda: defaultdict(set))
    for row in Installation.objects.filter(component__application=application, until=None):
        have[row.environment_id][row.component_id].add(row.version_id)
    for before, after in pairwise(environments):
        if have[before.pk] and have[before.pk] != have[after.pk]:
            return after
    return environments[0] if environments else None


def differing(application: Application, source: Environment, target: Environment) -> list[ItemDraft]:
    """A line per component whose version in `source` isn't the one in `target`."""
    now: dict[int, set[int | None]] = defaultdict(set)
    wanted: dict[int, Installation] = {}
    components = list(application.components.filter(retired_at=None).values_list("pk", flat=True))
    for row in inventory.current([source.pk, target.pk], components):
        if row.environment_id == target.pk:
            now[row.component_id].add(row.version_id)
        elif row.version is not None and row.uncertain_with_id is None:
            wanted[row.component_id] = row
    return [
        ItemDraft(component=row.component, version=row.version)
        for row in wanted.values()
        if now[row.component_id] != {row.version_id}
        and row.version is not None
        and not row.version.is_blocked
    ]


def same_as_last(application: Application, environment: Environment) -> list[ItemDraft]:
    """The lines of the application's last deployed request there, each component at its newest version."""
    last = DeploymentRequest.objects.filter(
        application=application, environment=environment, state=RequestState.DEPLOYED
    ).first()
    if last is None:
        return []
    rows = list(last.items.select_related("component__application", "version", "team"))
    newest = _newest_versions([row.component for row in rows if row.component is not None])
    return [_again(row, newest) for row in rows]


def _again(row: RequestItem, newest: dict[int, list[ComponentVersion]]) -> ItemDraft:
    usable = [one for one in newest.get(row.component_id or 0, []) if not one.is_blocked]
    version = usable[0] if usable and row.kind != ItemKind.REMOVE else row.version
    return ItemDraft(
        kind=ItemKind(row.kind), component=row.component, version=version, title=row.title,
        instructions=row.instructions, team=row.team, expected_s=row.expected_s,
    )  # fmt: skip


def checks_of_draft(draft: RequestDraft) -> list[Check]:
    """The live checks of a request that isn't saved yet."""
    features = draft.features
    subject = Subject(
        application=draft.application,
        environment=draft.environment,
        release=draft.release,
        items=draft.items,
        features=list(features) if features is not None else [],
    )
    return checks.checks_of(subject)


def open_for(application: Application, environment: Environment) -> Iterable[DeploymentRequest]:
    """Requests of the application for the environment that aren't over: somebody may have filed it already."""
    found = DeploymentRequest.objects.filter(application=application, environment=environment)
    return found.exclude(state__in=sorted(REQUEST_FINAL)).select_related("requester")
