"""The verbs of environments: places, targets, what runs on them, and who keeps what for a while."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog.models import Application, Component
from releaseorch.core import clock
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments.models import Environment, Placement, Reservation, Target


def create_environment(
    *,
    actor: Person,
    name: str,
    rank: int,
    slug: str = "",
    is_protected: bool = False,
    parameters: Mapping[str, str] | None = None,
) -> Environment:
    """A place to deploy to; the same rank means side by side. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "environment.edit")
    made = cleaned(
        Environment(
            name=name, slug=slug or slugify(name), rank=rank, is_protected=is_protected,
            parameters=dict(parameters or {}),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _("There is an environment %(name)s already.") % {"name": made.name})
        events.record(
            actor=actor, verb="environment.created", subject=made, after={"rank": rank}, topics=["inventory"]
        )
    return made


def create_target(
    *,
    actor: Person,
    environment: Environment,
    name: str,
    kind: str = "",
    parameters: Mapping[str, str] | None = None,
) -> Target:
    """A server, cluster or device. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "environment.edit", Scope.of(environment=environment.pk))
    made = cleaned(Target(environment=environment, name=name, kind=kind, parameters=dict(parameters or {})))
    with transaction.atomic():
        insert(made, "name", _("%(environment)s has a target %(name)s already.")
               % {"environment": environment, "name": made.name})  # fmt: skip
        events.record(
            actor=actor, verb="target.created", subject=made, after={"environment": environment.name}
        )
    return made


def create_placement(*, actor: Person, component: Component, target: Target, order: int = 0) -> Placement:
    """The component runs on the target; `order` is its turn in a rolling deployment. Raises `NotAllowed`, `Invalid`."""
    policy.require(actor, "environment.edit", Scope.of(environment=target.environment_id))
    made = cleaned(
        Placement(component=component, environment_id=target.environment_id, target=target, order=order)
    )
    with transaction.atomic():
        insert(made, "component", _("%(component)s is on %(target)s already.")
               % {"component": component, "target": target})  # fmt: skip
        events.record(actor=actor, verb="placement.created", subject=made, after={"order": order})
    return made


def create_reservation(
    *,
    actor: Person,
    environment: Environment,
    expires_at: datetime,
    reason: str,
    application: Application | None = None,
    starts_at: datetime | None = None,
) -> Reservation:
    """Keep an environment, or one application in it, until `expires_at`.

    Raises `NotAllowed`, `Invalid`, and `Conflict` that names who keeps it then.
    """
    scope = Scope.of(
        teams=[application.team_id] if application else [],
        application=application.pk if application else None,
        environment=environment.pk,
    )
    policy.require(actor, "reservation.create", scope)
    made = Reservation(
        environment=environment, application=application, owner=actor, reason=reason,
        starts_at=starts_at or clock.now(), expires_at=expires_at,
    )  # fmt: skip
    cleaned(made)
    if made.expires_at <= max(made.starts_at, clock.now()):
        raise Invalid({"expires_at": _("A reservation ends after it begins, and in the future.")})
    with transaction.atomic():
        # The environment's row is the lock: two people who reserve at once come one after the other.
        Environment.objects.select_for_update().get(pk=environment.pk)
        _refuse_overlap(made)
        made.save()
        events.record(
            actor=actor, verb="reservation.created", subject=made, reason=made.reason,
            after={"environment": environment.name, "application": application.name if application else "",
                   "until": made.expires_at.isoformat()},
            topics=["requests", "inventory", "work"],
        )  # fmt: skip
    return made


def _refuse_overlap(wanted: Reservation) -> None:
    others = Reservation.objects.select_related("owner", "application", "environment").filter(
        environment=wanted.environment, released_at=None, starts_at__lt=wanted.expires_at,
        expires_at__gt=wanted.starts_at,
    )  # fmt: skip
    for other in others:
        if wanted.application_id is None or other.application_id in (None, wanted.application_id):
            raise Conflict(kept_sentence(other))


def kept_sentence(reservation: Reservation) -> str:
    """Who keeps what, until when, and why."""
    return _("%(what)s is kept by %(owner)s until %(until)s: %(reason)s") % {
        "what": reservation.application or reservation.environment,
        "owner": reservation.owner,
        "until": localtime(reservation.expires_at).strftime("%Y-%m-%d %H:%M"),
        "reason": reservation.reason,
    }


def release_reservation(*, actor: Person, reservation: Reservation) -> Reservation:
    """Give back what is kept: its owner, or who may release any. Raises `NotAllowed`, `Conflict` when it is over."""
    scope = Scope.of(environment=reservation.environment_id, application=reservation.application_id)
    if reservation.owner_id != actor.pk:
        reason = policy.why_not(actor, "reservation.release", scope)
        if reason:
            raise NotAllowed(reason)
    now = clock.now()
    with transaction.atomic():
        if not Reservation.objects.filter(pk=reservation.pk, released_at=None).update(released_at=now):
            raise Conflict(_("This reservation was given back already."))
        reservation.released_at = now
        events.record(
            actor=actor,
            verb="reservation.released",
            subject=reservation,
            topics=["requests", "inventory", "work"],
        )
    return reservation
