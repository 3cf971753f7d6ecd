"""People: the list, one with roles and open work, and the verbs on them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releaseorch.accounts import actions, holdings, policy, queries, services
from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.accounts.services import passwords, second_factor
from releaseorch.accounts.words import may
from releaseorch.audit import queries as audit
from releaseorch.environments import reach
from releaseorch.notifications import password_mail
from releaseorch.web import links, token_pages
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import offer
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.people import NewPersonForm, PersonForm
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

FILTERS = ("text", "team", "gone")
EVENTS_SHOWN = 50
CRUMB = ("/people", gettext_lazy("People"))


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """`?text=&team=&gone=1`, team by id or name."""
    text, teams = request.GET.get("text", "")[:200], offer("team", queries.in_use(), request.GET)
    gone = bool(request.GET.get("gone"))
    page = queries.people_page(request.GET.get("cursor"), text=text, team=teams.chosen, gone=gone)
    context = {
        "page": page,
        "rows": page.items,
        "teams": teams,
        "text": text,
        "gone": gone,
        "filtered": any(request.GET.get(name, "").strip() for name in FILTERS),
        "may_edit": not policy.why_not(person_of(request), "person.edit"),
    }
    return render_page(request, "people/list.html", context, partial="rows")


@require_safe
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return person_page(request, get_or_404(Person, pk=pk))


def person_page(
    request: HttpRequest, found: Person, bounced: Bounced | None = None, **more: Any
) -> HttpResponse:
    me = person_of(request)
    context: dict[str, Any] = {
        "subject": found,
        "teams": found.teams.all(),
        "grants": [
            (one, tuple(may(Role(one.role))), _revoke(one, found, me)) for one in queries.grants_of(found)
        ],
        "identities": found.identities.all(),
        "has_second_factor": second_factor.factor_of(found) is not None,
        "held": [(one, links.page_of(one.kind, one.id)) for one in holdings.held_by(found)],
        "actions": actions.person_actions(found, me),
        "may_edit": not policy.why_not(me, "person.edit"),
        "grant": actions.grant(found, me, reach.choices()) if found.is_active else None,
        "events": audit.events_of("person", found.pk, EVENTS_SHOWN),
        "bounced": bounced,
        **token_pages.of(found, me, request, bounced),
        **more,
    }
    return render_page(request, "people/detail.html", context)


def _revoke(grant: Any, found: Person, me: Person) -> Any:
    return actions.revoke(grant, me) if grant.person_id == found.pk else None


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Afterwards the person's page offers the link to set a password."""
    me = person_of(request)
    policy.require(me, "person.edit")
    page = FormPage(title=_("New person"), button=_("Make the person"), cancel="/people", crumbs=[CRUMB])
    return form_page(
        request, NewPersonForm(request.POST or None), page,
        lambda _seen, values: services.create_person(actor=me, **values),
        back=lambda made: f"/people/{made.pk}",
        said=_made,
    )  # fmt: skip


def _made(person: Person) -> str:
    if password_mail.is_for(person):
        said = _("Made. Grant a role; the link to set a password goes to %(address)s by mail.")
        return said % {"address": person.email}
    return _("Made. Grant a role, and hand over the link to set a password.")


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = person_of(request), get_or_404(Person, pk=pk)
    policy.require(me, "person.edit")
    page = FormPage(
        title=_("Edit %(person)s") % {"person": found}, button=_("Save"), cancel=f"/people/{pk}",
        crumbs=[CRUMB, (f"/people/{pk}", found.name)],
    )  # fmt: skip
    return form_page(
        request, PersonForm(request.POST or None, initial=initial_of(found, PersonForm)), page,
        lambda seen, values: services.edit_person(actor=me, person=found, seen=seen, **values),
        back=f"/people/{pk}", said=_("Saved."), version=found.row_version,
    )  # fmt: skip


@require_POST
def reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer shows the link; a reload doesn't show it again."""
    found = get_or_404(Person, pk=pk)
    services.reset_password(actor=person_of(request), person=found)
    path = reverse("password-set", args=[pk, passwords.ticket_for(found)])
    mailed_to = found.email if password_mail.is_for(found) else ""
    return person_page(request, found, link=request.build_absolute_uri(path), mailed_to=mailed_to)


@require_POST
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Person, pk=pk)
    return perform(
        request,
        lambda seen: services.reset_second_factor(
            actor=person_of(request), person=found, seen=seen, reason=request.POST.get("reason", "")
        ),
        back=f"/people/{pk}",
        said=_("%(person)s logs in without a second factor until they set a new one.") % {"person": found},
        verb="reset_second_factor",
        again=lambda bounced: person_page(request, found, bounced),
    )


@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Person, pk=pk)
    return perform(
        request,
        lambda seen: services.unlink_person(
            actor=person_of(request), person=found, seen=seen, reason=request.POST.get("reason", "")
        ),
        back=f"/people/{pk}",
        said=_("%(person)s is linked anew at the next log-in by the provider.") % {"person": found},
        verb="unlink",
        again=lambda bounced: person_page(request, found, bounced),
    )


@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Person, pk=pk)
    return perform(
        request,
        lambda seen: services.reactivate_person(
            actor=person_of(request), person=found, seen=seen, reason=request.POST.get("reason", "")
        ),
        back=f"/people/{pk}",
        said=_("%(person)s is active again.") % {"person": found},
        verb="reactivate",
        again=lambda bounced: person_page(request, found, bounced),
    )
