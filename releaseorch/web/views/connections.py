"""Connections: where tools reach what they deploy to; secrets are set here and never shown again."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.catalog.models import ProcedureStep
from releaseorch.core.errors import Invalid
from releaseorch.core.paging import page_by_name
from releaseorch.environments import actions, services
from releaseorch.environments.models import Connection, Environment
from releaseorch.environments.services.connections import LONGEST_SECRET, origin_of, secrets_named
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, form_page
from releaseorch.web.forms.connections import ConnectionForm, NewConnectionForm, told, tools
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

FORM = ("GET", "HEAD", "POST")
CONNECTIONS = Connection.objects.select_related("environment").prefetch_related("secrets__set_by")


@require_safe
def connections(request: HttpRequest) -> HttpResponse:
    """`?environment=3`"""
    wanted = inputs.row_id(request.GET, "environment")
    rows = CONNECTIONS.filter(environment_id=wanted) if wanted else CONNECTIONS.all()
    page = page_by_name(
        rows, request.GET.get("cursor"), names=("environment__rank", "environment__name", "name")
    )
    context = {
        "page": page,
        "rows": page.items,
        "environments": Environment.objects.all(),
        "environment": wanted,
        "may_create": policy.may_somewhere(person_of(request), "environment.edit"),
    }
    return render_page(request, "connections/list.html", context)


@require_safe
def connection(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    found = _one(pk)
    why_not = policy.why_not(
        person_of(request), "environment.edit", Scope.of(environment=found.environment_id)
    )
    named = ProcedureStep.objects.filter(connection=found.name, executor=found.kind)
    context = {
        "connection": found,
        "said": told(found),
        "secrets": [
            (
                one,
                actions.replace_secret_action(found, one.name, why_not),
                actions.forget_secret_action(found, one.name, why_not),
            )
            for one in found.secrets.all()
        ],
        "missing": [
            (name, actions.replace_secret_action(found, name, why_not, is_new=True))
            for name in secrets_named(found.config)
            if name not in {one.name for one in found.secrets.all()}
        ],
        "set_secret": actions.set_secret_action(found, why_not),
        "remove": actions.remove_connection_action(found, why_not),
        "may_edit": not why_not,
        "why_not": why_not,
        "steps": named.select_related("procedure").order_by("procedure__name", "-procedure__version")[:20],
        "bounced": bounced,
    }
    return render_page(request, "connections/detail.html", context)


@require_http_methods(FORM)
def create(request: HttpRequest) -> HttpResponse:
    """`?environment=3&kind=http`; each tool has a form of its own, so that it is chosen first."""
    person = person_of(request)
    if not policy.may_somewhere(person, "environment.edit"):
        policy.require(person, "environment.edit")
    crumbs = [(reverse("connections"), _("Connections"))]
    environment, kind = request.GET.get("environment"), request.POST.get("kind", request.GET.get("kind", ""))
    chosen = next((label for known, label, _says in tools() if known == kind), None)
    if chosen is None:
        context = {"tools": tools(), "environment": environment, "crumbs": crumbs}
        status = 422 if request.method == "POST" else 200
        return render_page(request, "connections/new.html", context, status=status)
    page = FormPage(
        title=_("New connection: %(tool)s") % {"tool": chosen}, button=_("Make the connection"),
        cancel=reverse("connections"), crumbs=[*crumbs, (reverse("connection-create"), _("Another tool"))],
        consequence=_("Set its secrets afterwards."),
    )  # fmt: skip
    form = NewConnectionForm(
        request.POST or None, kind=kind, initial={"environment": environment, "kind": kind}
    )
    return form_page(
        request, form, page, lambda _seen, values: services.create_connection(actor=person, **values),
        back=_address, said=_("Made. Now set its secrets."),
    )  # fmt: skip


@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row, person = _one(pk), _allowed(request, pk)
    form = ConnectionForm(request.POST or None, row=row, kind=row.kind)
    page = FormPage(
        title=_("Edit %(connection)s of %(environment)s") % {"connection": row, "environment": row.environment},
        button=_("Save"), cancel=_address(row),
        crumbs=[(reverse("connections"), _("Connections")), (_address(row), row.name)],
        consequence=_consequence(row),
    )  # fmt: skip
    return form_page(
        request, form, page,
        lambda seen, values: services.edit_connection(actor=person, connection=row, seen=seen, **values),
        back=_address(row), said=_("Saved."), version=row.row_version,
    )  # fmt: skip


def _consequence(row: Connection) -> str:
    said = _("Steps that begin from now on go by it, those of approved runs too.")
    if not origin_of(row.kind, row.config) or not row.secrets.all():
        return said
    return f"{said} {_('With another scheme, host or port its secrets are forgotten: set them anew then.')}"


@require_POST
def set_secret(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(pk)
    name = request.POST.get("name", "").strip()
    return _perform(
        request, row, "set_secret", _("Sealed. Nobody can read it again."),
        lambda seen: services.set_connection_secret(
            actor=person_of(request), connection=row, name=name, secret=_typed_secret(request), seen=seen
        ),
    )  # fmt: skip


@require_POST
def forget_secret(request: HttpRequest, pk: int) -> HttpResponse:
    row, name = _one(pk), request.POST.get("name", "")
    return _perform(
        request, row, "forget_secret", _("Forgotten."),
        lambda seen: services.forget_connection_secret(
            actor=person_of(request), connection=row, name=name, seen=seen
        ),
    )  # fmt: skip


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    row = _one(pk)
    return perform(
        request,
        lambda seen: services.remove_connection(actor=person_of(request), connection=row, seen=seen),
        back=reverse("connections"), said=_("Removed, with its secrets."), verb="remove",
        again=lambda bounced: _page(request, pk, bounced),
    )  # fmt: skip


def _typed_secret(request: HttpRequest) -> str:
    """What was typed, or what the file holds; too long a file is for the service to refuse."""
    file = request.FILES.get("secret_file")
    if file is None:
        return request.POST.get("secret", "")
    try:
        return str(file.read(LONGEST_SECRET + 1).decode())
    except UnicodeDecodeError:
        raise Invalid({"secret_file": _("The file is not text in UTF-8.")}) from None


def _allowed(request: HttpRequest, pk: int) -> Person:
    person = person_of(request)
    policy.require(person, "environment.edit", Scope.of(environment=_one(pk).environment_id))
    return person


def _one(pk: int) -> Connection:
    return get_or_404(CONNECTIONS.all(), pk=pk)


def _address(connection: Connection) -> str:
    return reverse("connection", args=[connection.pk])


def _perform(
    request: HttpRequest, row: Connection, verb: str, said: str, func: Callable[[int | None], Any]
) -> HttpResponse:
    return perform(
        request, func, back=_address(row), said=said, verb=verb,
        again=lambda bounced: _page(request, row.pk, bounced),
    )  # fmt: skip
