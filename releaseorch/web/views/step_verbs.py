"""What people do with a step: take it, say how it went, decide how it goes on."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.errors import Invalid
from releaseorch.runs import services
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import DecisionKind, StepState
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform
from releaseorch.web.paths import came_from
from releaseorch.web.verbs import Bounced
from releaseorch.web.views.steps import page_of_step

Verb = Callable[[Step, int | None], Any]
STOP = "stop"  # the one choice that is a verb of the run
DECISIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    DecisionKind.RETRY: (services.retry_step, gettext_lazy("It is tried again.")),
    DecisionKind.SKIP: (services.skip_step, gettext_lazy("Skipped.")),
    DecisionKind.TAKE_OVER: (
        services.take_over_step,
        gettext_lazy("It is yours now: do it by hand, then say how it went."),
    ),
    DecisionKind.MARK_DONE: (services.mark_done_step, gettext_lazy("It counts as done.")),
    DecisionKind.MARK_FAILED: (services.mark_failed_step, gettext_lazy("It failed for good.")),
}


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request,
        pk,
        "take",
        _("It is yours now."),
        lambda step, seen: services.take_step(actor=person_of(request), step=step, seen=seen),
    )


@require_POST
def hand_back(request: HttpRequest, pk: int) -> HttpResponse:
    said = _("Handed back; somebody else can take it.")
    return _reasoned(request, pk, "hand-back", said, services.hand_back_step)


@require_POST
def reassign(request: HttpRequest, pk: int) -> HttpResponse:
    def verb(step: Step, seen: int | None) -> Step:
        person, team = inputs.row_id(request.POST, "to"), inputs.row_id(request.POST, "team")
        return services.reassign_step(
            actor=person_of(request), step=step, seen=seen, reason=request.POST.get("reason", ""),
            to=get_or_404(Person, pk=person, is_active=True) if person else None,
            team=get_or_404(Team, pk=team) if team else None,
        )  # fmt: skip

    return _do(request, pk, "reassign", _("Given on."), verb)


@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "done", _("Done. What waited for it begins."),
        lambda step, seen: services.done_step(
            actor=person_of(request), step=step, seen=seen, installed=_installed(request, step), **_proof(request)
        ),
    )  # fmt: skip


@require_POST
def failed(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "failed", _("Failed. Somebody decides how it goes on."),
        lambda step, seen: services.failed_step(actor=person_of(request), step=step, seen=seen, **_proof(request)),
    )  # fmt: skip


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The form that asks for one of the choices; each of them has an address of its own as well."""
    kind = request.POST.get("kind", "")
    return _stop(request, pk) if kind == STOP else _decide(request, pk, kind)


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, DecisionKind.RETRY)


@require_POST
def retry_from(request: HttpRequest, pk: int) -> HttpResponse:
    return _reasoned(
        request, pk, "retry-from", _said(_("It begins again, with everything after it.")), services.retry_from_step
    )  # fmt: skip


@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    return _reasoned(request, pk, "confirm", _("Confirmed; it begins again."), services.confirm_step)


@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    return _reasoned(request, pk, "decline", _("Declined; it is not tried again."), services.decline_step)


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    return _reasoned(request, pk, "review", _("Reviewed."), services.review_step)


@require_POST
def skip(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, DecisionKind.SKIP)


@require_POST
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, DecisionKind.TAKE_OVER)


@require_POST
def mark_done(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, DecisionKind.MARK_DONE)


@require_POST
def mark_failed(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, DecisionKind.MARK_FAILED)


def _decide(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    service, said = DECISIONS.get(kind, (None, ""))

    def verb(step: Step, seen: int | None) -> Step:
        if service is None:
            raise Invalid({"kind": _("Choose what shall happen.")})
        found: dict[str, Any] = {}
        if kind == DecisionKind.MARK_DONE:
            found = {"installed": _installed(request, step), "note": request.POST.get("note", "")}
        decided: Step = service(
            actor=person_of(request), step=step, seen=seen, reason=request.POST.get("reason", ""), **found
        )
        return decided

    done = _said(str(said)) if kind == DecisionKind.RETRY else str(said)
    return _do(request, pk, "decide", done, verb, {"kind": str(kind)})


def _said(done: str) -> Callable[[Step], str]:
    """It begins at once, or a second person was asked first."""
    return lambda step: done if step.state == StepState.READY else _("A second person confirms it first.")


def _reasoned(
    request: HttpRequest, pk: int, verb: str, said: str | Callable[[Any], str], service: Callable[..., Step]
) -> HttpResponse:
    """A verb that takes a reason and nothing else."""
    reason = request.POST.get("reason", "")
    return _do(
        request, pk, verb, said,
        lambda step, seen: service(actor=person_of(request), step=step, seen=seen, reason=reason),
    )  # fmt: skip


def _stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Refused from an old picture of the step or of the run."""

    def verb(step: Step, seen: int | None) -> DeploymentRun:
        step.check_version(seen)
        return services.stop_run(
            actor=person_of(request), run=step.run, seen=inputs.row_id(request.POST, "run_version"),
            reason=request.POST.get("reason", ""),
        )  # fmt: skip

    return _do(request, pk, "decide", _("Stopped."), verb, {"kind": STOP})


def _proof(request: HttpRequest) -> dict[str, Any]:
    post = request.POST
    return {"note": post.get("note", ""), "url": post.get("url", ""), "file": request.FILES.get("file")}


def _installed(request: HttpRequest, step: Step) -> ComponentVersion | None:
    """The version that the person found there, of this component."""
    pk = inputs.row_id(request.POST, "installed")
    if pk is None:
        return None
    found = ComponentVersion.objects.filter(pk=pk, component=step.component).first()
    if found is None:
        raise Invalid(
            {
                "installed": _("This is no version of %(component)s.")
                % {"component": step.component or _("it")}
            }
        )
    return found


def _do(
    request: HttpRequest,
    pk: int,
    verb: str,
    said: str | Callable[[Any], str],
    service: Verb,
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    """One verb on one step: back to the page it was pressed on; what is refused comes back on the step's page."""
    step = get_or_404(Step.objects.select_related("run__environment", *WITH_NAMES), pk=pk)

    def again(bounced: Bounced | None) -> HttpResponse:
        if bounced is not None and typed:
            bounced = Bounced(bounced.verb, {**bounced.values, **typed}, bounced.errors)
        return page_of_step(request, pk, bounced)

    return perform(
        request, lambda seen: service(step, seen), back=_back(request, pk), said=said, verb=verb, again=again
    )


def _back(request: HttpRequest, pk: int) -> str:
    before = came_from(request)
    if before.startswith("/runs/"):
        return f"{before}#step-{pk}"
    return before if before == "/" else f"/steps/{pk}"
