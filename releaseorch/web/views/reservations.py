"""Keep an environment, or one application in it, keep it longer, give it back: verbs on the environment's page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid
from releaseorch.environments import services
from releaseorch.environments.models import Environment, Reservation
from releaseorch.web import choices, inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform
from releaseorch.web.views.environments import page_of_environment

RESERVATIONS = Reservation.objects.select_related("environment", "application", "owner")


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    environment = get_or_404(Environment, pk=inputs.row_id(request.POST, "environment") or 0)

    def keep(_seen: int | None) -> Reservation:
        expires_at = inputs.moment(request.POST, "expires_at")
        if expires_at is None:
            raise Invalid({"expires_at": _("Say until when it is needed.")})
        return services.create_reservation(
            actor=person_of(request),
            environment=environment,
            application=chosen_application(request),
            starts_at=inputs.moment(request.POST, "starts_at"),
            expires_at=expires_at,
            reason=request.POST.get("reason", ""),
        )

    return _perform(request, environment.pk, "create", keep, _("Kept for you."))


@require_POST
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    reservation = get_or_404(RESERVATIONS.all(), pk=pk)

    def keep_longer(seen: int | None) -> Reservation:
        expires_at = inputs.moment(request.POST, "expires_at")
        if expires_at is None:
            raise Invalid({"expires_at": _("Say until when it is needed.")})
        return services.extend_reservation(
            actor=person_of(request), reservation=reservation, expires_at=expires_at, seen=seen
        )

    return _perform(request, reservation.environment_id, "extend", keep_longer, _("Extended."))


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    reservation = get_or_404(RESERVATIONS.all(), pk=pk)
    return _perform(
        request, reservation.environment_id, "release",
        lambda seen: services.release_reservation(actor=person_of(request), reservation=reservation, seen=seen),
        _("Given back."),
    )  # fmt: skip


def chosen_application(request: HttpRequest) -> Application | None:
    """The application that a form names; none: all of them."""
    wanted = choices.chosen_id("application", Application.objects.all(), request.POST)
    if wanted == choices.NOBODY:
        raise Invalid({"application": _("There is no application of that name.")})
    return get_or_404(Application, pk=wanted) if wanted else None


def _perform(
    request: HttpRequest, environment_id: int, verb: str, func: Callable[[int | None], Any], said: str
) -> HttpResponse:
    return perform(
        request, func, back=f"/environments/{environment_id}", said=said, verb=verb,
        again=lambda bounced: page_of_environment(request, environment_id, bounced),
    )  # fmt: skip
