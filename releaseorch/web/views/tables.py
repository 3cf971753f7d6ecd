"""Import and export of master data: download the workbook, upload it, look at what it would change, import it."""

from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.core.errors import Invalid
from releaseorch.integrations.tables import exporting, uploads
from releaseorch.integrations.tables.importing import Looked, names_of
from releaseorch.web.access import person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

PAGE = "/settings/tables"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN, NAMED = 200, 8


@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    return _page(request, None)


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The workbook of this installation; everybody who may read may have it."""
    response = HttpResponse(exporting.workbook(), content_type=TYPE)
    response["Content-Disposition"] = content_disposition_header(True, "releaseorch.xlsx") or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    person = person_of(request)

    def call(_seen: int | None) -> None:
        policy.require(person, "tables.import")
        file = request.FILES.get("file")
        if file is None:
            raise Invalid({"": _("Choose a workbook (.xlsx) first.")})
        # A byte more than is taken is enough to refuse it.
        content = file.read(uploads.MOST_BYTES + 1)
        uploads.look_at_upload(actor=person, name=file.name or "", content=content)

    return perform(request, call, back=PAGE, again=lambda bounced: _page(request, bounced))


@require_POST
def import_(request: HttpRequest) -> HttpResponse:
    def said(done: Looked) -> str:
        return _("Imported: %(n)d rows are new or changed.") % {"n": done.summary(is_dry_run=False).changed}

    return perform(
        request,
        lambda seen: uploads.import_upload(actor=person_of(request), seen=seen),
        back=PAGE,
        said=said,
        again=lambda bounced: _page(request, bounced),
    )


def _page(request: HttpRequest, bounced: Bounced | None) -> HttpResponse:
    person = person_of(request)
    why_not = policy.why_not(person, "tables.import")
    context: dict[str, Any] = {
        "why_not": why_not,
        "problems": bounced.sentences if bounced is not None else [],
        "most_mb": uploads.MOST_BYTES // 1_000_000,
    }
    if not why_not:
        try:
            context["upload"] = upload = uploads.uploaded(person)
        except Invalid as refused:
            context["problems"], upload = refused.reasons, None
        if upload is not None:
            context |= _told(upload.looked)
    return render_page(request, "settings/tables.html", context)


def _told(looked: Looked) -> dict[str, Any]:
    changes = list(islice(looked.changes(), SHOWN + 1))
    counts = looked.summary(is_dry_run=True).kinds
    return {
        "sheets": [
            (plan.sheet.title, counts[plan.sheet.title], ", ".join(names_of(plan.new, NAMED)))
            for plan in looked.plans
            if counts[plan.sheet.title].seen
        ],
        "changes": changes[:SHOWN],
        "is_cut": len(changes) > SHOWN,
        "noted": [str(one) for one in looked.noted],
    }
