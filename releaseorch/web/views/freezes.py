"""Freezes: those that lie ahead, those that are over, and the verbs on them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid
from releaseorch.environments import actions, ahead, services
from releaseorch.environments.models import Environment, Freeze
from releaseorch.environments.queries import in_use
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced
from releaseorch.web.views.reservations import chosen_application


@require_safe
def freezes(request: HttpRequest) -> HttpResponse:
    """`?environment=3` chooses it in the form."""
    return _page(request)


def _page(request: HttpRequest, bounced: Bounced | None = None) -> HttpResponse:
    person = person_of(request)
    environments = list(in_use())
    wanted = inputs.row_id(request.GET, "environment")
    over = ahead.freezes_over(request.GET.get("cursor"))
    context = {
        "rows": [(one, actions.freeze_actions(one, person)) for one in ahead.freezes_ahead()],
        "over": over,
        "create": actions.freeze_action(
            environments,
            Application.objects.all(),
            person,
            next((one for one in environments if one.pk == wanted), None),
        ),
        "bounced": bounced,
    }
    return render_page(request, "environments/freezes.html", context)


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    wanted = inputs.row_id(request.POST, "environment")
    environment = get_or_404(Environment, pk=wanted) if wanted else None
    application = chosen_application(request)
    return _perform(
        request, "create", _("Frozen."),
        lambda _seen: services.create_freeze(
            actor=person_of(request), environment=environment, application=application, **_span(request)
        ),
    )  # fmt: skip


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    freeze = _freeze(pk)
    return _perform(
        request, "edit", _("Changed."),
        lambda seen: services.edit_freeze(
            actor=person_of(request), freeze=freeze, seen=seen, **_span(request)
        ),
    )  # fmt: skip


@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    freeze = _freeze(pk)
    return _perform(
        request, "lift", _("Lifted."),
        lambda seen: services.lift_freeze(
            actor=person_of(request), freeze=freeze, seen=seen, reason=request.POST.get("reason", "")
        ),
    )  # fmt: skip


def _freeze(pk: int) -> Freeze:
    return get_or_404(Freeze.objects.select_related("environment", "application", "set_by"), pk=pk)


def _span(request: HttpRequest) -> dict[str, Any]:
    return {
        "starts_at": _moment(request, "starts_at", _("Say from when.")),
        "ends_at": _moment(request, "ends_at", _("Say until when.")),
        "reason": request.POST.get("reason", ""),
    }


def _moment(request: HttpRequest, name: str, missing: str) -> datetime:
    found = inputs.moment(request.POST, name)
    if found is None:
        raise Invalid({name: missing})
    return found


def _perform(request: HttpRequest, verb: str, said: str, func: Callable[[int | None], Any]) -> HttpResponse:
    return perform(
        request, func, back="/freezes", said=said, verb=verb, again=lambda bounced: _page(request, bounced)
    )
