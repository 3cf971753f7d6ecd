"""Features: the list, and one through its applications and environments."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from releaseorch.accounts import policy
from releaseorch.catalog.models import Application
from releaseorch.delivery import feature_queries
from releaseorch.environments import signoffs
from releaseorch.features import feature_actions, queries, services
from releaseorch.features.models import Release
from releaseorch.web.access import person_of
from releaseorch.web.choices import offer
from releaseorch.web.http import render_page
from releaseorch.web.verbs import Bounced

FILTERS = ("application", "release", "mine", "text")


@require_safe
def features(request: HttpRequest) -> HttpResponse:
    """`?application=&release=&mine=1&text=`, the first two by id or name; the newest first."""
    applications = offer("application", Application.objects.all(), request.GET)
    releases = offer("release", Release.objects.all(), request.GET)
    text = request.GET.get("text", "")[:200]
    follower = person_of(request).pk if request.GET.get("mine") else None
    page = queries.features_page(
        request.GET.get("cursor"), application=applications.chosen, release=releases.chosen,
        follower=follower, text=text,
    )  # fmt: skip
    context = {
        "page": page,
        "rows": page.items,
        "applications": applications,
        "releases": releases,
        "text": text,
        "is_mine": follower is not None,
        "may_create": policy.may_somewhere(person_of(request), "feature.edit"),
        "filtered": any(request.GET.get(name, "").strip() for name in FILTERS),
    }
    return render_page(request, "features/list.html", context, partial="rows")


@require_safe
def feature(request: HttpRequest, pk: int) -> HttpResponse:
    return feature_page(request, pk)


def feature_page(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = feature_queries.feature_detail(pk)
    if detail is None:
        raise Http404
    me, found = person_of(request), detail.feature
    touched = [part.scope.application_id for part in detail.parts]
    others = Application.objects.filter(retired_at=None).exclude(pk__in=touched)
    standings = signoffs.standings(found, [part.scope for part in detail.parts])
    context: dict[str, Any] = {
        "detail": detail,
        "feature": found,
        "parts": [
            (
                part,
                feature_actions.set_status(part.scope, me),
                feature_actions.remove_application(found, part.scope, me),
            )
            for part in detail.parts
        ],
        "standings": [(one, signoffs.sign_off_action(one, found, me)) for one in standings],
        "may_edit": not services.why_not_edit(me, found),
        "actions": [
            feature_actions.move(found, detail.releases, me, queries.open_releases()),
            feature_actions.add_application(found, me, others),
        ],
        "bounced": bounced,
    }
    return render_page(request, "features/detail.html", context)
