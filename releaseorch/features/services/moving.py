"""Move a feature from one release to another."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import edits, events
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.features.models import Feature, Release, ReleaseFeature
from releaseorch.features.services.releases import scope_of
from releaseorch.features.states import ReleaseState


def move_feature(
    *,
    actor: Person,
    feature: Feature,
    reason: str,
    source: Release | None = None,
    target: Release | None = None,
    seen: int | None = None,
) -> Feature:
    """Out of `source` and into `target`; without the one it only goes in, without the other only out.

    A release takes features while it is being planned, and gives them up until it is over.
    Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    for release in (source, target):
        if release is not None:
            policy.require(actor, "release.edit", scope_of(release))
    if source == target:
        raise Invalid({"target": _("Choose another release.")})
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(feature, seen)
        _take_out(fresh, source)
        _put_in(fresh, target)
        fresh.save(update_fields=[])  # whoever looks at an older picture of it is told so
        events.record(
            actor=actor, verb="feature.moved", subject=fresh, reason=why,
            before={"release": source.name if source else ""}, after={"release": target.name if target else ""},
            topics=["requests", "work", *(f"release:{one.pk}" for one in (source, target) if one is not None)],
        )  # fmt: skip
    return fresh


def _take_out(feature: Feature, source: Release | None) -> None:
    if source is None:
        return
    release = edits.locked(source, None)
    said = {"feature": feature.key, "release": release, "state": release.get_state_display()}
    if release.is_over:
        raise Conflict(_("%(release)s is %(state)s: what was in it stays in it.") % said)
    gone, _counts = ReleaseFeature.objects.filter(release=release, feature=feature).delete()
    if not gone:
        raise Conflict(_("%(feature)s isn't in %(release)s.") % said)
    release.save(update_fields=[])


def _put_in(feature: Feature, target: Release | None) -> None:
    if target is None:
        return
    release = edits.locked(target, None)
    said = {"feature": feature.key, "release": release, "state": release.get_state_display()}
    if release.state != ReleaseState.PLANNING:
        raise Conflict(_("%(release)s is %(state)s: %(feature)s can't be added any more.") % said)
    _line, is_new = ReleaseFeature.objects.get_or_create(release=release, feature=feature)
    if not is_new:
        raise Conflict(_("%(feature)s is in %(release)s already.") % said)
    release.save(update_fields=[])
