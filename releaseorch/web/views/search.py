"""One search over everything that has a name or a number."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from releaseorch.web import search as finding
from releaseorch.web.http import render_page


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """`?q=`: people, teams, applications, components, versions, features, releases, requests and runs."""
    wanted = request.GET.get("q", "").strip()[: finding.LONGEST]
    return render_page(
        request, "search/search.html", {"wanted": wanted, "groups": finding.find(wanted)}, "found"
    )
