"""Environments: all at a glance, and one with what is there, who keeps it, when nothing may start, what was done."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.policy import Scope
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.environments import actions, place_queries
from releaseorch.environments.comparison import comparison
from releaseorch.environments.models import Environment
from releaseorch.environments.place_queries import TargetRow
from releaseorch.environments.queries import in_use
from releaseorch.policies import words
from releaseorch.runs import exclusive, expectations
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.runs.queries.places import limited_places
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import render_page
from releaseorch.web.verbs import Bounced

RUNS_SHOWN = 8


@require_safe
def environments(request: HttpRequest) -> HttpResponse:
    """`?retired=1`"""
    with_retired = bool(request.GET.get("retired"))
    context = {
        "rows": place_queries.environment_rows(with_retired=with_retired),
        "with_retired": with_retired,
        "may_create": not policy.why_not(person_of(request), "environment.edit"),
    }
    return render_page(request, "environments/list.html", context)


@require_safe
def environment(request: HttpRequest, pk: int) -> HttpResponse:
    return page_of_environment(request, pk)


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """`?here=3&there=4`; left out: the last one with the one before it."""
    places = list(in_use())
    there = _named(request, "there") or (places[-1] if places else None)
    here = _named(request, "here") or (places[-2] if len(places) > 1 else there)
    found = (
        comparison(here, there, request.GET.get("cursor")) if here is not None and there is not None else None
    )
    context = {
        "environments": places,
        "here": here,
        "there": there,
        "comparison": found,
        "groups": list(found.differences.items()) if found else [],
        "may_file": _may_file(request),
    }
    return render_page(request, "environments/compare.html", context)


def _named(request: HttpRequest, name: str) -> Environment | None:
    wanted = inputs.row_id(request.GET, name)
    return get_or_404(Environment, pk=wanted) if wanted else None


def _may_file(request: HttpRequest) -> bool:
    return policy.may_somewhere(person_of(request), "request.create")


def page_of_environment(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    """The page; its verbs draw it again when they are refused."""
    found = get_or_404(Environment, pk=pk)
    person, now = person_of(request), clock.now()
    detail = place_queries.environment_detail(found, request.GET.get("cursor"), request.GET.get("targets"))
    why_not = policy.why_not(person, "environment.edit", Scope.of(environment=found.pk))
    held_by = exclusive.holder_of(found.pk)
    context = {
        "environment": found,
        "detail": detail,
        "changing": _changing(found, [place.line.component.pk for place in detail.places]),
        "kept": [
            (one, one.starts_at <= now, actions.reservation_actions(one, person))
            for one in detail.reservations
        ],
        "frozen_now": any(one.application is None and one.starts_at <= now for one in detail.freezes),
        "kept_now": any(one.application is None and one.starts_at <= now for one in detail.reservations),
        "rules": words.asked_in(found),
        "runs": DeploymentRun.objects.filter(environment=found).order_by("-pk")[:RUNS_SHOWN],
        "places": limited_places(found),
        "held_by": held_by,
        "held_until": expectations.expected_end(held_by) if held_by else None,
        "reserve": actions.reserve_action(found, Application.objects.all(), person),
        "may_file": _may_file(request) and not found.is_retired,
        "actions": actions.environment_actions(found, person),
        "targets": _targets(detail.targets.items, why_not),
        "may_set_up": not why_not and not found.is_retired,
        "bounced": bounced,
        "now": now,
    }
    return render_page(request, "environments/detail.html", context)


def _targets(rows: Sequence[TargetRow], why_not: str) -> list[dict[str, Any]]:
    """The targets with their verbs; who may do nothing with them gets none, where each row would repeat why."""
    return [
        {
            "target": row.target,
            "retire": None if why_not else actions.target_action(row.target, why_not),
            "placements": [
                (one, None if why_not else actions.placement_action(one, why_not)) for one in row.placements
            ],
        }
        for row in rows
    ]


def _changing(environment: Environment, component_ids: Sequence[int]) -> dict[int, DeploymentRun]:
    """The run that holds each of these components just now."""
    held = RunTarget.objects.filter(is_active=True, environment=environment, component__in=component_ids)
    held = held.select_related("run")
    return {target.component_id: target.run for target in held}
