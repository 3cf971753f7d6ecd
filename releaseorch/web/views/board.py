"""The board of release management: a release by application, or an environment by state; several approved at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.core.errors import Invalid
from releaseorch.delivery import board_queries, request_form, services
from releaseorch.delivery.board_queries import ATTENTION, DONE, READY, UNDER_WAY, ApplicationLine, RequestLine
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments import ahead
from releaseorch.environments.models import Environment
from releaseorch.environments.queries import in_use
from releaseorch.features.models import Release
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import refusal, render_page, see_other
from releaseorch.web.paths import own_path

MOST = 200
DRAFTS_OFFERED = 3


@dataclass(frozen=True)
class Row:
    """A line of the board for this person; `entry` is missing by environment, `line` where nothing is filed."""

    line: RequestLine | None
    entry: ApplicationLine | None
    can_be_picked: bool


@dataclass(frozen=True)
class Group:
    label: str
    rows: list[Row]
    number: int  # of those not shown too


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """`?release=&environment=`; with an environment alone its open requests, the first of each group or `&all=1`."""
    environment_id, release_id = (
        inputs.row_id(request.GET, "environment"),
        inputs.row_id(request.GET, "release"),
    )
    environments = list(in_use())
    environment = _environment(environments, environment_id) if environment_id else None
    release = get_or_404(Release, pk=release_id) if release_id else None
    releases = list(request_form.releases_open())
    if release is None and environment is None:
        release = releases[0] if releases else None
    context: dict[str, Any] = {
        "releases": releases if release is None or release in releases else [release, *releases],
        "environments": environments,
        "release": release,
        "environment": environment,
    }
    if release is not None:
        context |= _by_release(person_of(request), release, environment)
    else:
        context |= _by_environment(person_of(request), environment, whole=bool(request.GET.get("all")))
    context["can_pick"] = any(row.can_be_picked for group in context["groups"] for row in group.rows)
    context["drafts"] = _drafts(person_of(request), context["environment"]) if context["can_pick"] else []
    return render_page(request, "board/board.html", context)


def _environment(environments: list[Environment], pk: int) -> Environment:
    """One of those at hand, or a retired one, whose board may still be looked at."""
    return next((one for one in environments if one.pk == pk), None) or get_or_404(Environment, pk=pk)


def _by_release(person: Person, release: Release, environment: Environment | None) -> dict[str, Any]:
    found = board_queries.board(release, environment)
    if found is None:
        return {"groups": [], "board": None}
    rows = [(line.group, _row(person, line.line, line)) for line in found.lines]
    return {
        "board": found,
        "environment": found.environment,
        "groups": _groups(rows),
        "frozen": [ahead.frozen_sentence(one) for one in found.freezes],
        "next_cut_off": next((one for one in found.cut_offs if not one.is_over), None),
    }


def _by_environment(person: Person, environment: Environment | None, *, whole: bool) -> dict[str, Any]:
    target = environment or in_use().order_by("-rank", "name").first()
    if target is None:
        return {"groups": [], "board": None}
    found = board_queries.environment_board(target, whole=whole)
    rows = [(line.group, _row(person, line, None)) for line in found.lines]
    return {
        "board": None,
        "environment": target,
        "groups": _groups(rows, found.numbers),
        "frozen": [ahead.frozen_sentence(one) for one in found.freezes],
        "whole": whole,
    }


def _row(person: Person, line: RequestLine | None, entry: ApplicationLine | None) -> Row:
    return Row(line, entry, line is not None and (_may_group(person, line) or _may_approve(person, line)))


def _drafts(person: Person, environment: Environment) -> list[DeploymentRun]:
    """The runs that this person may still put requests into, the newest first."""
    if policy.why_not(person, "run.edit", Scope.of(environment=environment.pk)):
        return []
    drafts = DeploymentRun.objects.filter(state=RunState.DRAFT, environment=environment)
    return list(drafts.order_by("-pk")[:DRAFTS_OFFERED])


def _may_group(person: Person, line: RequestLine) -> bool:
    where = Scope.of(environment=line.request.environment_id)
    return line.can_be_grouped and not policy.why_not(person, "run.create", where)


def _may_approve(person: Person, line: RequestLine) -> bool:
    return line.request.state == RequestState.SUBMITTED and any(
        not slot.why_not(person) for slot in line.slots
    )


def _groups(rows: list[tuple[str, Row]], numbers: Mapping[str, int] | None = None) -> list[Group]:
    labels = {
        ATTENTION: _("Needs you or somebody"), READY: _("Ready to group"),
        UNDER_WAY: _("In a run"), DONE: _("Deployed"),
    }  # fmt: skip
    found = []
    for key, label in labels.items():
        shown = [row for name, row in rows if name == key]
        if shown:
            found.append(Group(label, shown, len(shown) if numbers is None else numbers[key]))
    return found


@require_POST
def approve(request: HttpRequest) -> HttpResponse:
    """All the picked ones, or none: whatever can't be approved is named, and is left out by one press."""
    picked = _picked(request)
    back = own_path(request.POST.get("back"), "/board")
    if not picked:
        return refusal(
            request, Invalid({"request": _("Select at least one request that waits for approval.")}), back
        )
    versions = {one.pk: inputs.row_id(request.POST, f"version-{one.pk}") for one in picked}
    seen = {pk: version for pk, version in versions.items() if version is not None}
    try:
        services.approve_requests(
            actor=person_of(request), requests=picked, seen=seen, comment=request.POST.get("comment", "")
        )
    except services.SomeRefused as error:
        return _some_refused(
            request, _picked(request), error, back
        )  # as they are again, now that nothing was done
    text = ngettext("%(n)d request approved.", "%(n)d requests approved.", len(picked)) % {"n": len(picked)}
    messages.success(request, text)
    return see_other(request, back)


def _picked(request: HttpRequest) -> list[DeploymentRequest]:
    texts = request.POST.getlist("request")
    if len(texts) > MOST:
        raise BadRequest(_("Select %(most)d requests at most.") % {"most": MOST})
    ids = {inputs.row_id({"request": text}, "request") for text in texts}
    rows = DeploymentRequest.objects.select_related(
        "application__team", "environment", "requester", "release", "run"
    )
    return list(rows.filter(pk__in=[pk for pk in ids if pk is not None]).order_by("pk"))


def _some_refused(
    request: HttpRequest, picked: list[DeploymentRequest], error: services.SomeRefused, back: str
) -> HttpResponse:
    context = {
        "refused": [(one, error.refused[one.pk]) for one in picked if one.pk in error.refused],
        "others": [
            (one, request.POST.get(f"version-{one.pk}") or one.row_version)
            for one in picked
            if one.pk not in error.refused
        ],
        "comment": request.POST.get("comment", ""),
        "back": back,
    }
    return render_page(request, "board/refused.html", context, status=409)
