"""The forms of environments, of their targets, and of what is placed on these; and their verbs without a form."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.environments import services
from releaseorch.environments.models import Environment, Placement, Target
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.environments import EnvironmentForm, PlacementForm, TargetForm, TurnForm
from releaseorch.web.http import perform
from releaseorch.web.views.environments import page_of_environment

FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
def create(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    policy.require(person, "environment.edit")
    page = FormPage(
        title=_("New environment"), button=_("Make the environment"), cancel=reverse("environments"),
        crumbs=[(reverse("environments"), _("Environments"))],
        consequence=_("Requests can be filed for it at once."),
    )  # fmt: skip
    return form_page(
        request, EnvironmentForm(request.POST or None), page,
        lambda _seen, values: services.create_environment(actor=person, **values),
        back=_address, said=_("Made."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_or_404(Environment, pk=pk)
    person = _allowed(request, row.pk)
    form = EnvironmentForm(request.POST or None, initial=initial_of(row, EnvironmentForm))
    page = _page(_("Edit %(environment)s") % {"environment": row}, row, _("Save"),
                 _("Counts for what is planned from now on; plans that are fixed stay as they are."))  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_environment(actor=person, environment=row, seen=seen, **values),
        back=_address(row), said=_("Saved."), version=row.row_version,
    )  # fmt: skip


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, "retire", _("Retired."), services.retire_environment)


@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    return _moved(request, pk, "restore", _("It may be filed for again."), services.restore_environment)


def _moved(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[..., Environment]
) -> HttpResponse:
    row, reason = get_or_404(Environment, pk=pk), request.POST.get("reason", "")
    return perform(
        request,
        lambda seen: service(actor=person_of(request), environment=row, reason=reason, seen=seen),
        back=_address(row), said=said, verb=verb,
        again=lambda bounced: page_of_environment(request, pk, bounced),
    )  # fmt: skip


@require_http_methods(FORM)
def create_target(request: HttpRequest) -> HttpResponse:
    """`?environment=3`"""
    place = get_or_404(Environment, pk=inputs.row_id(request.GET, "environment") or 0)
    person = _allowed(request, place.pk)
    page = _page(_("New target of %(environment)s") % {"environment": place}, place, _("Make the target"),
                 _("Place components on it afterwards."))  # fmt: skip
    return form_page(
        request, TargetForm(request.POST or None), page,
        lambda _seen, values: services.create_target(actor=person, environment=place, **values),
        back=f"{_address(place)}#targets", said=_("Made."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit_target(request: HttpRequest, pk: int) -> HttpResponse:
    row = _target(pk)
    person = _allowed(request, row.environment_id)
    form = TargetForm(request.POST or None, initial=initial_of(row, TargetForm))
    page = _page(_("Edit %(target)s") % {"target": row}, row.environment, _("Save"),
                 _("Counts for what is planned from now on; plans that are fixed stay as they are."))  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_target(actor=person, target=row, seen=seen, **values),
        back=f"{_address(row.environment)}#targets", said=_("Saved."), version=row.row_version,
    )  # fmt: skip


@require_POST
def retire_target(request: HttpRequest, pk: int) -> HttpResponse:
    row, reason = _target(pk), request.POST.get("reason", "")
    return _perform(
        request, row.environment_id, "retire", _("Retired."),
        lambda seen: services.retire_target(actor=person_of(request), target=row, reason=reason, seen=seen),
    )  # fmt: skip


@require_http_methods(FORM)
def create_placement(request: HttpRequest) -> HttpResponse:
    """`?target=7`"""
    target = _target(inputs.row_id(request.GET, "target") or 0)
    person = _allowed(request, target.environment_id)
    page = _page(_("Place a component on %(target)s") % {"target": target}, target.environment, _("Place it"),
                 _("Plans from now on deploy it there too."))  # fmt: skip
    return form_page(
        request, PlacementForm(request.POST or None), page,
        lambda _seen, values: services.create_placement(actor=person, target=target, **values),
        back=f"{_address(target.environment)}#targets", said=_("Placed."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit_placement(request: HttpRequest, pk: int) -> HttpResponse:
    row = _placement(pk)
    person = _allowed(request, row.environment_id)
    form = TurnForm(request.POST or None, initial=initial_of(row, TurnForm))
    page = _page(_("The turn of %(placement)s") % {"placement": row}, row.environment, _("Save"),
                 _("Counts for what is planned from now on."))  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_placement(actor=person, placement=row, seen=seen, **values),
        back=f"{_address(row.environment)}#targets", said=_("Saved."), version=row.row_version,
    )  # fmt: skip


@require_POST
def remove_placement(request: HttpRequest, pk: int) -> HttpResponse:
    row = _placement(pk)
    return _perform(
        request, row.environment_id, "remove", _("Taken away; what is installed there stays as it is."),
        lambda seen: services.remove_placement(actor=person_of(request), placement=row, seen=seen),
    )  # fmt: skip


def _allowed(request: HttpRequest, environment_id: int) -> Person:
    person = person_of(request)
    policy.require(person, "environment.edit", Scope.of(environment=environment_id))
    return person


def _page(title: str, environment: Environment, button: str, consequence: str) -> FormPage:
    return FormPage(
        title=title, button=button, cancel=_address(environment), consequence=consequence,
        crumbs=[(reverse("environments"), _("Environments")), (_address(environment), environment.name)],
    )  # fmt: skip


def _address(environment: Environment) -> str:
    return reverse("environment", args=[environment.pk])


def _target(pk: int) -> Target:
    return get_or_404(Target.objects.select_related("environment"), pk=pk)


def _placement(pk: int) -> Placement:
    return get_or_404(Placement.objects.select_related("environment", "component", "target"), pk=pk)


def _perform(
    request: HttpRequest, environment_id: int, verb: str, said: str, func: Callable[[int | None], Any]
) -> HttpResponse:
    return perform(
        request, func, back=f"/environments/{environment_id}#targets", said=said, verb=verb,
        again=lambda bounced: page_of_environment(request, environment_id, bounced),
    )  # fmt: skip
