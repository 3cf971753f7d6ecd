"""The verbs of features and releases: what is wanted, where it stands, which version holds it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Invalid
from releaseorch.features.models import (
    Feature,
    FeatureInVersion,
    FeatureScope,
    Release,
    ReleaseFeature,
    ReleaseMilestone,
)
from releaseorch.features.states import FeatureStatus, MilestoneKind


def create_feature(
    *,
    actor: Person,
    key: str,
    title: str,
    applications: Sequence[Application],
    url: str = "",
    source: str = "",
    owner: Person | None = None,
    tester: Person | None = None,
    created_at: datetime | None = None,
) -> Feature:
    """A feature that touches `applications`; `created_at` is when the idea was had.

    Raises `NotAllowed`, or `Invalid` also for a key that is taken.
    """
    for application in applications:
        policy.require(actor, "feature.edit", catalog.scope_of(application))
    if not applications:
        raise Invalid({"applications": _("A feature touches one application at least.")})
    made = cleaned(
        Feature(
            key=key, title=title, url=url, source=source, owner=owner, tester=tester,
            created_at=created_at or clock.now(),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "key", _("There is a feature %(key)s already.") % {"key": made.key})
        FeatureScope.objects.bulk_create(
            FeatureScope(feature=made, application=application) for application in applications
        )
        events.record(
            actor=actor, verb="feature.created", subject=made,
            after={"applications": [application.name for application in applications]},
        )  # fmt: skip
    return made


def set_feature_status(
    *, actor: Person, feature: Feature, application: Application, status: FeatureStatus, reason: str = ""
) -> FeatureScope:
    """Say where the feature stands in one application; the same again changes nothing.

    Raises `NotAllowed`, `Invalid`.
    """
    policy.require(actor, "feature.edit", catalog.scope_of(application))
    with transaction.atomic():
        scope = FeatureScope.objects.filter(feature=feature, application=application).first()
        if scope is None:
            raise Invalid(
                {"application": _("%(feature)s doesn't touch %(application)s.")
                 % {"feature": feature.key, "application": application}}
            )  # fmt: skip
        before = scope.status
        if before == status:
            return scope
        scope.status = FeatureStatus(status)
        scope.save(update_fields=["status"])
        events.record(
            actor=actor, verb="feature.status_set", subject=feature, reason=reason,
            before={"application": application.name, "status": str(before)},
            after={"application": application.name, "status": str(status)},
            topics=["requests", "work", *_releases_of(feature)],
        )  # fmt: skip
    return scope


def _releases_of(feature: Feature) -> list[str]:
    return [f"release:{pk}" for pk in feature.lines.values_list("release_id", flat=True)]


def create_release(
    *,
    actor: Person,
    name: str,
    application: Application | None = None,
    target_date: datetime | None = None,
    features: Iterable[Feature] = (),
    milestones: Mapping[MilestoneKind, datetime] | None = None,
) -> Release:
    """A release of the whole organisation, or of one application. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "release.edit", catalog.scope_of(application) if application else Scope.of())
    made = cleaned(Release(name=name, application=application, target_date=target_date))
    with transaction.atomic():
        insert(made, "name", _("There is a release %(name)s already.") % {"name": made.name})
        lines, cut_offs = _write_lines(made, features), _write_milestones(made, milestones or {})
        events.record(
            actor=actor, verb="release.created", subject=made, after={"features": lines, "cut_offs": cut_offs}
        )
    return made


def set_release_features(*, actor: Person, release: Release, features: Iterable[Feature]) -> Release:
    """The release holds exactly these features. Raises `NotAllowed`."""
    policy.require(actor, "release.edit", _scope(release))
    with transaction.atomic():
        before = _keys(release)
        after = _write_lines(release, features)
        events.record(
            actor=actor, verb="release.features_set", subject=release,
            before={"features": before}, after={"features": after}, topics=["requests"],
        )  # fmt: skip
    return release


def set_release_milestones(
    *, actor: Person, release: Release, milestones: Mapping[MilestoneKind, datetime]
) -> Release:
    """The cut-offs of the release are exactly these. Raises `NotAllowed`."""
    policy.require(actor, "release.edit", _scope(release))
    with transaction.atomic():
        before = {entry.kind: entry.at.isoformat() for entry in release.milestones.all()}
        after = _write_milestones(release, milestones)
        events.record(
            actor=actor, verb="release.cut_offs_set", subject=release,
            before={"cut_offs": before}, after={"cut_offs": after}, topics=["requests"],
        )  # fmt: skip
    return release


def register_version_with_features(
    *,
    actor: Person,
    component: Component,
    text: str,
    features: Sequence[str] = (),
    artifact_uri: str = "",
    digest: str = "",
    commit: str = "",
    build_url: str = "",
    built_at: datetime | None = None,
) -> tuple[ComponentVersion, bool]:
    """`catalog.services.register_version`, with the keys of the features that the version holds.

    Features named again later are added. Raises `Invalid` that names the keys nobody knows.
    """
    known = {feature.key: feature for feature in Feature.objects.filter(key__in=features)}
    unknown = [key for key in dict.fromkeys(features) if key not in known]
    if unknown:
        raise Invalid({"features": _("There is no feature %(keys)s.") % {"keys": ", ".join(unknown)}})
    with transaction.atomic():
        version, created = catalog.register_version(
            actor=actor, component=component, text=text, artifact_uri=artifact_uri, digest=digest, commit=commit,
            build_url=build_url, built_at=built_at,
        )  # fmt: skip
        _add_features(actor, version, list(known.values()))
    return version, created


def _add_features(actor: Person, version: ComponentVersion, features: Sequence[Feature]) -> None:
    held = set(FeatureInVersion.objects.filter(version=version).values_list("feature_id", flat=True))
    added = [feature for feature in features if feature.pk not in held]
    if not added:
        return
    FeatureInVersion.objects.bulk_create(
        [FeatureInVersion(version=version, feature=feature) for feature in added], ignore_conflicts=True
    )
    events.record(
        actor=actor, verb="version.features_added", subject=version,
        after={"features": sorted(feature.key for feature in added)},
        topics=["requests", *(f"feature:{feature.pk}" for feature in added)],
    )  # fmt: skip


def _scope(release: Release) -> Scope:
    return catalog.scope_of(release.application) if release.application else Scope.of()


def _keys(release: Release) -> list[str]:
    return sorted(release.lines.values_list("feature__key", flat=True))


def _write_lines(release: Release, features: Iterable[Feature]) -> list[str]:
    wanted = {feature.pk: feature for feature in features}
    release.lines.exclude(feature_id__in=list(wanted)).delete()
    have = set(release.lines.values_list("feature_id", flat=True))
    ReleaseFeature.objects.bulk_create(
        ReleaseFeature(release=release, feature=feature) for pk, feature in wanted.items() if pk not in have
    )
    return sorted(feature.key for feature in wanted.values())


def _write_milestones(release: Release, milestones: Mapping[MilestoneKind, datetime]) -> dict[str, str]:
    release.milestones.all().delete()
    ReleaseMilestone.objects.bulk_create(
        ReleaseMilestone(release=release, kind=MilestoneKind(kind), at=at) for kind, at in milestones.items()
    )
    return {str(kind): at.isoformat() for kind, at in milestones.items()}
