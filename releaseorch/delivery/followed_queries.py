"""The features that a person owns or tests: where each stands, and where its parts have arrived."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Min, Q

from releaseorch.accounts.models import Person
from releaseorch.environments import arrivals
from releaseorch.environments.arrivals import Arrival
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Feature, FeatureScope
from releaseorch.features.states import RELEASE_FINAL, FeatureStatus, ReleaseState


@dataclass(frozen=True)
class FollowedFeature:
    """A feature that the person owns or tests: where it stands, and where its parts have arrived."""

    feature: Feature
    is_owner: bool
    is_tester: bool
    scopes: tuple[FeatureScope, ...]
    arrived: tuple[Arrival, ...]


@dataclass(frozen=True)
class Followed:
    """The first ones, and how many there are: not live yet or of a release under way, and those that are over."""

    features: tuple[FollowedFeature, ...]
    over: tuple[FollowedFeature, ...]  # live wherever it wasn't dropped, and in no release under way
    number: int
    number_over: int


def followed(person: Person, most: int) -> Followed:
    """At most so many of both kinds, those of the nearest release first; four queries, three more for what is over."""
    under_way = Q(releases__state__in=[one for one in ReleaseState if one not in RELEASE_FINAL])
    listed = (
        Feature.objects.filter(Q(owner=person) | Q(tester=person))
        .annotate(
            is_planned=Count("releases", filter=under_way), due=Min("releases__target_date", filter=under_way)
        )
        .order_by(F("due").asc(nulls_last=True), "key")
        .only("key", "title", "owner_id", "tester_id")
    )
    live = _live([one.pk for one in listed if not one.is_planned])
    pending = [one for one in listed if one.pk not in live]
    over = [one for one in listed if one.pk in live]
    shown = _in_full([*pending[:most], *over[:most]], person)
    return Followed(
        tuple(one for one in shown if one.feature.pk not in live),
        tuple(one for one in shown if one.feature.pk in live),
        len(pending),
        len(over),
    )


def _live(features: Collection[int]) -> set[int]:
    """Those of which everything that wasn't dropped is in the last environment; what touches nothing yet isn't live."""
    if not features:
        return set()
    last = in_use().order_by("-rank", "name").first()
    there = arrivals.applications_there(features, [last.pk] if last else [])
    touched, missing = set(), set()
    scopes = FeatureScope.objects.filter(feature__in=features)
    for pk, application, status in scopes.values_list("feature_id", "application_id", "status"):
        touched.add(pk)
        if status != FeatureStatus.DROPPED and (last is None or application not in there[(last.pk, pk)]):
            missing.add(pk)
    return touched - missing


def _in_full(features: Sequence[Feature], person: Person) -> list[FollowedFeature]:
    """Three queries."""
    scopes: dict[int, list[FeatureScope]] = {one.pk: [] for one in features}
    arrived = arrivals.of_features(list(scopes))
    parts = FeatureScope.objects.filter(feature__in=list(scopes)).select_related("application")
    for scope in parts.only("feature_id", "status", "application__name"):
        scopes[scope.feature_id].append(scope)
    return [
        FollowedFeature(
            feature,
            feature.owner_id == person.pk,
            feature.tester_id == person.pk,
            tuple(scopes[feature.pk]),
            tuple(arrived[feature.pk]),
        )
        for feature in features
    ]
