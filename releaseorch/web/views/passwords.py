"""The page behind the link with which people set their own password."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from releaseorch.accounts import services
from releaseorch.accounts.models import Person
from releaseorch.accounts.services import passwords
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.web.access import public

LONGEST = 1000  # hashing what is longer would only cost time


@public
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, pk: int, ticket: str) -> HttpResponse:
    """The link itself is the proof; it counts once, and looking at it doesn't use it up."""
    found = passwords.person_with(pk, ticket)
    if found is None:
        return _page(request, None, status=404)
    if request.method != "POST":
        return _page(request, found)
    try:
        services.set_password(pk=pk, ticket=ticket, password=typed_twice(request))
    except Conflict:
        return _page(request, None, status=409)
    except Invalid as error:
        return _page(request, found, error.reasons, status=422)
    return _page(request, found, done=True)


def typed_twice(request: HttpRequest) -> str:
    """The new password; raises `Invalid` unless it was typed the same way again."""
    password = request.POST.get("password", "")
    if len(password) > LONGEST:
        raise BadRequest(_("A password has %(n)d characters at most.") % {"n": LONGEST})
    if password != request.POST.get("again", ""):
        raise Invalid({"again": _("The two passwords differ.")})
    return password


def _page(
    request: HttpRequest,
    person: Person | None,
    sentences: list[str] | None = None,
    *,
    done: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {"person": person, "sentences": sentences, "done": done}
    return render(request, "registration/set_password.html", context, status=status)
