"""Changing the plan of a draft: each edit with its reason, one view per verb."""

import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from releaseorch.accounts.models import Team
from releaseorch.catalog import yaml_text
from releaseorch.core.errors import Invalid
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.services.replan_run import Replanned
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.web import choices, inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform
from releaseorch.web.views.runs import page_of_run

MOST_MINUTES = 7 * 24 * 60


@require_POST
def replan(request: HttpRequest, pk: int) -> HttpResponse:
    def said(result: Replanned) -> str:
        head = _("Computed again.") if result.has_changed else _("Computed again: the plan is the same.")
        return " ".join([head, *result.lost])

    return _do(request, pk, "replan", said, services.replan_run)


@require_POST
def add_request(request: HttpRequest, pk: int) -> HttpResponse:
    """From the plan, or several at once from the board."""

    def said(result: Replanned) -> str:
        return " ".join([_("Added; the plan is computed anew."), *result.lost])

    return _do(
        request, pk, "add_request", said, services.add_request,
        lambda: {"requests": list(DeploymentRequest.objects.filter(pk__in=inputs.row_ids(request.POST, "request")))},
    )  # fmt: skip


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "edit", _("Changed."), services.edit_run,
        lambda: {
            "title": request.POST.get("title", "").strip(),
            "window_from": inputs.moment(request.POST, "window_from"),
            "window_until": inputs.moment(request.POST, "window_until"),
            "is_exclusive": bool(request.POST.get("is_exclusive")),
        },
    )  # fmt: skip


@require_POST
def add_step(request: HttpRequest, pk: int) -> HttpResponse:
    def values() -> dict[str, Any]:
        seconds = _seconds(request)
        return {
            "title": request.POST.get("title", ""),
            "instructions": request.POST.get("instructions", ""),
            "team": _team(request),
            **({} if seconds is None else {"expected_s": seconds}),
            **_place(request),
            **_reason(request),
        }

    return _do(request, pk, "add_step", _("The step is added."), services.add_step, values)


@require_POST
def fix_forward(request: HttpRequest, pk: int) -> HttpResponse:
    """A step more for a run under way: by hand, by a tool, or like another one."""

    def values() -> dict[str, Any]:
        post, seconds = request.POST, _seconds(request)
        return {
            **{name: post.get(name, "") for name in ("title", "instructions", "executor", "connection")},
            "parameters": _as_yaml(post.get("parameters", "")),
            "like": post.get("like", "").strip() or None,
            "team": _team(request),
            "expected_s": seconds,
            **_place(request),
            **_reason(request),
        }

    done = _("Added. It is begun once somebody else has approved the changed plan.")
    return _do(request, pk, "fix_forward", done, services.fix_run_forward, values)


@require_POST
def remove_step(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "remove_step", _("The step is removed."), services.remove_step,
        lambda: {"step": _step(request, "step"), **_reason(request)},
    )  # fmt: skip


@require_POST
def move_step(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "move_step", _("The step is moved."), services.move_step,
        lambda: {"step": _step(request, "step"), **_place(request), **_reason(request)},
    )  # fmt: skip


@require_POST
def edit_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Only what the form carries and what is another value than before is changed."""

    def values() -> dict[str, Any]:
        post, key = request.POST, _step(request, "step")
        given: dict[str, Any] = {
            name: post[name].strip() for name in ("title", "instructions") if name in post
        }
        if "parameters" in post:
            given["parameters"] = _parameters(post["parameters"])
        if (seconds := _seconds(request)) is not None:
            given["expected_s"] = seconds
        now = Step.objects.filter(run_id=pk, key=key).first()
        changed = {name: value for name, value in given.items() if now is None or getattr(now, name) != value}
        return {"step": key, **changed, **_reason(request)}

    return _do(request, pk, "edit_step", _("The step is changed."), services.edit_step, values)


@require_POST
def add_link(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(request, pk, "add_link", _("The order is changed."), services.add_link, lambda: _ends(request))


@require_POST
def remove_link(request: HttpRequest, pk: int) -> HttpResponse:
    return _do(
        request, pk, "remove_link", _("The order is changed."), services.remove_link, lambda: _ends(request)
    )


def _do(
    request: HttpRequest,
    pk: int,
    verb: str,
    said: str | Callable[[Any], str],
    service: Callable[..., Any],
    values: Callable[[], dict[str, Any]] = dict,
) -> HttpResponse:
    """One edit; `values` is read inside, so that what it can't make sense of comes back in the form."""
    run = get_or_404(DeploymentRun.objects.select_related("environment", "composed_by", "edited_by"), pk=pk)
    return perform(
        request, lambda seen: service(actor=person_of(request), run=run, seen=seen, **values()), back=f"/runs/{pk}",
        said=said, verb=verb, again=lambda bounced: page_of_run(request, pk, bounced),
    )  # fmt: skip


def _reason(request: HttpRequest) -> dict[str, str]:
    return {"reason": request.POST.get("reason", "")}


def _step(request: HttpRequest, name: str) -> str:
    """The key of a step; keys stay when the plan is written anew."""
    key = request.POST.get(name, "").strip()
    if not key:
        raise Invalid({name: _("Say which step.")})
    return key


def _ends(request: HttpRequest) -> dict[str, str]:
    return {"before": _step(request, "before"), "after": _step(request, "after"), **_reason(request)}


def _place(request: HttpRequest) -> dict[str, list[str]]:
    return {name: [key for key in request.POST.getlist(name) if key] for name in ("before", "after")}


def _team(request: HttpRequest) -> Team | None:
    """The team that the form names; none: whoever operates."""
    wanted = choices.chosen_id("team", Team.objects.filter(retired_at=None), request.POST)
    if wanted == choices.NOBODY:
        raise Invalid({"team": _("There is no team of that name.")})
    return get_or_404(Team, pk=wanted) if wanted else None


def _seconds(request: HttpRequest) -> int | None:
    text = request.POST.get("minutes", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= MOST_MINUTES):
        raise Invalid({"minutes": _("Whole minutes, at most 7 days.")})
    return int(text) * 60


def _as_yaml(text: str) -> dict[str, Any]:
    try:
        found = yaml_text.read(text).value if text.strip() else {}
    except yaml_text.Unreadable as wrong:
        said = {"line": wrong.line, "why": str(wrong)}
        raise Invalid({"parameters": _("Line %(line)d: %(why)s") % said}) from wrong
    if not isinstance(found, dict):
        raise Invalid({"parameters": _("Write a line “name: value” for each.")})
    return found


def _parameters(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError) as wrong:
        raise Invalid({"parameters": _("This is not JSON: %(why)s") % {"why": str(wrong)[:120]}}) from wrong
