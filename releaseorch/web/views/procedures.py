"""Procedures: the list, one with its versions, the difference between two, and the text in which they are written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from releaseorch.accounts import policy
from releaseorch.catalog import procedure_queries, procedure_schema, procedure_text, services
from releaseorch.catalog.models import Procedure
from releaseorch.catalog.procedure_queries import ProcedureDetail
from releaseorch.catalog.services import ProcedureStepDraft
from releaseorch.core.actions import Action
from releaseorch.core.errors import Invalid
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, NounForm, form_page
from releaseorch.web.forms.procedures import EXAMPLE, NextVersionForm, ProcedureForm
from releaseorch.web.http import render_page
from releaseorch.web.views.applications import FORM

Saves = Callable[[int | None, Mapping[str, Any]], Procedure]
TEMPLATE = "procedures/form.html"


@require_safe
def procedures(request: HttpRequest) -> HttpResponse:
    """`?text=`"""
    text = request.GET.get("text", "")[:200]
    page = procedure_queries.procedures_by_name(text, request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": page.items,
        "text": text,
        "may_edit": not policy.why_not(person_of(request), "application.edit"),
    }
    return render_page(request, "procedures/list.html", context)


@require_safe
def procedure(request: HttpRequest, pk: int) -> HttpResponse:
    """`?against=` the id of another version: what changed from that one to this."""
    detail, why_not = _detail(pk), policy.why_not(person_of(request), "application.edit")
    against = _other(request, detail)
    context = {
        "detail": detail,
        "procedure": detail.procedure,
        "edit": Action(
            "edit", _("Edit: make the next version"), reverse("procedure-edit", args=[pk]),
            allowed=not why_not, why_not=why_not,
        ),
        "against": against,
        "difference": procedure_queries.difference(against, detail.procedure) if against else None,
    }  # fmt: skip
    return render_page(request, "procedures/detail.html", context)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """The form of a procedure as JSON Schema, for editors."""
    address = request.build_absolute_uri(reverse("schema-of-procedures"))
    answer = JsonResponse(procedure_schema.published(address), json_dumps_params={"indent": 1})
    answer["Content-Type"] = "application/schema+json"
    return answer


@require_http_methods(FORM)
def create(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    policy.require(person, "application.edit")
    page = FormPage(
        title=_("New procedure"), button=_("Make the procedure"), cancel=reverse("procedures"),
        crumbs=[(reverse("procedures"), _("Procedures"))], template=TEMPLATE,
        consequence=_("It deploys nothing until a component uses it."),
    )  # fmt: skip

    def save(_seen: int | None, values: Mapping[str, Any]) -> Procedure:
        draft = procedure_text.read(values["text"])
        try:
            return services.create_procedure(actor=person, name=draft.name, steps=draft.steps, is_new=True)
        except Invalid as refused:
            raise _at_the_text(refused) from refused

    form = ProcedureForm(request.POST or None, initial={"text": EXAMPLE})
    return _written(request, form, page, save, _("Made. Give it to components on their pages."))


@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    detail, person = _detail(pk), person_of(request)
    policy.require(person, "application.edit")
    row, number = detail.procedure, detail.newest.version + 1
    page = FormPage(
        title=_("Edit %(procedure)s") % {"procedure": row},
        button=_("Save as version %(number)d") % {"number": number},
        cancel=address(row), crumbs=[(reverse("procedures"), _("Procedures")), (address(row), str(row))],
        template=TEMPLATE,
        consequence=_("Versions never change: what you save is version %(number)d.") % {"number": number},
    )  # fmt: skip

    def save(seen: int | None, values: Mapping[str, Any]) -> Procedure:
        draft = procedure_text.read_version(row, values["text"])
        return services.edit_procedure(
            actor=person, procedure=row, steps=draft.steps, seen=seen, adopt=values.get("adopt", False)
        )

    form = NextVersionForm(
        request.POST or None, initial={"text": detail.text, "adopt": True}, users=detail.used
    )
    return _written(request, form, page, save, _("Saved."), version=detail.newest.version, detail=detail)


def _written(
    request: HttpRequest, form: NounForm, page: FormPage, save: Saves, said: str, **context: Any
) -> HttpResponse:
    """Save the text, or only look at it (`do=preview`)."""
    context |= {
        "schema_address": reverse("schema-of-procedures"),
        "fields": procedure_schema.fields_of_a_step(),
    }
    if request.POST.get("do") == "preview":
        return _preview(request, form, page, context)
    return form_page(request, form, page, save, back=address, said=said, **context)


def _preview(request: HttpRequest, form: NounForm, page: FormPage, context: dict[str, Any]) -> HttpResponse:
    """The steps as they would be, below the text; 422 with its faults when it can't be read."""
    steps: Sequence[ProcedureStepDraft] | None = None
    if form.is_valid():
        try:
            steps = procedure_text.read(form.cleaned_data["text"]).steps
        except Invalid as refused:
            form.add_sentences(refused.fields)
    seen = request.POST.get("version") or context.pop("version", None)
    context = {**context, "form": form, "page": page, "steps": steps, "version": seen}
    return render_page(request, page.template, context, status=422 if steps is None else 200)


def _at_the_text(refused: Invalid) -> Invalid:
    """The one field of the form is the text."""
    return Invalid({"text": refused.reasons})


def _detail(pk: int) -> ProcedureDetail:
    detail = procedure_queries.procedure_detail(pk)
    if detail is None:
        raise Http404
    return detail


def _other(request: HttpRequest, detail: ProcedureDetail) -> Procedure | None:
    wanted = inputs.row_id(request.GET, "against")
    if wanted is None:
        return None
    return get_or_404(Procedure.objects.filter(name_key=detail.procedure.name_key), pk=wanted)


def address(row: Procedure) -> str:
    return reverse("procedure", args=[row.pk])
