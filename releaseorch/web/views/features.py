"""Features: the list, one through its applications, and its status in each of them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Application
from releaseorch.core.actions import Action, Field
from releaseorch.core.errors import Invalid
from releaseorch.delivery import feature_queries
from releaseorch.delivery.feature_queries import FeaturePart
from releaseorch.features import queries, services
from releaseorch.features.models import Feature, Release
from releaseorch.features.states import FeatureStatus
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

FILTERS = ("application", "release", "text")


@require_safe
def features(request: HttpRequest) -> HttpResponse:
    """`?application=&release=&text=`; the newest first."""
    application, release = inputs.row_id(request.GET, "application"), inputs.row_id(request.GET, "release")
    text = request.GET.get("text", "")[:200]
    page = queries.features_page(
        request.GET.get("cursor"), application=application, release=release, text=text
    )
    context = {
        "page": page,
        "rows": page.items,
        "applications": Application.objects.all(),
        "releases": Release.objects.all(),
        "application": application,
        "release": release,
        "text": text,
        "filtered": any(request.GET.get(name, "").strip() for name in FILTERS),
    }
    return render_page(request, "features/list.html", context, partial="rows")


@require_safe
def feature(request: HttpRequest, pk: int) -> HttpResponse:
    return _feature(request, pk)


def _feature(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = feature_queries.feature_detail(pk)
    if detail is None:
        raise Http404
    context: dict[str, Any] = {
        "detail": detail,
        "feature": detail.feature,
        "parts": [(part, _action(part, person_of(request))) for part in detail.parts],
        "bounced": bounced,
    }
    return render_page(request, "features/detail.html", context)


def _action(part: FeaturePart, person: Person) -> Action:
    scope = part.scope
    why_not = policy.why_not(person, "feature.edit", catalog.scope_of(scope.application))
    return Action(
        verb="set_status",
        label=_("Set status"),
        url=f"/features/{scope.feature_id}/set-status",
        allowed=not why_not,
        why_not=why_not,
        reason_label=_("Why"),
        fields=(
            Field("application", value=str(scope.application_id)),
            Field("status", _("Where it stands"), value=str(scope.status), kind="select", required=True,
                  choices=tuple((one.value, str(one.label)) for one in FeatureStatus)),
            Field("reason", _("Why"), kind="textarea"),
        ),
    )  # fmt: skip


@require_POST
def set_status(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Feature, pk=pk)
    return perform(
        request,
        lambda _seen: services.set_feature_status(
            actor=person_of(request), feature=found, application=_application(request), status=_status(request),
            reason=request.POST.get("reason", ""),
        ),
        back=f"/features/{pk}",
        said=lambda scope: _("%(feature)s is %(status)s in %(application)s.")
        % {"feature": found.key, "status": scope.get_status_display(), "application": scope.application},
        verb="set_status",
        again=lambda bounced: _feature(request, pk, bounced),
    )  # fmt: skip


def _application(request: HttpRequest) -> Application:
    pk = inputs.row_id(request.POST, "application") or 0
    found = Application.objects.select_related("team").filter(pk=pk).first()
    if found is None:
        raise Invalid({"application": _("Choose an application.")})
    return found


def _status(request: HttpRequest) -> FeatureStatus:
    text = request.POST.get("status", "")
    if text not in FeatureStatus.values:
        raise Invalid({"status": _("Choose where it stands.")})
    return FeatureStatus(text)
