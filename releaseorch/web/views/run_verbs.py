"""What people do with a run: from proposing it to its end, one view per verb."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releaseorch.core.errors import Invalid
from releaseorch.delivery import approvals, signers
from releaseorch.delivery import services as delivery
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs import services
from releaseorch.runs.models import DeploymentRun
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform
from releaseorch.web.views.runs import page_of_run

Verb = Callable[[DeploymentRun, int | None], Any]


@require_POST
def propose(request: HttpRequest, pk: int) -> HttpResponse:
    def said(run: DeploymentRun) -> str:
        who = signers.sentences_of(approvals.slots_of_run(run))
        return " ".join([_("Proposed. Its plan is fixed and waits for approval."), *who])

    return _do(request, pk, "propose", said, _plain(request, delivery.propose_run))


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "approve", _("Approved."), _in_a_slot(request, delivery.approve_run))


@require_POST
def approve_change(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "approve_change", _("Approved."), _in_a_slot(request, delivery.approve_change))


@require_POST
def decline_change(request: HttpRequest, pk: int) -> HttpResponse:
    said = _("Declined; the step is taken out.")
    return _do(request, pk, "decline_change", said, _with_reason(request, delivery.decline_change))


@require_POST
def withdraw_change(request: HttpRequest, pk: int) -> HttpResponse:
    said = _("Taken back; the step is out again.")
    return _do(request, pk, "withdraw_change", said, _with_reason(request, delivery.withdraw_change))


@require_POST
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "send_back", _("Sent back."), _with_reason(request, delivery.send_back_run))


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request,
        pk,
        "reject",
        _("Rejected. Its requests wait for another run."),
        _with_reason(request, delivery.reject_run),
    )


@require_POST
def unlock(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request,
        pk,
        "unlock",
        _("Unlocked: the plan can be changed again."),
        _with_reason(request, delivery.unlock_run),
    )


@require_POST
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    window = {name: inputs.moment(request.POST, name) for name in ("window_from", "window_until")}
    return _do(
        request, pk, "schedule", _("Scheduled."),
        lambda run, seen: delivery.schedule_run(actor=person_of(request), run=run, seen=seen, **window),
    )  # fmt: skip


@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "start", _("Started."), _plain(request, services.start_run))


@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request,
        pk,
        "pause",
        _("Paused. What is under way may finish."),
        _with_reason(request, services.pause_run),
    )


@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "resume", _("Resumed."), _with_reason(request, services.resume_run))


@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "finish", _("It goes on to its end."), _with_reason(request, services.finish_run))


@require_POST
def limit(request: HttpRequest, pk: int) -> HttpResponse:
    at_most = inputs.whole(request.POST, "steps_at_once")
    return _do(
        request, pk, "limit", _("It goes by this limit from now on."),
        lambda run, seen: services.limit_run(actor=person_of(request), run=run, seen=seen, steps_at_once=at_most),
    )  # fmt: skip


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "stop", _("Stopped."), _with_reason(request, services.stop_run))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "cancel", _("The run is being given up."), _with_reason(request, delivery.cancel_run)
    )


@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    text = request.POST.get("text", "")
    return _do(
        request,
        pk,
        "comment",
        "",
        lambda run, _seen: services.comment_run(actor=person_of(request), run=run, text=text),
    )


@require_POST
def take_out(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = inputs.row_id(request.POST, "request")
    reason = request.POST.get("reason", "")

    def verb(run: DeploymentRun, seen: int | None) -> DeploymentRun:
        if wanted is None:
            raise Invalid({"request": _("Say which request.")})
        row = get_or_404(DeploymentRequest.objects.select_related("application", "environment"), pk=wanted)
        return delivery.take_out_request(
            actor=person_of(request), run=run, request=row, reason=reason, seen=seen
        )

    return _do(request, pk, "take_out", _("Taken out."), verb)


def _plain(request: HttpRequest, service: Callable[..., Any]) -> Verb:
    return lambda run, seen: service(actor=person_of(request), run=run, seen=seen)


def _with_reason(request: HttpRequest, service: Callable[..., Any]) -> Verb:
    reason = request.POST.get("reason", "")
    return lambda run, seen: service(actor=person_of(request), run=run, seen=seen, reason=reason)


def _in_a_slot(request: HttpRequest, service: Callable[..., Any]) -> Verb:
    """With a comment, and in the slot that was named, if one was."""
    slot, comment = request.POST.get("slot", "") or None, request.POST.get("comment", "")
    return lambda run, seen: service(actor=person_of(request), run=run, seen=seen, comment=comment, slot=slot)


def _do(
    request: HttpRequest, pk: int, verb: str, said: str | Callable[[Any], str], service: Verb
) -> HttpResponse:
    """One verb on one run; what it refuses comes back on the run's page as it was typed."""
    run = get_or_404(DeploymentRun.objects.select_related("environment", "composed_by", "edited_by"), pk=pk)
    return perform(
        request, lambda seen: service(run, seen), back=f"/runs/{pk}", said=said, verb=verb,
        again=lambda bounced: page_of_run(request, pk, bounced),
    )  # fmt: skip
