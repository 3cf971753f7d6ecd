"""My work: what needs me, what is under way, what I wait for, the features I follow."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from releaseorch.accounts import policy
from releaseorch.core.actions import Action
from releaseorch.delivery import work_queries
from releaseorch.runs import queries as runs
from releaseorch.runs.models import Step
from releaseorch.waiting import ledger
from releaseorch.web import filing_kept
from releaseorch.web.access import person_of
from releaseorch.web.http import render_page

MOST_NOW = 500  # with `?all=now`


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The first rows of each part; `?all=now` shows all that needs the person."""
    person = person_of(request)
    all_now = request.GET.get("all") == "now"
    work = work_queries.my_work(person, MOST_NOW if all_now else work_queries.NOW)
    shown = work.under_way[: work_queries.SHOWN]
    waits = ledger.open_waits("run", [run.pk for run in shown])
    context = {
        "work": work,
        "all_now": all_now,
        "grants": policy.grants_of(person),
        "may_file": any(grant.role in policy.ROLES["request.create"] for grant in policy.grants_of(person)),
        "unfinished": filing_kept.unfinished(person),
        "under_way": [(run, waits.get(run.pk)) for run in shown],
        "under_way_number": len(work.under_way),
        "asked": [(step, work.steps.gone_up[step.pk]) for step in work.steps.asked],
        "to_decide": [(step, work.steps.gone_up.get(step.pk, "")) for step in work.steps.to_decide],
        "to_take": [(step, _take(step, request)) for step in work.steps.to_take],
    }
    return render_page(request, "mine/mine.html", context)


def _take(step: Step, request: HttpRequest) -> Action | None:
    return next(iter(runs.step_actions(step, person_of(request), ["take"])), None)
