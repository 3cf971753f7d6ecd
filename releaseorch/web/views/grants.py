"""Roles: what each lets people do and who has it; granting and revoking."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import queries, services
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.core.errors import Invalid
from releaseorch.environments import reach
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.views.people import person_page
from releaseorch.web.views.teams import team_page


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    return render_page(request, "people/roles.html", {"roles": queries.roles()})


@require_POST
def to_person(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Person, pk=pk)
    return _grant(request, found, lambda bounced: person_page(request, found, bounced))


@require_POST
def to_team(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Team, pk=pk)
    return _grant(request, found, lambda bounced: team_page(request, found, bounced))


def _grant(request: HttpRequest, to: Person | Team, again: Any) -> HttpResponse:
    return perform(
        request,
        lambda _seen: services.grant_role(
            actor=person_of(request), to=to, role=_role(request), reach=reach.reach_of(request.POST.get("reach", "")),
            valid_from=inputs.moment(request.POST, "valid_from"),
            valid_until=inputs.moment(request.POST, "valid_until"), reason=request.POST.get("reason", ""),
        ),
        back=_page_of(to),
        said=lambda grant: _("%(to)s is %(role)s now.")
        % {"to": to, "role": grant.get_role_display().lower()},
        verb="grant",
        again=again,
    )  # fmt: skip


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    grant = get_or_404(RoleGrant.objects.select_related("person", "team"), pk=pk)
    holder = grant.person or grant.team
    assert holder is not None
    return perform(
        request,
        lambda _seen: services.revoke_role(
            actor=person_of(request), grant=grant, reason=request.POST.get("reason", "")
        ),
        back=_page_of(holder),
        said=_("The role counts no longer."),
        verb="revoke",
        again=lambda bounced: (
            person_page(request, holder, bounced)
            if isinstance(holder, Person)
            else team_page(request, holder, bounced)
        ),
    )


def _page_of(holder: Person | Team) -> str:
    return f"/{'people' if isinstance(holder, Person) else 'teams'}/{holder.pk}"


def _role(request: HttpRequest) -> Role:
    text = request.POST.get("role", "")
    if text not in Role.values:
        raise Invalid({"role": _("Choose a role.")})
    return Role(text)
