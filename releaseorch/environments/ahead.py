"""What keeps runs from starting or going on, now and in the days ahead: reservations and freezes, read and said."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.core import clock, paging
from releaseorch.core.paging import Page
from releaseorch.environments.models import Environment, Freeze, Reservation

# Whoever files, composes or looks at a board today is told what begins within this time.
SEEN_AHEAD = timedelta(days=14)


def reservations_ahead(
    environment_ids: Collection[int] | None, until: datetime | None = None
) -> list[Reservation]:
    """Not given back and not over, None: anywhere; with `until` only those that begin by then; one query."""
    rows = Reservation.objects.filter(released_at=None, expires_at__gt=clock.now())
    if environment_ids is not None:
        rows = rows.filter(environment_id__in=environment_ids)
    if until is not None:
        rows = rows.filter(starts_at__lte=until)
    return list(rows.select_related("environment", "application", "owner").order_by("starts_at", "pk"))


def reservations_of(environment: Environment) -> list[Reservation]:
    """Those of one environment; one query, once for each object."""
    kept: list[Reservation] | None = getattr(environment, "_kept", None)
    if kept is None:
        rows = environment.reservations.filter(released_at=None, expires_at__gt=clock.now())
        kept = list(rows.select_related("application", "owner").order_by("starts_at", "pk"))
        environment._kept = kept  # type: ignore[attr-defined]
    return kept


def freezes_ahead(until: datetime | None = None) -> QuerySet[Freeze]:
    """Not lifted and not over, by their beginning; with `until` only those that begin by then."""
    rows = Freeze.objects.filter(lifted_at=None, ends_at__gt=clock.now())
    if until is not None:
        rows = rows.filter(starts_at__lte=until)
    return rows.select_related("environment", "application", "set_by").order_by("starts_at", "pk")


def freezes_over(cursor: str | None = None) -> Page[Freeze]:
    """Ended or lifted, newest first; one query."""
    over = Freeze.objects.filter(Q(lifted_at__isnull=False) | Q(ends_at__lte=clock.now()))
    return paging.page_of(over.select_related("environment", "application", "set_by"), cursor)


def freezes_of(
    environment_id: int,
    application_ids: "Collection[int] | QuerySet[Any, Any] | None" = None,
    until: datetime | None = None,
) -> list[Freeze]:
    """Those that concern an environment and applications in it (None: whichever application); one query."""
    rows = freezes_ahead(until).filter(Q(environment=None) | Q(environment_id=environment_id))
    if application_ids is not None:
        rows = rows.filter(Q(application=None) | Q(application_id__in=application_ids))
    return list(rows)


def concerns(freeze: Freeze, environment_id: int, application_ids: Collection[int]) -> bool:
    """Whether runs of these applications in that environment may not start inside it."""
    return freeze.environment_id in (None, environment_id) and (
        freeze.application_id is None or freeze.application_id in application_ids
    )


def kept_sentence(reservation: Reservation) -> str:
    """Who keeps what, until when, and why."""
    return _("%(what)s is kept by %(owner)s until %(until)s: %(reason)s") % {
        "what": reservation.application or reservation.environment,
        "owner": reservation.owner,
        "until": at_text(reservation.expires_at),
        "reason": reservation.reason,
    }


def frozen_sentence(freeze: Freeze) -> str:
    """Who froze what, from when until when, and why."""
    said = {
        "what": freeze.what,
        "who": freeze.set_by,
        "from": at_text(freeze.starts_at),
        "until": at_text(freeze.ends_at),
        "reason": freeze.reason.rstrip("."),
    }
    if freeze.starts_at <= clock.now():
        return _("No run starts until %(until)s: %(who)s has frozen %(what)s. %(reason)s.") % said
    return _("No run starts from %(from)s until %(until)s: %(who)s has frozen %(what)s. %(reason)s.") % said


def halted_sentence(freeze: Freeze) -> str:
    """Why nothing more begins in a run that a freeze meets under way."""
    return _("Nothing more begins until %(until)s: %(who)s has frozen %(what)s. %(reason)s.") % {
        "what": freeze.what,
        "who": freeze.set_by,
        "until": at_text(freeze.ends_at),
        "reason": freeze.reason.rstrip("."),
    }


def at_text(moment: datetime) -> str:
    return localtime(moment).strftime("%Y-%m-%d %H:%M")
