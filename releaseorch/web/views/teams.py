"""Teams: the list, one with its members, roles and applications, and the verbs on them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import actions, policy, queries, services
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.accounts.words import may
from releaseorch.audit import queries as audit
from releaseorch.catalog.models import Application
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.core.errors import Invalid
from releaseorch.environments import reach
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import chosen_id
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.people import TeamForm
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

EVENTS_SHOWN = 50
CRUMB = ("/teams", gettext_lazy("Teams"))


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """`?text=&retired=1`; by name."""
    text, retired = request.GET.get("text", "")[:200], bool(request.GET.get("retired"))
    page = queries.teams_page(request.GET.get("cursor"), text=text, retired=retired)
    context = {
        "page": page,
        "rows": page.items,
        "text": text,
        "retired": retired,
        "filtered": bool(text.strip() or retired),
        "may_edit": not policy.why_not(person_of(request), "team.edit"),
    }
    return render_page(request, "teams/list.html", context, partial="rows")


@require_safe
def team(request: HttpRequest, pk: int) -> HttpResponse:
    return team_page(request, get_or_404(Team, pk=pk))


def team_page(request: HttpRequest, found: Team, bounced: Bounced | None = None) -> HttpResponse:
    me = person_of(request)
    members = list(found.members.filter(is_active=True))
    others = Person.objects.filter(is_active=True).exclude(memberships__team=found)
    rows = list(others.values_list("pk", "name", "username")[: MOST_OFFERED + 1])
    many = len(rows) > MOST_OFFERED
    offered = None if many else [(str(pk), f"{name} ({username})") for pk, name, username in rows]
    in_use = found.retired_at is None
    context: dict[str, Any] = {
        "team": found,
        "members": [(one, actions.remove_member(found, one, me) if in_use else None) for one in members],
        "applications": Application.objects.filter(team=found),
        "may_edit": in_use and not policy.why_not(me, "team.edit"),
        "grants": [
            (one, tuple(may(Role(one.role))), actions.revoke(one, me)) for one in queries.grants_of(found)
        ],
        "actions": actions.team_actions(found, me, offered),
        "grant": actions.grant(found, me, reach.choices()) if in_use else None,
        "events": audit.events_of("team", found.pk, EVENTS_SHOWN),
        "bounced": bounced,
    }
    return render_page(request, "teams/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    me = person_of(request)
    policy.require(me, "team.edit")
    page = FormPage(title=_("New team"), button=_("Make the team"), cancel="/teams", crumbs=[CRUMB])
    return form_page(
        request, TeamForm(request.POST or None), page,
        lambda _seen, values: services.create_team(actor=me, **values),
        back=lambda made: f"/teams/{made.pk}",
        said=_("Made. Now say who is in it, and which roles it has."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = person_of(request), get_or_404(Team, pk=pk)
    policy.require(me, "team.edit")
    page = FormPage(
        title=_("Edit %(team)s") % {"team": found}, button=_("Save"), cancel=f"/teams/{pk}",
        crumbs=[CRUMB, (f"/teams/{pk}", found.name)],
    )  # fmt: skip
    return form_page(
        request, TeamForm(request.POST or None, initial=initial_of(found, TeamForm)), page,
        lambda seen, values: services.edit_team(actor=me, team=found, seen=seen, **values),
        back=f"/teams/{pk}", said=_("Saved."), version=found.row_version,
    )  # fmt: skip


@require_POST
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "add_member", _("Added."),
        lambda found, seen: services.add_member(
            actor=person_of(request), team=found, person=_person(request), seen=seen
        ),
    )  # fmt: skip


@require_POST
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "remove_member", _("Removed. Steps that they have taken stay with them."),
        lambda found, seen: services.remove_member(
            actor=person_of(request), team=found, person=_person(request), seen=seen
        ),
    )  # fmt: skip


@require_POST
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "retire", _("Retired."),
        lambda found, seen: services.retire_team(
            actor=person_of(request), team=found, seen=seen, reason=request.POST.get("reason", "")
        ),
    )  # fmt: skip


def _perform(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[[Team, int | None], Any]
) -> HttpResponse:
    found = get_or_404(Team, pk=pk)
    return perform(
        request,
        lambda seen: service(found, seen),
        back=f"/teams/{pk}",
        said=said,
        verb=verb,
        again=lambda bounced: team_page(request, get_or_404(Team, pk=pk), bounced),
    )


def _person(request: HttpRequest) -> Person:
    pk = chosen_id("person", Person.objects.all(), request.POST, label="username")
    found = Person.objects.filter(pk=pk).first() if pk else None
    if found is None:
        raise Invalid({"person": _("Choose a person.")})
    return found
