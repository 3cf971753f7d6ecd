"""The demo's mailbox: every mail that this demo would have sent. Elsewhere nothing is here."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from releaseorch.notifications import demo_mail
from releaseorch.web.http import render_page


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """`?to=ines@…` shows the mail of one person."""
    if not settings.DEMO:
        raise Http404
    to = request.GET.get("to", "")
    context = {"letters": demo_mail.letters(to), "addresses": demo_mail.addresses(), "to": to}
    return render_page(request, "notifications/demo_mail.html", context)
