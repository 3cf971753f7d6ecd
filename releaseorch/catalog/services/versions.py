"""Register versions, and say which of them nobody should use."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.catalog.models import (
    Component,
    ComponentVersion,
)
from releaseorch.catalog.services.rights import scope_of
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, reason_text
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Conflict, Invalid


def register_version(
    *,
    actor: Person,
    component: Component,
    text: str,
    artifact_uri: str = "",
    digest: str = "",
    commit: str = "",
    build_url: str = "",
    built_at: datetime | None = None,
) -> tuple[ComponentVersion, bool]:
    """Make a built artifact known; returns it and whether it is new.

    The same again changes nothing. Raises `NotAllowed`, `Invalid`, and `Conflict` for another digest or artifact
    under a version that is known: a version never changes.
    """
    policy.require(actor, "version.register", scope_of(component.application))
    if component.is_retired or component.application.is_retired:
        raise _retired(component)
    made = cleaned(
        ComponentVersion(
            component=component, text=text, artifact_uri=artifact_uri, digest=digest, commit=commit,
            build_url=build_url, built_at=built_at,
        )
    )  # fmt: skip
    with transaction.atomic():
        known = ComponentVersion.objects.filter(component=component, text=made.text).first()
        if known is not None:
            return _the_same(known, made), False
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:  # another delivery of the same build was first
            return _the_same(ComponentVersion.objects.get(component=component, text=made.text), made), False
        hold_references()  # a retirement of the component that is under way ends first
        if Component.objects.filter(pk=component.pk, retired_at__isnull=False).exists():
            raise _retired(component)
        events.record(
            actor=actor, verb="version.registered", subject=made,
            after={"component": component.name, "version": made.text, "digest": made.digest},
            topics=[f"component:{component.pk}"],
        )  # fmt: skip
    return made, True


def _retired(component: Component) -> Invalid:
    return Invalid({"component": _("%(component)s is retired.") % {"component": component}})


def _the_same(known: ComponentVersion, again: ComponentVersion) -> ComponentVersion:
    if (known.digest, known.artifact_uri) != (again.digest, again.artifact_uri):
        raise Conflict(
            _("%(version)s is registered with another artifact (%(digest)s); a version never changes.")
            % {"version": known, "digest": known.digest or known.artifact_uri or _("without digest")}
        )
    return known


def block_version(*, actor: Person, version: ComponentVersion, reason: str) -> ComponentVersion:
    """Nobody deploys it from now on. Raises `NotAllowed`, `Invalid` without a reason, `Conflict` when it is blocked."""
    reason = reason_text(reason)
    policy.require(actor, "version.block", scope_of(version.component.application))
    values = {"blocked_at": clock.now(), "blocked_reason": reason, "blocked_by": actor}
    with transaction.atomic():
        if not ComponentVersion.objects.filter(pk=version.pk, blocked_at=None).update(**values):
            raise Conflict(_("%(version)s is blocked already.") % {"version": version})
        version.refresh_from_db()
        events.record(
            actor=actor, verb="version.blocked", subject=version, reason=reason, topics=["requests", "work"]
        )
    return version


def unblock_version(*, actor: Person, version: ComponentVersion, reason: str) -> ComponentVersion:
    """It may be deployed again. Raises `NotAllowed`, `Invalid` without a reason, `Conflict` when it isn't blocked."""
    reason = reason_text(reason)
    policy.require(actor, "version.block", scope_of(version.component.application))
    before = {"reason": version.blocked_reason}
    with transaction.atomic():
        open_now = ComponentVersion.objects.filter(pk=version.pk, blocked_at__isnull=False)
        if not open_now.update(blocked_at=None, blocked_reason="", blocked_by=None):
            raise Conflict(_("%(version)s isn't blocked.") % {"version": version})
        version.refresh_from_db()
        events.record(
            actor=actor, verb="version.unblocked", subject=version, before=before, reason=reason,
            topics=["requests", "work"],
        )  # fmt: skip
    return version
