"""Who gets in: every view needs somebody logged in, unless it says otherwise itself."""

from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.web import login
from releaseorch.web.http import too_late, wants_part
from releaseorch.web.kept import KEEP
from releaseorch.web.paths import login_address, login_address_after

public = login_not_required  # the views of the API carry it too: they authenticate by themselves
M = TypeVar("M", bound=Model)


class LoginRequired(LoginRequiredMiddleware):
    """Deny by default, per view and never by address; nothing that we answer may be stored on the way."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> Any:
        if request.method not in {"GET", "HEAD"}:
            why = _("You were logged out in between, so nothing was done.")
            response: HttpResponseBase = too_late(request, 401, why)
        elif wants_part(request):
            response = HttpResponse(status=401)
        else:
            return HttpResponseRedirect(login_address(request))
        if wants_part(request) and request.POST.get("do") != KEEP:  # nobody is led away while they type
            response["HX-Redirect"] = login_address_after(request)
        return response

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


def person_of(request: HttpRequest) -> Person:
    """The person who is logged in; for views that aren't `public`."""
    if not isinstance(request.user, Person):
        raise PermissionDenied
    return request.user


def get_or_404(rows: type[M] | QuerySet[M], **lookup: Any) -> M:
    """The one row, or the page that says nothing is here. Reading is open to everybody who may log in."""
    queryset = rows if isinstance(rows, QuerySet) else rows._default_manager.all()
    row = queryset.filter(**lookup).first()
    if row is None:
        raise Http404
    return row


def too_many_attempts(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429 for this name from this address for a minute; called by axes."""
    return login.paused(request)
