"""Applications and components to read, and the one verb on a version: block it, or say that it may be used again."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.catalog import queries, services
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core.actions import Action
from releaseorch.delivery import request_form, request_queries
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.request_facts import Subject, facts_of
from releaseorch.delivery.request_queries import RequestFilter
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

SHOWN = 10
MOST = 500  # applications on one page, by name


@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """`?team=&text=`"""
    team, text = inputs.row_id(request.GET, "team"), request.GET.get("text", "")[:200]
    rows = queries.applications_by_name(team=team, text=text, most=MOST + 1)
    context = {
        "rows": rows[:MOST],
        "most": MOST if len(rows) > MOST else 0,
        "teams": Team.objects.all(),
        "team": team,
        "text": text,
    }
    return render_page(request, "catalog/applications.html", context, partial="rows")


@require_safe
def application(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_or_404(Application, slug=slug)
    detail = queries.application_detail(found.pk)
    if detail is None:
        raise Http404
    environments = list(Environment.objects.all())
    there = _there([component.pk for component in detail.components])
    person = person_of(request)
    context = {
        "detail": detail,
        "application": detail.application,
        "environments": environments,
        "places": [
            (component, [there[component.pk][environment.pk] for environment in environments])
            for component in detail.components
        ],
        "requests": request_queries.requests_page(RequestFilter(application=found.pk), size=SHOWN).items,
        "versions": queries.versions_page(application=found.pk, size=SHOWN).items,
        "next_environment": request_form.next_environment(found),
        "may_file": not policy.why_not(person, "request.create", services.scope_of(detail.application)),
    }
    return render_page(request, "catalog/application.html", context)


def _there(component_ids: list[int]) -> dict[int, dict[int, list[Installation]]]:
    """Component → environment → what is there now; one query."""
    found: dict[int, dict[int, list[Installation]]] = defaultdict(lambda: defaultdict(list))
    for row in inventory.current(None, component_ids):
        found[row.component_id][row.environment_id].append(row)
    return found


@require_safe
def component(request: HttpRequest, pk: int) -> HttpResponse:
    return _component(request, pk)


def _component(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = queries.component_detail(pk, request.GET.get("cursor"))
    if detail is None:
        raise Http404
    found = detail.component
    environments = list(Environment.objects.all())
    versions = list(detail.versions.items)
    facts = _facts(versions, environments)
    there = _there([found.pk])[found.pk]
    context: dict[str, Any] = {
        "detail": detail,
        "component": found,
        "places": [(environment, there[environment.pk]) for environment in environments],
        "rows": [
            (version, facts.held[version.pk] if facts else [], facts.ran[version.pk] if facts else [],
             _action(version, person_of(request)))
            for version in versions
        ],
        "bounced": bounced,
    }  # fmt: skip
    return render_page(request, "catalog/component.html", context)


def _facts(versions: list[ComponentVersion], environments: list[Environment]) -> Any:
    """What the versions hold and where they ran, as requests know it; a constant number of queries."""
    if not versions or not environments:
        return None
    items = [ItemDraft(component=version.component, version=version) for version in versions]
    return facts_of(
        [
            Subject(
                application=versions[0].component.application,
                environment=environments[0],
                release=None,
                items=items,
            )
        ]
    )


def _action(version: ComponentVersion, person: Person) -> Action:
    why_not = policy.why_not(person, "version.block", services.scope_of(version.component.application))
    verb = "unblock" if version.is_blocked else "block"
    words = {
        "block": (
            _("Block"),
            _("Nobody can file or approve it from now on; requests that hold it stand still."),
        ),
        "unblock": (_("Unblock"), _("It may be deployed again.")),
    }
    label, consequence = words[verb]
    return Action(
        verb=verb, label=label, url=f"/versions/{version.pk}/{verb}", allowed=not why_not, why_not=why_not,
        needs_reason=True, consequence=consequence,
    )  # fmt: skip


@require_POST
def block(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "block", _("Blocked."), services.block_version)


@require_POST
def unblock(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "unblock", _("It may be used again."), services.unblock_version)


def _perform(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[..., Any]
) -> HttpResponse:
    version = get_or_404(ComponentVersion.objects.select_related("component__application__team"), pk=pk)
    return perform(
        request,
        lambda _seen: service(
            actor=person_of(request), version=version, reason=request.POST.get("reason", "")
        ),
        back=f"/components/{version.component_id}",
        said=said,
        verb=verb,
        again=lambda bounced: _component(request, version.component_id, bounced),
    )
