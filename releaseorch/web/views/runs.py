"""Runs: the list, composing a new one, and the page of one (its plan before the start, then live)."""

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import run_queries, services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Environment
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import RunFilter
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START, RUN_FINAL
from releaseorch.web import inputs, plan_page, run_page
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import bounced as came_back
from releaseorch.web.http import render_page, see_other
from releaseorch.web.verbs import Bounced

MOST_SHOWN = 300
SHOWN = {
    "open": tuple(sorted(RUN_BEFORE_START | RUN_ACTIVE)),
    "live": tuple(sorted(RUN_ACTIVE)),
    "planned": tuple(sorted(RUN_BEFORE_START)),
    "over": tuple(sorted(RUN_FINAL)),
}


@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """`?environment=3&show=live|planned|over&cursor=…`."""
    environment, show = inputs.row_id(request.GET, "environment"), request.GET.get("show", "")
    filters = RunFilter(environment_id=environment, states=SHOWN.get(show, ()))
    page = run_queries.runs_page(request.GET.get("cursor"), filters)
    context = {
        "page": page,
        "rows": page.items,
        "environments": list(Environment.objects.all()),
        "environment": environment,
        "show": show if show in SHOWN else "",
        "filtered": environment is not None or show in SHOWN,
    }
    return render_page(request, "runs/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose approved requests (`?request=7&request=9` chooses them already), see what comes of it, compose the run."""
    if request.method != "POST":
        return _new(request, inputs.row_ids(request.GET, "request"))
    chosen = inputs.row_ids(request.POST, "request")
    rows = list(DeploymentRequest.objects.filter(pk__in=chosen))
    try:
        run = services.compose_run(
            actor=person_of(request),
            requests=rows,
            title=request.POST.get("title", ""),
            window_from=inputs.moment(request.POST, "window_from"),
            window_until=inputs.moment(request.POST, "window_until"),
        )
    except (Invalid, Conflict) as error:
        found = error if isinstance(error, Invalid) else Invalid({"requests": error.reasons})
        answer = _new(request, chosen, came_back(request, found, "new"))
        answer.status_code = 422 if isinstance(error, Invalid) else 409
        return answer
    messages.success(request, _("The run is composed. Look through its plan, then propose it."))
    return see_other(request, f"/runs/{run.pk}")


@require_safe
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return page_of_run(request, pk)


def page_of_run(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    """The plan of a run that hasn't started (or never did), else the live page."""
    row = get_or_404(DeploymentRun.objects.select_related("environment", "composed_by", "edited_by"), pk=pk)
    page = plan_page if row.started_at is None else run_page
    query = {**request.GET.dict(), **({"step": _step_of(bounced)} if bounced else {})}
    context = page.context_of(row, person_of(request), query)
    return render_page(request, page.TEMPLATE, {**context, "bounced": bounced})


def _step_of(bounced: Bounced) -> str:
    """The key of the step whose form came back, so that it is drawn again."""
    return bounced.values.get("step") or bounced.values.get("after", "")


def _new(request: HttpRequest, chosen: list[int], bounced: Bounced | None = None) -> HttpResponse:
    selection = run_queries.selection_preview(chosen) if chosen else None
    free = DeploymentRequest.objects.filter(state=RequestState.APPROVED, run=None)
    rows = list(
        free.select_related("application", "environment", "requester", "release").order_by(
            "environment__rank", "environment__name", "application__name", F("pk")
        )[:MOST_SHOWN]
    )
    context = {
        "rows": rows,
        "chosen": set(chosen),
        "selection": selection,
        "plan": selection.preview if selection else None,
        "problems": [
            (row, selection.problems[row.pk]) for row in selection.requests if row.pk in selection.problems
        ]
        if selection
        else [],
        "environments": {row.environment_id for row in selection.fitting} if selection else set(),
        "bounced": bounced,
        "errors": bounced.errors if bounced else {},
        "typed": bounced.values if bounced else {},
    }
    return render_page(request, "runs/new.html", context)
