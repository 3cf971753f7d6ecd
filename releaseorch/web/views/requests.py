"""Deployment requests: the list, one in full, and every verb on it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.catalog.models import Application
from releaseorch.delivery import plan_queries, request_actions, request_queries, services
from releaseorch.delivery.checks import refusals
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.request_queries import RequestFilter
from releaseorch.delivery.states import REQUEST_FINAL, RequestState
from releaseorch.delivery.verdicts import verdict_sentence
from releaseorch.environments.models import Environment
from releaseorch.features.models import Release
from releaseorch.web import inputs, kept, request_page
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import offer
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

# What a list can be narrowed to besides single states.
OPEN, OVER, ALL = "open", "over", "all"
FILTERS = ("state", "application", "environment", "release", "mine", "team", "text")


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """`?state=open|over|all|approved|…&application=&environment=&release=&mine=1&team=1&text=`; newest first."""
    applications = offer("application", Application.objects.all(), request.GET)
    releases = offer("release", Release.objects.all(), request.GET)
    narrowed = _filter(request, applications.chosen, releases.chosen)
    page = request_queries.requests_page(narrowed, request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": page.items,
        "state": request.GET.get("state", OPEN),
        "states": _states(),
        "applications": applications,
        "environments": Environment.objects.all(),
        "releases": releases,
        "narrowed": narrowed,
        "filtered": any(request.GET.get(name, "").strip() for name in FILTERS),
    }
    return render_page(request, "requests/list.html", context, partial="rows")


def _states() -> list[tuple[str, str]]:
    words = [(one.value, str(one.label).capitalize()) for one in RequestState]
    return [(OPEN, _("Under way")), (OVER, _("Over")), (ALL, _("All")), *words]


def _filter(request: HttpRequest, application: int | None, release: int | None) -> RequestFilter:
    state = request.GET.get("state", OPEN)
    return RequestFilter(
        states=tuple(sorted(REQUEST_FINAL))
        if state == OVER
        else (state,)
        if state in RequestState.values
        else (),
        open_only=state == OPEN,
        application=application,
        environment=inputs.row_id(request.GET, "environment"),
        release=release,
        requester=person_of(request).pk if request.GET.get("mine") else None,
        teams=tuple(policy.team_ids(person_of(request))) if request.GET.get("team") else None,
        text=request.GET.get("text", "")[:200],
    )


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail(request, pk)


def _detail(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    whole = "all" in request.GET
    found = request_queries.request_detail(pk, request_queries.MOST_TOLD if whole else request_page.SHOWN)
    if found is None:
        raise Http404
    subject = found.request
    actions = {
        one.verb: one
        for one in request_actions.actions_for(
            subject, person_of(request), found.slots, refusals(found.checks)
        )
    }
    typed_before = kept.filled(request, reverse("request-add-item", args=[pk]))
    if bounced is None and typed_before is not None:
        bounced = Bounced.of_kept("add_item", typed_before)
    context: dict[str, Any] = {
        "detail": found,
        "subject": subject,
        "actions": actions,
        "verdict": verdict_sentence(found.readiness),
        "has_plan": bool(found.items) and not subject.is_final,
        "bounced": bounced,
        "whole": whole,
        "shown": request_page.SHOWN,
        "first": ":" if whole else f":{request_page.SHOWN}",
        **request_page.context(person_of(request), found, actions),
    }
    return render_page(request, "requests/detail.html", context)


@require_safe
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """What it would do if it were carried out alone, now: a part of its page, fetched by it, or a page by itself."""
    subject = get_or_404(DeploymentRequest.objects.select_related("application", "environment"), pk=pk)
    whole = "all" in request.GET
    preview = None if subject.is_final else plan_queries.preview_for_request(subject)
    context = {
        "subject": subject,
        "plan": preview,
        "chart": request_page.chart(preview) if preview is not None else None,
        "whole": whole,
        "shown": request_page.SHOWN,
        "first": ":" if whole else f":{request_page.SHOWN}",
    }
    return render_page(request, "requests/plan.html", context, partial="preview")


def perform_on(
    request: HttpRequest,
    pk: int,
    verb: str,
    said: Any,
    func: Callable[[DeploymentRequest, int | None], Any],
) -> HttpResponse:
    """One verb of the request; what can't be taken stands on its page as typed."""
    rows = DeploymentRequest.objects.select_related(
        "application__team", "environment", "release", "requester", "run"
    )
    subject = get_or_404(rows, pk=pk)
    return perform(
        request,
        lambda seen: func(subject, seen),
        back=f"/requests/{pk}",
        said=str(said),
        verb=verb,
        again=lambda bounced: _detail(request, pk, bounced),
    )


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    said = gettext_lazy("Submitted. Somebody else must act now.")
    return perform_on(request, pk, "submit", said, lambda subject, seen: services.submit_request(
        actor=person_of(request), request=subject, seen=seen))  # fmt: skip


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    said = gettext_lazy("Withdrawn.")
    return perform_on(request, pk, "withdraw", said, lambda subject, seen: services.withdraw_request(
        actor=person_of(request), request=subject, seen=seen, reason=request.POST.get("reason", "")))  # fmt: skip


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return perform_on(request, pk, "approve", gettext_lazy("Approved."), lambda subject, seen: services.approve_request(
        actor=person_of(request), request=subject, seen=seen, comment=request.POST.get("comment", ""),
        slot=request.POST.get("slot") or None))  # fmt: skip


@require_POST
def consent_late(request: HttpRequest, pk: int) -> HttpResponse:
    said = gettext_lazy("Let in. It can be approved now.")
    return perform_on(request, pk, "consent_late", said, lambda subject, seen: services.consent_late_request(
        actor=person_of(request), request=subject, seen=seen, reason=request.POST.get("reason", "")))  # fmt: skip


@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    said = gettext_lazy("Sent back.")
    return perform_on(request, pk, "send_back", said, lambda subject, seen: services.send_back_request(
        actor=person_of(request), request=subject, seen=seen, reason=request.POST.get("reason", "")))  # fmt: skip


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return perform_on(request, pk, "reject", gettext_lazy("Rejected."), lambda subject, seen: services.reject_request(
        actor=person_of(request), request=subject, seen=seen, reason=request.POST.get("reason", "")))  # fmt: skip


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    said = gettext_lazy("It waits for another run.")
    return perform_on(request, pk, "retry", said, lambda subject, seen: services.retry_request(
        actor=person_of(request), request=subject, seen=seen, reason=request.POST.get("reason", "")))  # fmt: skip


@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    return perform_on(request, pk, "comment", "", lambda subject, _seen: services.comment_request(
        actor=person_of(request), request=subject, text=request.POST.get("text", "")))  # fmt: skip
