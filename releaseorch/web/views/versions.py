"""Versions: one with its way through the environments; register, block, unblock."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.catalog import actions, services
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.environments.models import Environment
from releaseorch.features import services as features
from releaseorch.web import version_page
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, form_page
from releaseorch.web.forms.versions import VersionForm
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced
from releaseorch.web.views.applications import FORM
from releaseorch.web.views.components import address as component_address


@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    found, person = _one(pk), person_of(request)
    context = {
        "version": found,
        "component": found.component,
        "action": actions.version_action(found, person),
        "may_file": not found.is_blocked
        and not policy.why_not(person, "request.create", services.scope_of(found.component.application)),
        "bounced": bounced,
        **version_page.context(found, list(Environment.objects.all())),
    }
    return render_page(request, "catalog/version.html", context)


@require_http_methods(FORM)
def register(request: HttpRequest, pk: int) -> HttpResponse:
    owner = get_or_404(Component.objects.select_related("application__team"), pk=pk)
    person, application = person_of(request), owner.application
    policy.require(person, "version.register", services.scope_of(application))
    page = FormPage(
        title=_("Register a version of %(component)s") % {"component": owner}, button=_("Register"),
        cancel=component_address(owner),
        crumbs=[(reverse("applications"), _("Applications")),
                (reverse("application", args=[application.slug]), application.name),
                (component_address(owner), owner.name)],
        consequence=_("A version never changes afterwards; one that must not be used is blocked."),
    )  # fmt: skip

    def save(_seen: int | None, values: dict[str, Any]) -> tuple[ComponentVersion, bool]:
        return features.register_version_with_features(actor=person, component=owner, **values)

    return form_page(
        request, VersionForm(request.POST or None), page, save,
        back=lambda made: address(made[0]),
        said=lambda made: _("Registered.") if made[1] else _("It was known already; nothing changed."),
    )  # fmt: skip


@require_POST
def block(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "block", _("Blocked."), services.block_version)


@require_POST
def unblock(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "unblock", _("It may be used again."), services.unblock_version)


def address(row: ComponentVersion) -> str:
    return reverse("version", args=[row.pk])


def _one(pk: int) -> ComponentVersion:
    rows = ComponentVersion.objects.select_related("component__application__team", "blocked_by")
    return get_or_404(rows, pk=pk)


def _perform(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[..., Any]
) -> HttpResponse:
    row, reason = _one(pk), request.POST.get("reason", "")
    return perform(
        request,
        lambda _seen: service(actor=person_of(request), version=row, reason=reason),
        back=component_address(row.component), said=said, verb=verb,
        again=lambda bounced: _page(request, pk, bounced),
    )  # fmt: skip
