"""Releases: the list, and one as features by applications."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy
from releaseorch.core import clock
from releaseorch.delivery import feature_queries
from releaseorch.delivery.feature_queries import FeaturePart, ReleaseDetail
from releaseorch.delivery.verdicts import BLOCKED, WARN, Check
from releaseorch.features import queries, release_actions, services
from releaseorch.features.models import Feature, Release
from releaseorch.features.services.releases import scope_of
from releaseorch.features.states import FeatureStatus
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced

MOST_COLUMNS = 12  # of applications in the matrix; when there are more, each feature lists its own
NOT_READY = frozenset({FeatureStatus.OPEN, FeatureStatus.IN_WORK, FeatureStatus.REFUSED})


@dataclass(frozen=True)
class Row:
    """A feature of the release; a cell per application of the release, None where it touches nothing."""

    feature: Feature
    cells: list[FeaturePart | None]
    alone: bool

    @property
    def parts(self) -> list[FeaturePart]:
        return [part for part in self.cells if part is not None]


@require_safe
def releases(request: HttpRequest) -> HttpResponse:
    page = queries.releases_page(request.GET.get("cursor"))
    context = {
        "page": page,
        "rows": page.items,
        "may_create": policy.may_somewhere(person_of(request), "release.edit"),
        "now": clock.now(),
    }
    return render_page(request, "releases/list.html", context)


@require_safe
def release(request: HttpRequest, pk: int) -> HttpResponse:
    return _release(request, pk)


def _release(request: HttpRequest, pk: int, bounced: Bounced | None = None) -> HttpResponse:
    detail = feature_queries.release_detail(pk)
    if detail is None:
        raise Http404
    alone = {one.pk for one in detail.could_have_gone_alone}
    context = {
        "detail": detail,
        "release": detail.release,
        "rows": [
            Row(one, [detail.parts[one.pk].get(app.pk) for app in detail.applications], one.pk in alone)
            for one in detail.features
        ],
        "as_matrix": len(detail.applications) <= MOST_COLUMNS,
        "blocks": list(_blocks(detail)),
        "actions": release_actions.actions_for(detail.release, person_of(request)),
        "may_edit": not detail.release.is_over
        and not policy.why_not(person_of(request), "release.edit", scope_of(detail.release)),
        "bounced": bounced,
        "now": clock.now(),
    }
    return render_page(request, "releases/detail.html", context)


def _blocks(detail: ReleaseDetail) -> list[Check]:
    """What stands between the release and its date: parts that are refused, not ready, or in no version."""
    parts = ((feature, part) for feature in detail.features for part in detail.parts[feature.pk].values())
    found = [check for feature, part in parts if (check := _block(feature, part))]
    return sorted(found, key=lambda check: check.tone != BLOCKED)


def _block(feature: Feature, part: FeaturePart) -> Check | None:
    said = {"feature": feature.key, "application": part.scope.application}
    if part.scope.status == FeatureStatus.REFUSED:
        return Check(BLOCKED, _("%(feature)s was refused in %(application)s.") % said)
    if part.scope.status in NOT_READY:
        sentence = _("%(feature)s is %(status)s in %(application)s.")
        return Check(WARN, sentence % {**said, "status": part.scope.get_status_display()})
    if part.scope.status != FeatureStatus.DROPPED and not part.versions:
        return Check(WARN, _("%(feature)s is in no version of %(application)s.") % said)
    return None


@require_POST
def lock(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "lock", _("Locked. Nothing is added any more."), services.lock_release)


@require_POST
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "begin", _("Begun."), services.begin_release)


@require_POST
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "complete", _("Completed."), services.complete_release)


@require_POST
def complete_with_exceptions(request: HttpRequest, pk: int) -> HttpResponse:
    service = _with_reason(request, services.complete_release_with_exceptions)
    return _perform(request, pk, "complete_with_exceptions", _("Completed with exceptions."), service)


@require_POST
def abandon(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(request, pk, "abandon", _("Abandoned."), _with_reason(request, services.abandon_release))


def _with_reason(request: HttpRequest, service: Callable[..., Release]) -> Callable[..., Release]:
    return lambda **known: service(reason=request.POST.get("reason", ""), **known)


def _perform(
    request: HttpRequest, pk: int, verb: str, said: str, service: Callable[..., Any]
) -> HttpResponse:
    found = get_or_404(Release.objects.select_related("application__team"), pk=pk)
    return perform(
        request,
        lambda seen: service(actor=person_of(request), release=found, seen=seen),
        back=f"/releases/{pk}",
        said=said,
        verb=verb,
        again=lambda bounced: _release(request, pk, bounced),
    )
