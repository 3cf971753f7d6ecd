"""Keep an environment, or one application in it, for a while; keep it longer; give it back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog.models import Application
from releaseorch.catalog.services import retiring
from releaseorch.core import clock
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments.ahead import at_text, kept_sentence
from releaseorch.environments.models import Environment, Reservation
from releaseorch.environments.services.places import refuse_retired

TOPICS = ("requests", "runs", "inventory", "work")


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
    made = Reservation(
        environment=environment, application=application, owner=actor, reason=reason,
        starts_at=starts_at or clock.now(), expires_at=expires_at,
    )  # fmt: skip
    policy.require(actor, "reservation.create", scope_of(made))
    cleaned(made)
    if made.expires_at <= max(made.starts_at, clock.now()):
        raise Invalid({"expires_at": _("A reservation ends after it begins, and in the future.")})
    with transaction.atomic():
        _lock(made)
        refuse_retired(environment)
        _refuse_overlap(made)
        made.save()
        if application is not None:
            retiring.hold_in_use(application)
        events.record(
            actor=actor, verb="reservation.created", subject=made, reason=made.reason,
            after={"environment": environment.name, "application": application.name if application else "",
                   "until": made.expires_at.isoformat()},
            topics=TOPICS,
        )  # fmt: skip
    return made


def extend_reservation(
    *, actor: Person, reservation: Reservation, expires_at: datetime, seen: int | None = None
) -> Reservation:
    """Keep it until a later moment: its owner, or who may extend any.

    Raises `NotAllowed`, `Invalid`, and `Conflict` when it is over or somebody else keeps it then.
    """
    _require(actor, "reservation.extend", reservation)
    reservation.check_version(seen)
    before = reservation.expires_at
    with transaction.atomic():
        _lock(reservation)
        _refuse_over(reservation)
        if expires_at <= before:
            raise Invalid(
                {"expires_at": _("It is kept until %(until)s already. Choose a later moment, or give it back.")
                 % {"until": at_text(before)}}
            )  # fmt: skip
        reservation.expires_at = expires_at
        _refuse_overlap(reservation)
        reservation.save(update_fields=["expires_at"])
        events.record(
            actor=actor, verb="reservation.extended", subject=reservation,
            before={"until": before.isoformat()}, after={"until": expires_at.isoformat()}, topics=TOPICS,
        )  # fmt: skip
    return reservation


def release_reservation(*, actor: Person, reservation: Reservation, seen: int | None = None) -> Reservation:
    """Give back what is kept: its owner, or who may release any. Raises `NotAllowed`, `Conflict` when it is over."""
    _require(actor, "reservation.release", reservation)
    reservation.check_version(seen)
    with transaction.atomic():
        _refuse_over(reservation)
        reservation.released_at = clock.now()
        reservation.save(update_fields=["released_at"])
        events.record(actor=actor, verb="reservation.released", subject=reservation, topics=TOPICS)
    return reservation


def why_not_theirs(actor: Person, permission: str, reservation: Reservation) -> str:
    """Empty for its owner and for who may do this to any reservation, else the sentence who may."""
    if reservation.owner_id == actor.pk:
        return ""
    return policy.why_not(actor, permission, scope_of(reservation))


def scope_of(reservation: Reservation) -> Scope:
    application = reservation.application
    return Scope.of(
        teams=[application.team_id] if application else [],
        application=reservation.application_id,
        environment=reservation.environment_id,
    )


def _require(actor: Person, permission: str, reservation: Reservation) -> None:
    reason = why_not_theirs(actor, permission, reservation)
    if reason:
        raise NotAllowed(reason)


def _lock(reservation: Reservation) -> None:
    # The environment's row is the lock: two people who reserve at once come one after the other.
    Environment.objects.select_for_update().get(pk=reservation.environment_id)


def _refuse_over(reservation: Reservation) -> None:
    if reservation.released_at is not None:
        raise Conflict(_("This reservation was given back already."))
    if reservation.expires_at <= clock.now():
        raise Conflict(_("This reservation ended at %(at)s.") % {"at": at_text(reservation.expires_at)})


def _refuse_overlap(wanted: Reservation) -> None:
    others = Reservation.objects.select_related("owner", "application", "environment").filter(
        environment=wanted.environment_id, released_at=None, starts_at__lt=wanted.expires_at,
        expires_at__gt=wanted.starts_at,
    )  # fmt: skip
    for other in others.exclude(pk=wanted.pk):
        if wanted.application_id is None or other.application_id in (None, wanted.application_id):
            raise Conflict(kept_sentence(other))
