"""Make releases, and change what they are, what they hold and when they close."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.delivery import moved_cut_offs
from releaseorch.features import services
from releaseorch.features.models import Release
from releaseorch.features.services.releases import scope_of
from releaseorch.features.states import MilestoneKind
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.forms.base import FormPage, form_page, initial_of
from releaseorch.web.forms.features import CutOffsForm, LinesForm, NewReleaseForm, ReleaseForm

CRUMB = ("/releases", gettext_lazy("Releases"))
draws_and_saves = require_http_methods(["GET", "HEAD", "POST"])


@draws_and_saves
def create(request: HttpRequest) -> HttpResponse:
    me = person_of(request)
    if not policy.may_somewhere(me, "release.edit"):
        policy.require(me, "release.edit")
    page = FormPage(title=_("New release"), button=_("Make the release"), cancel="/releases", crumbs=[CRUMB])
    return form_page(
        request, NewReleaseForm(request.POST or None), page,
        lambda _seen, values: services.create_release(actor=me, **values),
        back=lambda made: f"/releases/{made.pk}", said=_("Made. Now say what is in it, and when it closes."),
    )  # fmt: skip


@draws_and_saves
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = _release(request, pk)
    return form_page(
        request, ReleaseForm(request.POST or None, initial=initial_of(found, ReleaseForm)),
        _page(found, _("Edit %(release)s") % {"release": found}),
        lambda seen, values: services.edit_release(actor=me, release=found, seen=seen, **values),
        back=f"/releases/{pk}", said=_("Saved."), version=found.row_version,
    )  # fmt: skip


@draws_and_saves
def set_cut_offs(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = _release(request, pk)
    initial = {one.kind: one.at for one in found.milestones.all()}
    late = moved_cut_offs.late_ones(found)
    return form_page(
        request, CutOffsForm(request.POST or None, initial=initial),
        _page(found, _("Cut-offs of %(release)s") % {"release": found},
              _("What waits for approval is late or in time by these; what is approved stays as it is.")),
        lambda seen, values: services.set_release_milestones(
            actor=me, release=found, seen=seen,
            milestones={MilestoneKind(kind): at for kind, at in values.items() if at is not None},
        ),
        back=f"/releases/{pk}", said=lambda _made: _judged(late, moved_cut_offs.late_ones(found)),
        version=found.row_version,
    )  # fmt: skip


def _judged(before: set[int], now: set[int]) -> str:
    late, in_time = len(now - before), len(before - now)
    said = [_("Saved.")]
    if late:
        said.append(
            ngettext("%(n)d request is late now.", "%(n)d requests are late now.", late) % {"n": late}
        )
    if in_time:
        said.append(
            ngettext("%(n)d request isn't late any more.", "%(n)d requests aren't late any more.", in_time)
            % {"n": in_time}
        )
    return " ".join(said)


@draws_and_saves
def set_features(request: HttpRequest, pk: int) -> HttpResponse:
    me, found = _release(request, pk)
    return form_page(
        request, LinesForm(request.POST or None, initial={"features": found.features.order_by("key")}),
        _page(found, _("Features of %(release)s") % {"release": found}),
        lambda seen, values: services.set_release_features(actor=me, release=found, seen=seen, **values),
        back=f"/releases/{pk}", said=_("Saved."), version=found.row_version,
    )  # fmt: skip


def _release(request: HttpRequest, pk: int) -> tuple[Person, Release]:
    me, found = person_of(request), get_or_404(Release.objects.select_related("application__team"), pk=pk)
    policy.require(me, "release.edit", scope_of(found))
    return me, found


def _page(release: Release, title: str, consequence: str = "") -> FormPage:
    place = f"/releases/{release.pk}"
    return FormPage(
        title=title,
        button=_("Save"),
        cancel=place,
        crumbs=[CRUMB, (place, release.name)],
        consequence=consequence,
    )
