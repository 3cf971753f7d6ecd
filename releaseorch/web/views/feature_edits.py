"""The verbs on a feature: what it is, what it touches, where it stands, in which release, and words on it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from releaseorch.accounts import policy
from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.environments import signoffs
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features import services
from releaseorch.features.models import Feature, Release
from releaseorch.features.states import FeatureStatus
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.choices import chosen_id
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.features import FeatureForm, NewFeatureForm
from releaseorch.web.http import perform
from releaseorch.web.views.features import feature_page

CRUMB = ("/features", gettext_lazy("Features"))


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    me = person_of(request)
    if not policy.may_somewhere(me, "feature.edit"):
        policy.require(me, "feature.edit")
    page = FormPage(title=_("New feature"), button=_("Make the feature"), cancel="/features", crumbs=[CRUMB])
    return form_page(
        request, NewFeatureForm(request.POST or None), page,
        lambda _seen, values: services.create_feature(actor=me, **values),
        back=lambda made: f"/features/{made.pk}", said=_("Made. Now say which release it is in."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = person_of(request), get_or_404(Feature.objects.select_related("owner", "tester"), pk=pk)
    reason = services.why_not_edit(me, found)
    if reason:
        raise NotAllowed(reason)
    page = FormPage(
        title=_("Edit %(feature)s") % {"feature": found.key}, button=_("Save"), cancel=f"/features/{pk}",
        crumbs=[CRUMB, (f"/features/{pk}", found.key)],
    )  # fmt: skip
    return form_page(
        request, FeatureForm(request.POST or None, initial=initial_of(found, FeatureForm)), page,
        lambda seen, values: services.edit_feature(actor=me, feature=found, seen=seen, **values),
        back=f"/features/{pk}", said=_("Saved."), version=found.row_version,
    )  # fmt: skip


@require_POST
def set_status(request: HttpRequest, pk: int) -> HttpResponse:
    def said(scope: Any) -> str:
        status, application = scope.get_status_display(), scope.application
        return _("%(feature)s is %(status)s in %(application)s.") % {
            "feature": scope.feature.key, "status": status, "application": application,
        }  # fmt: skip

    return _perform(
        request, pk, "set_status", said,
        lambda found, seen: services.set_feature_status(
            actor=person_of(request), feature=found, application=_application(request), status=_status(request),
            reason=request.POST.get("reason", ""), seen=seen,
        ),
    )  # fmt: skip


@require_POST
def add_application(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "add_application", _("Added."),
        lambda found, seen: services.add_application(
            actor=person_of(request), feature=found, application=_application(request), seen=seen
        ),
    )  # fmt: skip


@require_POST
def remove_application(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "remove_application", _("Taken out."),
        lambda found, seen: services.remove_application(
            actor=person_of(request), feature=found, application=_application(request), seen=seen,
            reason=request.POST.get("reason", ""),
        ),
    )  # fmt: skip


@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    return _perform(
        request, pk, "move", _("Moved."),
        lambda found, seen: services.move_feature(
            actor=person_of(request), feature=found, seen=seen, reason=request.POST.get("reason", ""),
            source=_release(request, "source"), target=_release(request, "target"),
        ),
    )  # fmt: skip


@require_POST
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    place = get_or_404(Environment, pk=inputs.row_id(request.POST, "environment") or 0)
    return _perform(
        request, pk, "sign_off", _("Noted, for the versions that are there now."),
        lambda found, _seen: signoffs.sign_off_feature(
            actor=person_of(request), feature=found, environment=place, verdict=_verdict(request),
            reason=request.POST.get("reason", ""), digest=request.POST.get("digest", ""),
        ),
    )  # fmt: skip


def _perform(
    request: HttpRequest,
    pk: int,
    verb: str,
    said: str | Callable[[Any], str],
    service: Callable[[Feature, int | None], Any],
) -> HttpResponse:
    found = get_or_404(Feature, pk=pk)
    return perform(
        request,
        lambda seen: service(found, seen),
        back=f"/features/{pk}",
        said=said,
        verb=verb,
        again=lambda bounced: feature_page(request, pk, bounced),
    )


def _application(request: HttpRequest) -> Application:
    pk = chosen_id("application", Application.objects.all(), request.POST)
    found = Application.objects.select_related("team").filter(pk=pk).first() if pk else None
    if found is None:
        raise Invalid({"application": _("Choose an application.")})
    return found


def _status(request: HttpRequest) -> FeatureStatus:
    text = request.POST.get("status", "")
    if text not in FeatureStatus.values:
        raise Invalid({"status": _("Choose where it stands.")})
    return FeatureStatus(text)


def _verdict(request: HttpRequest) -> SignoffVerdict:
    text = request.POST.get("verdict", "")
    if text not in SignoffVerdict.values:
        raise Invalid({"verdict": _("Say what you found.")})
    return SignoffVerdict(text)


def _release(request: HttpRequest, name: str) -> Release | None:
    pk = inputs.row_id(request.POST, name)
    if pk is None:
        return None
    found = Release.objects.select_related("application").filter(pk=pk).first()
    if found is None:
        raise Invalid({name: _("There is no such release.")})
    return found
