"""Releases and features as lists; where they have arrived is told by delivery, which sees environments."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from releaseorch.core.paging import PAGE_SIZE, Page, page_of, with_ids
from releaseorch.features.models import Feature, FeatureScope, Release, ReleaseMilestone
from releaseorch.features.states import RELEASE_FINAL, FeatureStatus


@dataclass(frozen=True)
class ReleaseRow:
    """A release in a list: how many features it has, and how many (feature, application) parts are ready."""

    release: Release
    features: int
    parts: int
    parts_ready: int
    milestones: tuple[ReleaseMilestone, ...]


@dataclass(frozen=True)
class FeatureRow:
    """A feature in a list, with its status in each application."""

    feature: Feature
    scopes: tuple[FeatureScope, ...]
    releases: tuple[Release, ...]


def open_releases() -> QuerySet[Release]:
    """Those that aren't over, the nearest date first; one query."""
    found = Release.objects.select_related("application").exclude(state__in=sorted(RELEASE_FINAL))
    return found.order_by("target_date", "name")


def releases_page(cursor: str | None = None, size: int = PAGE_SIZE) -> Page[ReleaseRow]:
    """The newest releases first; four queries whatever the size."""
    found = Release.objects.select_related("application").prefetch_related("milestones")
    page = page_of(found, cursor, size)
    ids = [release.pk for release in page.items]
    features = dict(
        Release.objects.filter(pk__in=ids).annotate(n=Count("lines")).order_by().values_list("pk", "n")
    )
    parts = _parts(ids)
    rows = [
        ReleaseRow(
            release,
            features.get(release.pk, 0),
            *parts.get(release.pk, (0, 0)),
            tuple(release.milestones.all()),
        )
        for release in page.items
    ]
    return Page(rows, page.older, page.newer)


def _parts(release_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    rows = (
        Release.objects.filter(pk__in=release_ids)
        .annotate(
            parts=Count("features__scopes", filter=~Q(features__scopes__status=FeatureStatus.DROPPED)),
            ready=Count("features__scopes", filter=Q(features__scopes__status=FeatureStatus.READY)),
        )
        .order_by()
    )
    return {pk: (parts, ready) for pk, parts, ready in rows.values_list("pk", "parts", "ready")}


def features_page(
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    *,
    application: int | None = None,
    release: int | None = None,
    follower: int | None = None,
    text: str = "",
) -> Page[FeatureRow]:
    """The newest features first; six queries whatever the size.

    Owners and testers are read for what is shown: joined, PostgreSQL would look them up for all that a text finds.
    """
    found: QuerySet[Feature] = Feature.objects.prefetch_related(
        "owner", "tester", "scopes__application", "releases"
    )
    found = with_ids(found, scopes__application_id=application, lines__release_id=release)
    if follower is not None:
        found = found.filter(Q(owner=follower) | Q(tester=follower))
    if text.strip():
        found = found.filter(Q(key__icontains=text.strip()) | Q(title__icontains=text.strip()))
    page = page_of(found, cursor, size)
    rows = [
        FeatureRow(feature, tuple(feature.scopes.all()), tuple(feature.releases.all()))
        for feature in page.items
    ]
    return Page(rows, page.older, page.newer)
