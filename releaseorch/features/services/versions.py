"""Register versions with the features that they hold."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core.errors import Invalid
from releaseorch.features.models import (
    Feature,
    FeatureInVersion,
)


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
