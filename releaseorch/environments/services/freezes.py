"""Freezes: nobody's run starts in a span of time, where and for whom it is said."""

from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.catalog.models import Application
from releaseorch.catalog.services import retiring
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, reason_text
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.environments import frozen
from releaseorch.environments.ahead import at_text
from releaseorch.environments.models import Environment, Freeze
from releaseorch.environments.services.places import hold_in_use

TOPICS = ("requests", "runs", "inventory", "work")


class FreezeChanges(TypedDict, total=False):
    """What may be edited of a freeze."""

    starts_at: datetime
    ends_at: datetime
    reason: str


def create_freeze(
    *,
    actor: Person,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    environment: Environment | None = None,
    application: Application | None = None,
) -> Freeze:
    """From `starts_at` until `ends_at` no run starts and no step begins there; without both anywhere.

    Raises `NotAllowed`, `Invalid`.
    """
    made = Freeze(
        environment=environment, application=application, reason=reason, starts_at=starts_at, ends_at=ends_at,
        set_by=actor,
    )  # fmt: skip
    policy.require(actor, "freeze.create", scope_of(made))
    cleaned(made)
    _check_span(starts_at, ends_at)
    with transaction.atomic():
        made.save()
        frozen.changed(actor, made)
        if environment is not None:
            hold_in_use(environment)
        if application is not None:
            retiring.hold_in_use(application)
        events.record(
            actor=actor, verb="freeze.created", subject=made, reason=made.reason, topics=TOPICS,
            after={"what": made.what, "from": starts_at.isoformat(), "until": ends_at.isoformat()},
        )  # fmt: skip
    return made


def edit_freeze(
    *, actor: Person, freeze: Freeze, seen: int | None = None, **changes: Unpack[FreezeChanges]
) -> Freeze:
    """Another span or reason; what is frozen stays. Raises `NotAllowed`, `Invalid`, `Conflict` when it is over."""
    policy.require(actor, "freeze.edit", scope_of(freeze))
    with transaction.atomic():
        fresh = _not_over(freeze, seen)
        _check_span(changes.get("starts_at", fresh.starts_at), changes.get("ends_at", fresh.ends_at))
        edited = edits.edit_row(actor=actor, row=fresh, seen=None, values=changes, topics=TOPICS)
        frozen.changed(actor, edited)
    return edited


def lift_freeze(*, actor: Person, freeze: Freeze, reason: str, seen: int | None = None) -> Freeze:
    """Runs may start again from now on. Raises `NotAllowed`, `Invalid`, `Conflict` when it is over."""
    policy.require(actor, "freeze.lift", scope_of(freeze))
    why = reason_text(reason)
    with transaction.atomic():
        lifted = edits.edit_row(
            actor=actor, row=_not_over(freeze, seen), seen=None, verb="lifted", reason=why, topics=TOPICS,
            values={"lifted_at": clock.now()},
        )  # fmt: skip
        frozen.changed(actor, lifted)
    return lifted


def scope_of(freeze: Freeze) -> Scope:
    """What it reaches; to freeze everything takes a role that reaches everywhere."""
    return Scope.of(
        teams=[freeze.application.team_id] if freeze.application else [],
        application=freeze.application_id,
        environment=freeze.environment_id,
    )


def _check_span(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= max(starts_at, clock.now()):
        raise Invalid({"ends_at": _("A freeze ends after it begins, and in the future.")})


def _not_over(freeze: Freeze, seen: int | None) -> Freeze:
    """The freeze as it is now, locked; raises `Conflict` when it is over or was changed since."""
    fresh = edits.locked(freeze, seen)
    if fresh.lifted_at is not None:
        raise Conflict(_("This freeze was lifted at %(at)s.") % {"at": at_text(fresh.lifted_at)})
    if fresh.ends_at <= clock.now():
        raise Conflict(_("This freeze ended at %(at)s.") % {"at": at_text(fresh.ends_at)})
    return fresh
