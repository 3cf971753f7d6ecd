"""Applications: the list, one with its components and what it needs, and the verbs on it."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Team
from releaseorch.catalog import actions, queries, services
from releaseorch.catalog.models import Application
from releaseorch.delivery import request_form, request_queries
from releaseorch.delivery.request_queries import RequestFilter
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.environments.queries import in_use
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import offer
from releaseorch.web.forms.applications import ApplicationForm
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

SHOWN = 10
FORM = ("GET", "HEAD", "POST")


@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """`?team=&text=&retired=`, team by id or name."""
    teams, text = offer("team", Team.objects.all(), request.GET), request.GET.get("text", "")[:200]
    with_retired = bool(request.GET.get("retired"))
    page = queries.applications_by_name(
        request.GET.get("cursor"), team=teams.chosen, text=text, with_retired=with_retired
    )
    context = {
        "page": page,
        "rows": page.items,
        "teams": teams,
        "text": text,
        "with_retired": with_retired,
        "may_create": policy.may_somewhere(person_of(request), "application.edit"),
    }
    return render_page(request, "catalog/applications.html", context, partial="rows")


@require_safe
def application(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, slug)


@require_safe
def by_number(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the audit leads: it knows the number only."""
    return redirect(address(get_or_404(Application, pk=pk)))


def _page(request: HttpRequest, slug: str, bounced: Bounced | None = None) -> HttpResponse:
    found = get_or_404(Application, slug=slug)
    detail = queries.application_detail(found.pk)
    if detail is None:
        raise Http404
    environments = list(in_use())
    there = installed_now([component.pk for component in detail.components])
    person = person_of(request)
    context = {
        "detail": detail,
        "application": detail.application,
        "actions": actions.application_actions(detail.application, person),
        "environments": environments,
        "places": [
            (component, [there[component.pk][environment.pk] for environment in environments])
            for component in detail.components
        ],
        "requests": request_queries.requests_page(RequestFilter(application=found.pk), size=SHOWN).items,
        "versions": queries.versions_page(application=found.pk, size=SHOWN).items,
        "next_environment": request_form.next_environment(found),
        "may_file": not found.is_retired
        and not policy.why_not(person, "request.create", services.scope_of(detail.application)),
        "bounced": bounced,
    }
    return render_page(request, "catalog/application.html", context)


def installed_now(component_ids: list[int]) -> dict[int, dict[int, list[Installation]]]:
    """Component → environment → what is there now; four queries.

    Without joins: by what a component ever had somewhere, PostgreSQL would expect thousands of rows to join.
    """
    found: dict[int, dict[int, list[Installation]]] = defaultdict(lambda: defaultdict(list))
    rows = inventory.open_at(None).filter(inventory.of_components(component_ids)).order_by("id")
    for row in rows.prefetch_related("version", "uncertain_with", "target"):
        found[row.component_id][row.environment_id].append(row)
    return found


@require_http_methods(FORM)
def create(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    if not policy.may_somewhere(person, "application.edit"):
        policy.require(person, "application.edit")
    page = FormPage(
        title=_("New application"), button=_("Make the application"), cancel=reverse("applications"),
        crumbs=[(reverse("applications"), _("Applications"))],
        consequence=_("Its team can file requests as soon as it has a component with a version."),
    )  # fmt: skip
    return form_page(
        request, ApplicationForm(request.POST or None), page,
        lambda _seen, values: services.create_application(actor=person, **values),
        back=address, said=_("Made. Now add its components."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    row, person = _one(slug), person_of(request)
    policy.require(person, "application.edit", services.scope_of(row))
    form = ApplicationForm(request.POST or None, initial=initial_of(row, ApplicationForm))
    page = FormPage(
        title=_("Edit %(application)s") % {"application": row}, button=_("Save"), cancel=address(row),
        crumbs=[(reverse("applications"), _("Applications")), (address(row), row.name)],
        consequence=_("Counts at once, also for requests that are under way. The address of its page stays."),
    )  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_application(actor=person, application=row, seen=seen, **values),
        back=address(row), said=_("Saved."), version=row.row_version,
    )  # fmt: skip


@require_POST
def retire(request: HttpRequest, slug: str) -> HttpResponse:
    return _perform(request, slug, "retire", _("Retired."), services.retire_application)


@require_POST
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    return _perform(request, slug, "restore", _("It may be filed for again."), services.restore_application)


def address(row: Application) -> str:
    return reverse("application", args=[row.slug])


def _one(slug: str) -> Application:
    return get_or_404(Application.objects.select_related("team"), slug=slug)


def _perform(
    request: HttpRequest, slug: str, verb: str, said: str, service: Callable[..., Any]
) -> HttpResponse:
    row, reason = _one(slug), request.POST.get("reason", "")
    return perform(
        request,
        lambda seen: service(actor=person_of(request), application=row, reason=reason, seen=seen),
        back=address(row), said=said, verb=verb, again=lambda bounced: _page(request, slug, bounced),
    )  # fmt: skip
