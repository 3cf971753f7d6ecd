"""One step: what it is, its log, its attempts, its evidence, the decisions on it, and what people can do now."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from releaseorch.core import clock
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery.models import StepOrigin
from releaseorch.runs import backoff, queries, rights, waits
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.queries import StepDetail
from releaseorch.runs.queries.places import places_waited_for
from releaseorch.runs.states import AttemptState, StepState
from releaseorch.web import inputs, run_decisions, run_feed, run_rows, step_log
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import render_page
from releaseorch.web.verbs import Bounced

LONGEST_SEARCH = 200
SECOND = frozenset({"confirm", "decline", "review"})  # stand beside what was asked


@require_safe
def step(request: HttpRequest, pk: int) -> HttpResponse:
    """`?attempt=2` shows the log of another attempt, `?find=text` only its lines that hold the text."""
    return page_of_step(request, pk)


@require_safe
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """The last lines of an attempt that runs, as the page fetches them again and again; 204 while `?seen=` is all."""
    attempt = get_or_404(
        Attempt.objects.select_related("step__run", "step__component__application__team"), pk=pk
    )
    why_not = rights.why_not_read(person_of(request), attempt.step)
    if why_not:
        raise NotAllowed(why_not)
    seen = request.GET.get("seen", "")
    if attempt.state == AttemptState.RUNNING and seen == str(queries.log_length(attempt)):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "steps/_log.html", _shown(attempt))


def page_of_step(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    get_or_404(Step, pk=pk)
    detail = queries.step_detail(pk)
    row = detail.step
    closed = rights.why_not_read(person_of(request), row)
    actions = queries.step_actions(row, person_of(request))
    card = _card(request, detail)
    before = row.predecessors.select_related("before").order_by("before__number")
    after = row.successors.select_related("after").order_by("after__number")
    context = {
        "step": row,
        "run": row.run,
        "look": run_rows.look_of(row),
        "detail": detail,
        "closed": closed,
        "actions": [
            one for one in actions if row.state != StepState.NEEDS_DECISION and one.verb not in SECOND
        ],
        "card": card,
        "second": queries.second_person_of_step(row, person_of(request)) if card is None else [],
        "places": places_waited_for(row),
        "retry": backoff.policy_of(row),
        "team": waits.team_of(row),
        "application": row.component.application if row.component else None,
        "waits_for": list(before),
        "stands_before": list(after),
        "origins": list(StepOrigin.objects.filter(step=row).select_related("request__application")),
        "parameters": json.dumps(row.parameters, indent=2, ensure_ascii=False) if row.parameters else "",
        "feed": run_feed.decisions_of(detail.decisions),
        "bounced": bounced,
        "typed": bounced.values if bounced and bounced.verb == "decide" else {},
        "wrong": bounced.errors if bounced and bounced.verb == "decide" else {},
        **(_log(request, detail) if not closed else {}),
    }
    return render_page(request, "steps/step.html", context)


def _card(request: HttpRequest, detail: StepDetail) -> run_decisions.DecisionCard | None:
    row = detail.step
    if row.state != StepState.NEEDS_DECISION:
        return None
    steps = queries.steps_of(row.run)
    links = list(row.run.links.values_list("before_id", "after_id"))
    attempts = {row.pk: detail.attempts}
    person = person_of(request)
    stop = next((one for one in queries.actions_for(row.run, person) if one.verb == "stop"), None)
    return run_decisions.cards_of([row], steps, links, attempts, person, clock.now(), stop)[0]


def _log(request: HttpRequest, detail: StepDetail) -> dict[str, Any]:
    number, find = inputs.row_id(request.GET, "attempt"), request.GET.get("find", "").strip()[:LONGEST_SEARCH]
    shown: Attempt | None = next((one for one in detail.attempts if one.number == number), None)
    if shown is None and detail.attempts:
        shown = detail.attempts[-1]
    if shown is None:
        return {}
    return _shown(shown, find)


def _shown(attempt: Attempt, find: str = "") -> dict[str, Any]:
    log = step_log.page_of(attempt, find)
    return {
        "shown": attempt,
        "find": find,
        "log": log,
        "log_every_ms": step_log.EVERY_MS,
        "has_log": bool(log.size) or attempt.person is None,
        "log_label": _("Log of attempt %(n)d") % {"n": attempt.number},
    }
