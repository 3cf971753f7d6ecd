"""My switches: what I am told, and through which channel."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releaseorch.notifications import queries, services
from releaseorch.web.access import person_of
from releaseorch.web.http import perform, render_page


@require_safe
def switches(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    context = {
        "lines": queries.switches_of(person),
        "trouble": queries.mail_sentence(),
        "email": person.email,
        "is_demo": settings.DEMO,
    }
    return render_page(request, "notifications/switches.html", context)


@require_POST
def set_switches(request: HttpRequest) -> HttpResponse:
    """Each ticked box is `kind:channel`; what no box names is left as it must be."""
    on = [
        (kind, channel)
        for kind, _colon, channel in (one.partition(":") for one in request.POST.getlist("on"))
    ]
    return perform(
        request,
        lambda _seen: services.set_switches(actor=person_of(request), on=on),
        back="/me/notifications",
        said=_("Kept."),
    )
