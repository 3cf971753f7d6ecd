"""Where is what: the matrix, the history of a cell, and a person's word about what is there."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Team
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core.actions import Action, Field
from releaseorch.core.errors import Invalid
from releaseorch.core.spreadsheet import csv_lines
from releaseorch.environments import inventory, queries
from releaseorch.environments.models import Environment, Installation, Target
from releaseorch.features.models import Release
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.web import inputs, where_table
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import chosen_id, offer
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

NOTHING = "nothing"
WHOLE = "whole"
VERSIONS_OFFERED = 50


@require_safe
def where(request: HttpRequest) -> HttpResponse:
    """`?at=2026-11-20T22:58&team=3&release=2&feature=CR-4987`, team and release by id or name."""
    teams = offer("team", Team.objects.all(), request.GET)
    releases = offer("release", Release.objects.all(), request.GET)
    chosen = _chosen(request, teams.chosen, releases.chosen)
    page = chosen.page(request.GET.get("cursor"))
    ids = [line.component.pk for line in page.items]
    environments = [cell.environment for cell in page.items[0].cells] if page.items else []
    context = {
        "page": page,
        "matrix": queries.Matrix(environments, list(page.items)),
        "chosen": chosen,
        "query": request.GET.urlencode(),
        "teams": teams,
        "releases": releases,
        "applications": len({line.component.application_id for line in page.items}),
        "changing": {} if chosen.at else _changing(ids),
    }
    return render_page(request, "where/matrix.html", context, partial="matrix")


@require_safe
def download(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a table for spreadsheets: a line per component and place."""
    team = chosen_id("team", Team.objects.all(), request.GET, part=True)
    release = chosen_id("release", Release.objects.all(), request.GET, part=True)
    lines = csv_lines(where_table.rows(_chosen(request, team, release).matrix()))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="where-is-what.csv"'
    return answer


def _chosen(request: HttpRequest, team: int | None, release: int | None) -> where_table.Chosen:
    return where_table.Chosen(
        at=inputs.moment(request.GET, "at"),
        team=team,
        release=release,
        feature=request.GET.get("feature", "").strip()[:200],
    )


@require_safe
def history(request: HttpRequest, component: int, environment: int) -> HttpResponse:
    return _history(request, *_place(component, environment))


@require_POST
def confirm(request: HttpRequest, component: int, environment: int) -> HttpResponse:
    """A person says what is there now; refused when somebody or a run changed it since the form was drawn."""
    what, place = _place(component, environment)

    def say(_seen: int | None) -> Installation | None:
        target = _target(request, place)
        return inventory.confirm(
            actor=person_of(request),
            component=what,
            environment=place,
            target=target,
            version=_version(request, what),
            reason=request.POST.get("reason", ""),
            seen=_seen_rows(request),
        )

    return perform(
        request,
        say,
        back=f"/where/{what.pk}/{place.pk}",
        said=_("Kept: that is what is there."),
        verb="confirm",
        again=lambda bounced: _history(request, what, place, bounced),
    )


def _history(
    request: HttpRequest, what: Component, place: Environment, bounced: Bounced | None = None
) -> HttpResponse:
    page = inventory.history_page(what, place, request.GET.get("cursor"))
    present = inventory.current([place.pk], [what.pk])
    context: dict[str, Any] = {
        "component": what,
        "environment": place,
        "page": page,
        "rows": page.items,
        "cell": queries.Cell(place, present),
        "targets": any(row.target_id for row in page.items),
        "run": _changing([what.pk]).get((what.pk, place.pk)),
        "action": _confirm_action(request, what, place, present),
        "bounced": bounced,
    }
    return render_page(request, "where/history.html", context, partial="cell")


def _place(component: int, environment: int) -> tuple[Component, Environment]:
    components = Component.objects.select_related("application__team")
    return get_or_404(components, pk=component), get_or_404(Environment, pk=environment)


def _changing(component_ids: list[int]) -> dict[tuple[int, int], DeploymentRun]:
    """The run that holds each of these components just now, by component and environment."""
    held = RunTarget.objects.filter(is_active=True, component__in=component_ids).select_related("run")
    return {(target.component_id, target.environment_id): target.run for target in held}


