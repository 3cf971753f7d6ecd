"""Back to a form that was sent too late, and away with what is kept of one."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from releaseorch.web import kept
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import see_other
from releaseorch.web.models import KeptForm


@require_POST
def bring_back(request: HttpRequest) -> HttpResponse:
    """`sealed`: the form as it was typed in an earlier session."""
    return see_other(request, kept.brought_back(person_of(request), request.POST.get("sealed", "")) or "/")


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_or_404(KeptForm.objects.filter(person=person_of(request)), pk=pk)
    kept.discard(person_of(request), row.address)
    return see_other(request, row.page)
