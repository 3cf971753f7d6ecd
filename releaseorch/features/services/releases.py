"""Make releases, and set what they hold and when they close."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core.checked import cleaned, insert, refuse_same_name
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.features import cut_offs
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
    _refuse_disorder(milestones or {})
    refuse_same_name(Release, name, _taken)
    made = cleaned(Release(name=name, application=application, target_date=target_date))
    with transaction.atomic():
        insert(made, "name", _taken(made.name))
        lines, cut_offs = _write_lines(made, features), _write_milestones(made, milestones or {})
        events.record(
            actor=actor, verb="release.created", subject=made, after={"features": lines, "cut_offs": cut_offs}
        )
    return made


class ReleaseChanges(TypedDict, total=False):
    """What may be edited of a release."""

    name: str
    target_date: datetime | None


def edit_release(
    *, actor: Person, release: Release, seen: int | None = None, **changes: Unpack[ReleaseChanges]
) -> Release:
    """Change what is given, until it is over. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "release.edit", scope_of(release))
    if "name" in changes:
        refuse_same_name(Release, changes["name"], _taken, besides=release.pk)
    with transaction.atomic():
        fresh = _open(release, seen)
        return edits.edit_row(
            actor=actor, row=fresh, seen=None, values=changes, topics=["requests", "work", "releases"]
        )


def set_release_features(
    *, actor: Person, release: Release, features: Iterable[Feature], seen: int | None = None
) -> Release:
    """The release holds exactly these features; once it is locked, none is added.

    Raises `NotAllowed`, `Conflict`.
    """
    policy.require(actor, "release.edit", scope_of(release))
    with transaction.atomic():
        release = _open(release, seen)
        before = _keys(release)
        wanted = list(features)
        added = sorted({feature.key for feature in wanted} - set(before))
        if added and release.state != ReleaseState.PLANNING:
            raise Conflict(
                _("%(release)s is %(state)s: %(added)s can't be added any more.")
                % {"release": release, "state": release.get_state_display(), "added": ", ".join(added)}
            )
        after = _write_lines(release, wanted)
        if after == before:
            return release
        release.save(update_fields=[])  # whoever looks at an older picture of it is told so
        events.record(
            actor=actor, verb="release.features_set", subject=release,
            before={"features": before}, after={"features": after}, topics=["requests"],
        )  # fmt: skip
    return release


def set_release_milestones(
    *,
    actor: Person,
    release: Release,
    milestones: Mapping[MilestoneKind, datetime],
    seen: int | None = None,
) -> Release:
    """The cut-offs of the release are exactly these, in their order; what isn't approved yet is judged by them anew.

    Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    policy.require(actor, "release.edit", scope_of(release))
    _refuse_disorder(milestones)
    with transaction.atomic():
        release = _open(release, seen)
        before = {entry.kind: entry.at.isoformat() for entry in release.milestones.all()}
        after = _write_milestones(release, milestones)
        if after == before:
            return release
        release.save(update_fields=[])
        moved = cut_offs.moved(actor, release, milestones.get(MilestoneKind.FILING))
        events.record(
            actor=actor, verb="release.cut_offs_set", subject=release,
            before={"cut_offs": before}, after={"cut_offs": after, **moved}, topics=["requests"],
        )  # fmt: skip
    return release


def scope_of(release: Release) -> Scope:
    return catalog.scope_of(release.application) if release.application else Scope.of()


def _open(release: Release, seen: int | None) -> Release:
    fresh = edits.locked(release, seen)
    if fresh.is_over:
        said = {"release": fresh, "state": fresh.get_state_display()}
        raise Conflict(_("%(release)s is %(state)s and isn't changed any more.") % said)
    return fresh


def _refuse_disorder(milestones: Mapping[MilestoneKind, datetime]) -> None:
    """Filing closes before approval, approval before the plan."""
    given = [(kind, milestones[kind]) for kind in MilestoneKind if kind in milestones]
    for (earlier, first), (later, second) in pairwise(given):
        if second < first:
            said = {"later": later.label, "earlier": earlier.label}
            raise Invalid({later.value: _("“%(later)s” comes after “%(earlier)s”.") % said})


def _taken(name: str) -> str:
    return _("There is a release %(name)s already.") % {"name": name}


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