def _confirm_action(
    request: HttpRequest, what: Component, place: Environment, present: list[Installation]
) -> Action:
    why_not = policy.why_not(person_of(request), "inventory.confirm", inventory.scope_of(what, place))
    fields = [Field("drawn", value=_drawn(present))]
    # One row answers both: a version of one target, chosen beside another, would be believed for that one.
    about = next((row for row in present if row.uncertain_with_id), present[0] if present else None)
    targets = _target_choices(what, place, present)
    if targets:
        on = _target_value(about) if about else targets[0][0]
        fields.append(Field("target", _("On"), value=on, kind="select", required=True, choices=targets))
    fields.append(
        Field(
            "installed",
            _("What is there now"),
            value=_planned(about),
            kind="select",
            required=True,
            choices=_version_choices(what, present),
        )
    )
    return Action(
        verb="confirm",
        label=_("Confirm what is there"),
        url=f"/where/{what.pk}/{place.pk}/confirm",
        allowed=not why_not,
        why_not=why_not,
        needs_reason=True,
        fields=tuple(fields),
        reason_label=_("How you know, kept in the audit"),
        consequence=_("Ends every doubt about this place; later plans count on it."),
    )


def _target_choices(
    what: Component, place: Environment, present: list[Installation]
) -> tuple[tuple[str, str], ...]:
    """Where it is placed or still is; the whole environment too, where that was said before targets came."""
    asked = Q(placements__component=what) | Q(pk__in={row.target_id for row in present if row.target_id})
    targets = Target.objects.filter(asked, environment=place).distinct()
    choices = [(str(target.pk), target.name) for target in targets]
    if choices and any(row.target_id is None for row in present):
        choices.insert(0, (WHOLE, _("The whole environment")))
    return tuple(choices)


def _target_value(row: Installation) -> str:
    return str(row.target_id) if row.target_id else WHOLE


def _version_choices(what: Component, present: list[Installation]) -> tuple[tuple[str, str], ...]:
    """The newest, and before them what is or may be there, however old: what isn't offered can't be chosen."""
    offered = {one.pk: one.text for one in ComponentVersion.objects.filter(component=what)[:VERSIONS_OFFERED]}
    there = {one.pk: one.text for row in present for one in (row.uncertain_with, row.version) if one}
    choices = {pk: text for pk, text in there.items() if pk not in offered} | offered
    return (*((str(pk), text) for pk, text in choices.items()), (NOTHING, _("Nothing of it is installed")))


def _planned(row: Installation | None) -> str:
    """Prefilled with what was being installed when the doubt began, else with what is there."""
    found = (row.uncertain_with_id or row.version_id) if row else None
    return str(found) if found else NOTHING


def _drawn(present: list[Installation]) -> str:
    return "-".join(str(row.pk) for row in sorted(present, key=lambda row: row.pk))


def _seen_rows(request: HttpRequest) -> set[int] | None:
    """What the form was drawn from; None when it doesn't say."""
    drawn = request.POST.get("drawn")
    if drawn is None:
        return None
    found = (inputs.row_id({"drawn": part}, "drawn") for part in drawn.split("-"))
    return {pk for pk in found if pk is not None}


def _target(request: HttpRequest, place: Environment) -> Target | None:
    if request.POST.get("target") == WHOLE:
        return None
    target_id = inputs.row_id(request.POST, "target")
    if target_id is None:
        return None
    found = Target.objects.filter(pk=target_id, environment=place).first()
    if found is None:
        raise Invalid({"target": _("This environment has no such target.")})
    return found


def _version(request: HttpRequest, what: Component) -> ComponentVersion | None:
    chosen = request.POST.get("installed", "")
    if chosen == NOTHING:
        return None
    version_id = inputs.row_id(request.POST, "installed")
    found = ComponentVersion.objects.filter(pk=version_id, component=what).first() if version_id else None
    if found is None:
        raise Invalid({"installed": _("Choose what is there.")})
    return found
