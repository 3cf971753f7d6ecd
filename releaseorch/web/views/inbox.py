"""The inbox: what I was told, newest first, and that I have read it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.notifications import queries, services
from releaseorch.notifications.models import InboxEntry
from releaseorch.web import inputs
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, render_page, see_other


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """`?show=unread` leaves out what was read."""
    person, show = person_of(request), request.GET.get("show", "")
    page = queries.inbox_of(person, request.GET.get("cursor", ""), unread=show == "unread")
    context = {
        "page": page,
        "unread": queries.unread_of(person),
        "show": show,
        "is_demo": settings.DEMO,
        "newest": page.items[0].pk if page.items else 0,
    }
    return render_page(request, "notifications/inbox.html", context, partial="entries")


@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The number in the navigation, which every page fetches again when something came."""
    person = person_of(request)
    context = {"me": person, "unread": queries.unread_of(person) or ""}
    return render(request, "components/_unread.html", context)


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read, and on to what it is about."""
    entry = get_or_404(InboxEntry.objects.filter(person=person_of(request), in_inbox=True), pk=pk)
    services.read_entry(actor=person_of(request), entry=entry)
    return see_other(request, entry.link)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """What came after the page was drawn stays unread."""
    until = inputs.row_id(request.POST, "until") or 0
    return perform(
        request,
        lambda _seen: services.read_all(actor=person_of(request), until=until),
        back="/inbox",
        said=_("All read."),
    )
