"""The hold after a restore: what is known, what was under way, and releasing it."""

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.core import hold as holds_now
from releaseorch.core.models import Hold
from releaseorch.runs import services
from releaseorch.runs.queries import after_restore
from releaseorch.runs.services.holds import why_not_release
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page
from releaseorch.web.verbs import Bounced


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """The one that is open, else the last one with who released it and why."""
    return _page(request, holds_now.newest())


@require_safe
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, get_or_404(Hold, pk=pk))


@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_or_404(Hold, pk=pk)
    return perform(
        request,
        lambda seen: services.release_hold(
            actor=person_of(request), hold=found, seen=seen, reason=request.POST.get("reason", ""),
            untouched=inputs.row_ids(request.POST, "untouched"),
        ),
        back="/holds/newest", said=_("Released: automated steps begin again."), verb="release",
        again=lambda bounced: _page(request, get_or_404(Hold, pk=pk), bounced),
    )  # fmt: skip


def _page(request: HttpRequest, found: Hold | None, bounced: Bounced | None = None) -> HttpResponse:
    if found is None:
        return render_page(request, "holds/none.html", {})
    since = after_restore.happened_since(found)
    context = {
        "hold": found,
        "since": since,
        "mark_at": _moment(since["mark_at"]),
        "backup_at": _moment(since["backup"].get("made_at")),
        "rows": after_restore.open_runs(found) if found.is_open else [],
        "ticked": inputs.row_ids(request.POST, "untouched") if bounced else [],
        "why_not": why_not_release(person_of(request)),
        "bounced": bounced,
    }
    return render_page(request, "holds/detail.html", context)


def _moment(text: str | None) -> object:
    try:
        return parse_datetime(text) if text else None
    except ValueError:
        return None
