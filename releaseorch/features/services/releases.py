"""Make releases, and set what they hold and when they close."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Conflict
from releaseorch.features.models import (
    Feature,
    Release,
    ReleaseFeature,
    ReleaseMilestone,
)
from releaseorch.features.states import MilestoneKind, ReleaseState


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
    """The release holds exactly these features; once it is locked, none is added.

    Raises `NotAllowed`, `Conflict`.
    """
    policy.require(actor, "release.edit", scope_of(release))
    with transaction.atomic():
        before = _keys(release)
        wanted = list(features)
        added = sorted({feature.key for feature in wanted} - set(before))
        if added and release.state != ReleaseState.PLANNING:
            raise Conflict(
                _("%(release)s is %(state)s: %(added)s can't be added any more.")
                % {"release": release, "state": release.get_state_display(), "added": ", ".join(added)}
            )
        after = _write_lines(release, wanted)
        events.record(
            actor=actor, verb="release.features_set", subject=release,
            before={"features": before}, after={"features": after}, topics=["requests"],
        )  # fmt: skip
    return release


def set_release_milestones(
    *, actor: Person, release: Release, milestones: Mapping[MilestoneKind, datetime]
) -> Release:
    """The cut-offs of the release are exactly these. Raises `NotAllowed`."""
    policy.require(actor, "release.edit", scope_of(release))
    with transaction.atomic():
        before = {entry.kind: entry.at.isoformat() for entry in release.milestones.all()}
        after = _write_milestones(release, milestones)
        events.record(
            actor=actor, verb="release.cut_offs_set", subject=release,
            before={"cut_offs": before}, after={"cut_offs": after}, topics=["requests"],
        )  # fmt: skip
    return release


def scope_of(release: Release) -> Scope:
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
