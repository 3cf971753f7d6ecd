"""Move a release through its lifecycle: lock, begin, complete, abandon."""

from django.db import transaction

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.checked import reason_text
from releaseorch.core.transitions import go
from releaseorch.features.models import Release
from releaseorch.features.services.releases import scope_of


def lock_release(*, actor: Person, release: Release, seen: int | None = None) -> Release:
    """planning → locked: nothing is added any more. Raises `NotAllowed`, `Conflict`."""
    return _move(actor, release, seen, "lock", "release.locked")


def begin_release(*, actor: Person, release: Release, seen: int | None = None) -> Release:
    """locked → in_progress: it is being brought to its environments. Raises `NotAllowed`, `Conflict`."""
    return _move(actor, release, seen, "begin", "release.begun")


def complete_release(*, actor: Person, release: Release, seen: int | None = None) -> Release:
    """in_progress → completed: everything of it is where it belongs. Raises `NotAllowed`, `Conflict`."""
    return _move(actor, release, seen, "complete", "release.completed")


def complete_release_with_exceptions(
    *, actor: Person, release: Release, seen: int | None = None, reason: str
) -> Release:
    """in_progress → completed_with_exceptions; `reason` names them. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    said = reason_text(reason)
    return _move(actor, release, seen, "complete_with_exceptions", "release.completed_with_exceptions", said)


def abandon_release(*, actor: Person, release: Release, seen: int | None = None, reason: str) -> Release:
    """Anything before its end → abandoned. Raises `NotAllowed`, `Conflict`, `Invalid` without a reason."""
    return _move(actor, release, seen, "abandon", "release.abandoned", reason_text(reason))


def _move(
    actor: Person, release: Release, seen: int | None, verb: str, event: str, reason: str = ""
) -> Release:
    policy.require(actor, "release.edit", scope_of(release))
    release.check_version(seen)
    before = {"state": str(release.state)}
    with transaction.atomic():
        go(release, verb)
        release.save()
        events.record(
            actor=actor, verb=event, subject=release, before=before, after={"state": str(release.state)},
            reason=reason, topics=["requests", "work"],
        )  # fmt: skip
    return release
