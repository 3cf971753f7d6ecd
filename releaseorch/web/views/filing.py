"""File a request and change it: one form that works without JavaScript, with the checks and the plan beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid
from releaseorch.delivery import services
from releaseorch.delivery.drafts import RequestDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.web import filing, filing_buttons, filing_kept, filing_merge, filing_page, filing_read, kept
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.filing import Filing
from releaseorch.web.filing_merge import Meanwhile
from releaseorch.web.http import perform, render_page, see_other
from releaseorch.web.verbs import Bounced

SAVES = frozenset({"draft", "submit"})


@dataclass(frozen=True)
class Made:
    """What a saved form has become."""

    requests: list[DeploymentRequest]
    left_out: list[str]
    submitted: bool

    @property
    def said(self) -> str:
        numbers = ", ".join(f"#{request.pk}" for request in self.requests)
        said = _("%(numbers)s submitted.") if self.submitted else _("%(numbers)s saved as a draft.")
        text = said % {"numbers": numbers}
        if self.left_out:
            text += " " + _("Left out, since they belong to another application: %(names)s.") % {
                "names": ", ".join(self.left_out)
            }
        return text


def new(request: HttpRequest) -> HttpResponse:
    """GET opens a filled form; POST saves (`do` draft or submit), or draws it again as its button says."""
    if request.method != "POST":
        found = filing_kept.typed_before(request)
        return _page(request, found or filing_buttons.opened(person_of(request), request.GET))
    typed, do = filing_read.read(request.POST), request.POST.get("do", "draft")
    if do in filing_kept.BUTTONS:
        return filing_kept.pressed(request, do)
    if do not in SAVES:
        return _page(request, filing_buttons.pressed(typed, do, request.POST))
    typed, left_out = filing_buttons.without_foreign_lines(typed)
    if left_out and do == "submit":
        return _page(request, typed, changed=left_out)
    return perform(
        request,
        lambda _seen: _create(request, typed, left_out, do == "submit"),
        back=lambda made: f"/requests/{made.requests[0].pk}",
        said=lambda made: made.said,
        verb="create",
        again=lambda bounced: _page(request, typed, bounced),
    )


def _create(request: HttpRequest, typed: Filing, left_out: list[str], submit: bool) -> Made:
    person, drafts = person_of(request), [typed.request_draft(), *_of_other_applications(typed)]
    with transaction.atomic():
        try:
            made = services.create_requests(actor=person, drafts=drafts)
        except Invalid as refused:
            raise _named(refused, drafts) from refused
        if submit:
            made = [services.submit_request(actor=person, request=one) for one in made]
        kept.discard(person, kept.address_of(request))
    return Made(made, left_out, submit)


def _of_other_applications(typed: Filing) -> Iterable[RequestDraft]:
    """The applications ticked besides: each with what differs from the environment before."""
    for application in Application.objects.filter(pk__in=typed.also).select_related("team").order_by("name"):
        if typed.environment is None or application == typed.application:
            continue
        yield replace(
            typed.request_draft(),
            application=application,
            items=filing.suggested_lines(application, typed.environment),
            features=None,
            title="",
            on_behalf_of=None,
        )


def _named(refused: Invalid, drafts: list[RequestDraft]) -> Invalid:
    """The sentences by field of the form; those of the other applications under their name."""
    fields: dict[str, list[str]] = {}
    for name, said in refused.fields.items():
        number, _dot, field = name.partition(".")
        place = int(number) if number.isdigit() else 1
        if place == 1:
            fields.setdefault(field or name, []).extend(said)
        else:
            application = drafts[place - 1].application
            fields.setdefault("also", []).extend(f"{application}: {one}" for one in said)
    return Invalid(fields)


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The same form for a request that is there; a POST without lines comes from a button elsewhere and shows it."""
    found, do = _found(pk), request.POST.get("do", "draft")
    if request.method != "POST":
        before = filing_kept.typed_before(request)
        return _edited(request, found, before) if before else _page(request, _drawn(found), edited=found)
    if do in filing_kept.BUTTONS:
        return filing_kept.pressed(request, do)
    if "lines" not in request.POST:
        return see_other(request, f"/requests/{pk}/edit")
    typed = replace(filing_read.read(request.POST), application=found.application)
    if do not in SAVES:
        return _page(request, filing_buttons.pressed(typed, do, request.POST), edited=found)
    return perform(
        request,
        lambda seen: _change(request, found, typed, seen, do == "submit"),
        back=f"/requests/{pk}",
        said=_("Saved and submitted.") if do == "submit" else _("Saved."),
        verb="edit",
        again=lambda bounced: _edited(request, _found(pk), typed, bounced),
    )


def _found(pk: int) -> DeploymentRequest:
    rows = DeploymentRequest.objects.select_related(
        "application__team", "environment", "release", "requester"
    )
    return get_or_404(rows, pk=pk)


def _drawn(found: DeploymentRequest) -> Filing:
    return replace(filing.of_request(found), since=filing_merge.last_event(found))


def _edited(
    request: HttpRequest, found: DeploymentRequest, typed: Filing, bounced: Bounced | None = None
) -> HttpResponse:
    """What was typed; on an older picture of the request, it is taken into the newest one."""
    typed = replace(typed, application=found.application)
    if typed.version in (None, found.row_version):
        return _page(request, typed, bounced, edited=found)
    typed, meanwhile = filing_merge.merged(typed, found)
    if bounced is not None and bounced.is_stale and found.is_editable:
        request.refused.typed = ()  # type: ignore[attr-defined]  # it stands in the form
    return _page(request, typed, bounced, edited=found, meanwhile=meanwhile)


def _change(
    request: HttpRequest, found: DeploymentRequest, typed: Filing, seen: int | None, submit: bool
) -> DeploymentRequest:
    person = person_of(request)
    with transaction.atomic():
        changed = services.edit_request(actor=person, request=found, seen=seen, changes=typed.changes())
        kept.discard(person, kept.address_of(request))
        return services.submit_request(actor=person, request=changed) if submit else changed


def _page(
    request: HttpRequest,
    typed: Filing,
    bounced: Bounced | None = None,
    edited: DeploymentRequest | None = None,
    changed: Iterable[str] = (),
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    context: dict[str, Any] = filing_page.context(person_of(request), typed, edited)
    context |= filing_kept.context(request)
    context |= {"bounced": bounced, "left_out": ", ".join(changed), "meanwhile": meanwhile}
    return render_page(request, "requests/form.html", context, partial="filing")
