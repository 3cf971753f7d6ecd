"""Components: one with its versions and dependencies, and the verbs on it."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.catalog import actions, queries, services
from releaseorch.catalog.models import Application, Component
from releaseorch.catalog.states import Need
from releaseorch.core.errors import Invalid
from releaseorch.delivery import request_facts
from releaseorch.environments.queries import in_use
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.components import ComponentForm
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced
from releaseorch.web.views.applications import FORM, installed_now
from releaseorch.web.views.applications import address as application_address

MOST_NEEDS = 100


@require_safe
def component(request: HttpRequest, pk: int) -> HttpResponse:
    return page_of(request, pk)


def page_of(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = queries.component_detail(pk, request.GET.get("cursor"))
    if detail is None:
        raise Http404
    found, person = detail.component, person_of(request)
    environments = list(in_use())
    versions = list(detail.versions.items)
    facts = request_facts.of_versions({version.pk for version in versions})
    there = installed_now([found.pk])[found.pk]
    verbs = actions.component_actions(found, person)
    context: dict[str, Any] = {
        "detail": detail,
        "component": found,
        "actions": verbs,
        "may_register": not policy.why_not(
            person, "version.register", services.scope_of(found.application)
        ),
        "places": [(environment, there[environment.pk]) for environment in environments],
        "rows": [
            (version, facts.held[version.pk], facts.ran[version.pk], actions.version_action(version, person))
            for version in versions
        ],
        **(_choice_of_needs(request, detail, bounced) if verbs["edit"].allowed and not found.is_retired else {}),
        "reasons": Need.choices,
        "bounced": bounced,
    }  # fmt: skip
    return render_page(request, "catalog/component.html", context)


def _choice_of_needs(
    request: HttpRequest, detail: queries.ComponentDetail, bounced: Bounced | None
) -> dict[str, Any]:
    """What it could need, by application: at most so many at a time, found by a part of their name (`?need=`)."""
    text = request.GET.get("need", "")[:200]
    known = {detail.component.pk, *(link.needs_id for link in detail.needs)}
    found = Component.objects.filter(retired_at=None).exclude(pk__in=known)
    if text:
        found = found.filter(Q(name__icontains=text) | Q(application__name__icontains=text))
    named = found.annotate(owner=F("application__name")).values_list("pk", "name", "owner", named=True)
    rows = list(named.order_by("application__name", "name")[: MOST_NEEDS + 1])
    return {
        "addable": rows[:MOST_NEEDS],
        "chosen_need": inputs.row_id(bounced.values, "needs") if bounced is not None else None,
        "need": text,
        "has_more_needs": len(rows) > MOST_NEEDS,
        "may_add_needs": True,
    }


@require_http_methods(FORM)
def create(request: HttpRequest, slug: str) -> HttpResponse:
    owner, person = get_or_404(Application.objects.select_related("team"), slug=slug), person_of(request)
    policy.require(person, "application.edit", services.scope_of(owner))
    page = FormPage(
        title=_("New component"), button=_("Make the component"), cancel=application_address(owner),
        crumbs=_crumbs(owner),
        consequence=_("It can be deployed as soon as it has a procedure and a version."),
    )  # fmt: skip
    return form_page(
        request, ComponentForm(request.POST or None), page,
        lambda _seen, values: services.create_component(actor=person, application=owner, **values),
        back=address, said=_("Made."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, person = _one(pk), person_of(request)
    policy.require(person, "application.edit", services.scope_of(row.application))
    form = ComponentForm(request.POST or None, initial=initial_of(row, ComponentForm))
    page = FormPage(
        title=_("Edit %(component)s") % {"component": row}, button=_("Save"), cancel=address(row),
        crumbs=[*_crumbs(row.application), (address(row), row.name)],
        consequence=_("Counts for plans that are computed from now on; runs that are planned keep their steps."),
    )  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_component(actor=person, component=row, seen=seen, **values),
        back=address(row), said=_("Saved."), version=row.row_version,
    )  # fmt: skip


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(request, pk, "retire", _("Retired."), services.retire_component)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    return _with_reason(request, pk, "restore", _("It may be deployed again."), services.restore_component)


@require_POST
def add_dependency(request: HttpRequest, pk: int) -> HttpResponse:
    def add(row: Component, _seen: int | None) -> Any:
        needs, reason = _needs(request), request.POST.get("reason", "")
        if reason not in Need.values:
            raise Invalid({"reason": _("Say what it needs it for.")})
        return services.add_dependency(
            actor=person_of(request), component=row, needs=needs, reason=Need(reason)
        )

    return _perform(request, pk, "add_dependency", _("Added."), add)


@require_POST
def remove_dependency(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "remove_dependency", _("Taken out."),
        lambda row, _seen: services.remove_dependency(
            actor=person_of(request), component=row, needs=_needs(request)
        ),
    )  # fmt: skip


def _needs(request: HttpRequest) -> Component:
    pk = inputs.row_id(request.POST, "needs")
    found = Component.objects.select_related("application").filter(pk=pk).first() if pk else None
    if found is None:
        raise Invalid({"needs": _("Choose the component that it needs.")})
    return found


def address(row: Component) -> str:
    return reverse("component", args=[row.pk])


def _crumbs(owner: Application) -> list[tuple[str, str]]:
    return [(reverse("applications"), _("Applications")), (application_address(owner), owner.name)]


def _one(pk: int) -> Component:
    return get_or_404(Component.objects.select_related("application__team"), pk=pk)


def _with_reason(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[..., Any]
) -> HttpResponse:
    person, reason = person_of(request), request.POST.get("reason", "")
    return _perform(
        request, pk, verb, said,
        lambda row, seen: service(actor=person, component=row, reason=reason, seen=seen),
    )  # fmt: skip


def _perform(
    request: HttpRequest, pk: int, verb: str, said: str, call: Callable[[Component, int | None], Any]
) -> HttpResponse:
    row = _one(pk)
    return perform(
        request, lambda seen: call(row, seen), back=address(row), said=said, verb=verb,
        again=lambda bounced: page_of(request, pk, bounced),
    )  # fmt: skip
